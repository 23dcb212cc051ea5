"""Simplify a graph: what two frameworks write differently and means the same.

Operations that change no value are left out, padding with zeros before a
convolution becomes the convolution's, a mean over all pixels is a global
average pooling, and nested concatenations are one.
"""

from dataclasses import replace
from typing import Any

from framework_parity.common.live.graph import Graph, Node, without
from framework_parity.common.live.recognize import recognized

NOISE = ("identity", "arrange")
"""Kinds of nodes that change no value in the neutral layout."""

NEUTRAL = (
    ("add", {"by": 0.0}),
    ("subtract", {"by": 0.0}),
    ("multiply", {"by": 1.0}),
    ("divide", {"by": 1.0}),
    ("power", {"by": 1.0}),
)
"""Operations with a number that has no effect."""

PADDED = ("conv1d", "conv2d", "depthwise_conv2d")


def simplified(graph: Graph) -> Graph:
    """Return the graph with operations in their shortest form."""
    nodes = [
        replace(node, kind="constant", fields={})
        if node.kind in NOISE and not node.inputs
        else _pooled(node, graph)
        for node in graph
    ]
    dropped = {
        node.index
        for node in nodes
        if node.kind in NOISE
        or (node.kind == "dropout" and node.fields.get("rate") == 0)
        or (node.kind == "concatenate" and len(node.inputs) == 1)
        or (node.kind, node.fields) in NEUTRAL
    }
    graph = recognized(without(Graph(tuple(nodes), graph.outputs), dropped))
    nodes = [_joined(node, graph) for node in graph]
    merged: set[int] = set()
    for before in graph:
        if before.kind not in ("zero_pad", "pad"):
            continue
        after = graph.consumers(before.index)
        fields = [_padded(before, node) for node in after]
        if after and all(each is not None for each in fields):
            merged.add(before.index)
            for node, each in zip(after, fields, strict=True):
                nodes[node.index] = replace(node, fields=each or {})
    nodes = [_of_one_pixel(node, graph) for node in nodes]
    return without(Graph(tuple(nodes), graph.outputs), merged)


def _padded(before: Node, node: Node) -> dict[str, Any] | None:
    """Return the fields of a convolution with the padding before it.

    None for another operation, or another padding.
    """
    if node.kind not in PADDED:
        return None
    if before.kind == "zero_pad" and "padding_mode" not in node.fields:
        pads = tuple(
            (a + c, b + d)
            for (a, b), (c, d) in zip(
                before.fields["pads"], node.fields["pads"], strict=True
            )
        )
        return node.fields | {"pads": pads}
    bare = not any(map(any, node.fields["pads"]))
    if before.kind == "pad" and bare and node.kind == "conv2d":
        more = {"padding_mode": before.fields["mode"]}
        return node.fields | more | {"pads": before.fields["pads"]}
    return None


def _of_one_pixel(node: Node, graph: Graph) -> Node:
    """Return a convolution of one pixel, such as a pooled one, as dense."""
    if node.kind != "conv2d" or node.sources:
        return node
    source, port = node.inputs[0]
    before = graph.nodes[source]
    shape = before.shapes[port]
    sides = shape[2:] if before.channels_first else shape[1:-1]
    # Before a reshape that is left out, it is a vector.
    one = tuple(sides) in ((), (1, 1))
    single = tuple(node.fields["size"]) == (1, 1) and one
    plain = node.fields["pads"] == ((0, 0), (0, 0))
    if not (single and plain and node.fields.get("groups", 1) == 1):
        return node
    fields = {name: node.fields[name] for name in ("bias",)}
    fields["units"] = node.fields["filters"]
    return replace(node, kind="dense", fields=fields)


def _joined(node: Node, graph: Graph) -> Node:
    """Return a concatenation of concatenations as one, and a sum of sums."""
    if node.kind != "concatenate" and (node.kind != "add" or node.fields):
        return node
    edges = list(node.inputs)
    place = 0
    while place < len(edges):
        before = graph.nodes[edges[place][0]]
        same = before.kind == node.kind and before.fields == node.fields
        if node.kind == "add":
            same = (
                same
                and len(graph.consumers(before.index)) == 1
                and before.shapes == node.shapes
            )
        if same:
            edges[place : place + 1] = before.inputs
        else:
            place += 1
    return replace(node, inputs=tuple(edges))


def _pooled(node: Node, graph: Graph) -> Node:
    """Return a function of arrays as the element that it is.

    A mean or maximum over all pixels is a global pooling, and the maximum of a
    number and 0 is ReLU.
    """
    powers = {2.0: "square", 0.5: "sqrt"}
    if node.kind == "power" and node.fields.get("by") in powers:
        return replace(node, kind=powers[node.fields["by"]], fields={})
    if node.kind == "maximum" and node.fields == {"by": 0.0}:
        return replace(node, kind="relu", fields={})
    pools = {"mean": "global_average_pool", "max": "global_max_pool"}
    if node.kind not in pools or not node.inputs:
        return node
    before = graph.nodes[node.inputs[0][0]].shapes
    number = len(before[0]) if before else 0
    if number >= 3 and node.fields["axes"] == tuple(range(1, number - 1)):
        return replace(node, kind=pools[node.kind], fields={})
    return node
