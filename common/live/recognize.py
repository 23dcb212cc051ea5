"""Recognise formulas: operations that a user has written out in several.

A product with a tensor of the model is a dense layer, and normalisation,
SiLU and attention are one operation each, whoever wrote them out.
"""

from dataclasses import replace

import numpy as np

from framework_parity.common.layouts import Layout
from framework_parity.common.live.graph import Graph, Node, kept
from framework_parity.common.live.sequences import (
    attention,
    last_output,
    last_states,
    scaled_query,
)
from framework_parity.common.live.views import Rule, View
from framework_parity.common.spec.layer import Shape


def recognized(graph: Graph) -> Graph:
    """Return the graph with formulas as one operation each.

    Args:
        graph: without operations that change no value.
    """
    rules = (
        *(_dense, _bias, _clipped, _silu, _layer_norm, _affine),
        *(attention, scaled_query, last_states, last_output),
    )
    for rule in rules:
        graph = _applied(graph, rule)
    return graph


def _applied(graph: Graph, rule: Rule) -> Graph:
    view = View(graph)
    nodes = list(graph.nodes)
    changed = False
    for node in graph:
        new = rule(view, node)
        if new is not None:
            nodes[node.index] = new
            changed = True
    if not changed:
        return graph
    return kept(Graph(tuple(nodes), graph.outputs))


def _dense(view: View, node: Node) -> Node | None:
    """X W, with a matrix W of the model, which may be transposed."""
    if node.kind != "matmul" or len(node.inputs) != 2:
        return None
    axes = "inputs outputs -> inputs outputs"
    if node.fields.get("transposed"):
        axes = "outputs inputs -> inputs outputs"
    weight = view.parameter(node, 1)
    turned = view.input(node, 1, "permute")
    if weight is None and turned is not None:
        weight = view.parameter(turned, 0)
        if turned.fields["order"] != (1, 0):
            return None
        axes = "outputs inputs -> inputs outputs"
    if weight is None or len(weight.shapes[0]) != 2:
        return None
    layout = Layout("kernel", ("value",), axes)
    shape = layout.to_neutral([np.empty(weight.shapes[0])]).shape
    return replace(
        node,
        kind="dense",
        fields={"units": shape[1], "bias": False},
        inputs=node.inputs[:1],
        tensors={"kernel": tuple(shape)},
        sources={"kernel": (weight.event, layout)},
    )


def _bias(view: View, node: Node) -> Node | None:
    """A sum with a vector of the model, after a layer without a bias."""
    if node.kind != "add" or len(node.inputs) != 2:
        return None
    for place in (0, 1):
        before = view.input(node, place)
        bias = view.parameter(node, 1 - place)
        if before is None or bias is None or len(bias.shapes[0]) != 1:
            continue
        raw = before.sources and view.users[before.index] == 1
        if not raw or before.fields.get("bias") is not False:
            continue
        return replace(
            before,
            index=node.index,
            event=node.event,
            fields=before.fields | {"bias": True},
            tensors=before.tensors | {"bias": bias.shapes[0]},
            sources=before.sources | _vector("bias", bias),
            shapes=node.shapes,
        )
    return None


def _clipped(view: View, node: Node) -> Node | None:
    """relu6(x + 3) / 6, or a x + b between 0 and 1."""
    by = node.fields.get("by")
    before = view.input(node, 0)
    if before is None:
        return None
    sixth = (node.kind == "divide" and by == 6) or (
        node.kind == "multiply" and by is not None and np.isclose(by, 1 / 6)
    )
    if sixth and before.kind == "relu6":
        shifted = view.input(before, 0, "add")
        if shifted and shifted.fields.get("by") == 3:
            return replace(
                node, kind="hard_sigmoid", fields={}, inputs=shifted.inputs
            )
    if node.kind == "clip" and node.fields == {"low": 0.0, "high": 1.0}:
        scaled = view.input(before, 0)
        offset, slope = before.fields.get("by"), None
        if before.kind == "add" and scaled and scaled.kind == "multiply":
            slope = scaled.fields.get("by")
        if scaled and slope and offset is not None:
            return replace(
                node,
                kind="hard_sigmoid",
                fields={"line": (slope, offset)},
                inputs=scaled.inputs,
            )
    return None


def _silu(view: View, node: Node) -> Node | None:
    """X times sigmoid(x), or times a clipped line."""
    if node.kind != "multiply" or len(node.inputs) != 2:
        return None
    kinds = {"sigmoid": "silu", "hard_sigmoid": "hard_swish"}
    for gate, place in view.of(node, *kinds):
        if gate.inputs[0] == node.inputs[1 - place] and not gate.fields:
            return replace(
                node, kind=kinds[gate.kind], fields={}, inputs=gate.inputs[:1]
            )
    return None


def _layer_norm(view: View, node: Node) -> Node | None:
    """(x - mean) / sqrt(variance + epsilon), for the last axes."""
    if node.kind not in ("divide", "multiply") or len(node.inputs) != 2:
        return None
    root = {"divide": "sqrt", "multiply": "rsqrt"}[node.kind]
    for width, place in view.of(node, root):
        if node.kind == "divide" and place != 1:
            continue
        centred = view.graph.nodes[node.inputs[1 - place][0]]
        shifted = view.input(width, 0, "add")
        epsilon = shifted and shifted.fields.get("by")
        if shifted is None or epsilon is None or centred.kind != "subtract":
            continue
        variance = view.graph.nodes[shifted.inputs[0][0]]
        x, mean = (view.graph.nodes[i] for i, _ in centred.inputs)
        if mean.kind != "mean" or mean.inputs[0] != centred.inputs[0]:
            continue
        axes = _variance_axes(view, variance, x, centred)
        if axes is None or axes != mean.fields.get("axes"):
            continue
        return replace(
            node,
            kind="layer_norm",
            fields={"axes": axes, "epsilon": epsilon, "affine": False},
            inputs=centred.inputs[:1],
        )
    return None


def _variance_axes(
    view: View, node: Node, x: Node, centred: Node
) -> tuple[int, ...] | None:
    """Return the axes of a biased variance of x, or None."""
    if node.kind == "variance":
        fits = node.inputs[0][0] == x.index and not node.fields["unbiased"]
        return node.fields["axes"] if fits else None
    if node.kind != "mean":
        return None
    square = view.graph.nodes[node.inputs[0][0]]
    squared = (
        square.kind == "square"
        or (square.kind == "power" and square.fields.get("by") == 2)
        or (square.kind == "multiply" and len(set(square.inputs)) == 1)
    )
    if not squared:
        return None
    of = view.graph.nodes[square.inputs[0][0]]
    same = of.kind == "subtract" and of.inputs == centred.inputs
    return node.fields["axes"] if same else None


def _affine(view: View, node: Node) -> Node | None:
    """Gamma x + beta after a normalisation that was written out."""
    if node.kind != "add" or len(node.inputs) != 2:
        return None
    for scaled, place in view.of(node, "multiply"):
        beta = view.parameter(node, 1 - place)
        if beta is None:
            continue
        for normal, where in view.of(scaled, "layer_norm"):
            gamma = view.parameter(scaled, 1 - where)
            if gamma is None or normal.fields["affine"]:
                continue
            if len(gamma.shapes[0]) != 1 or len(beta.shapes[0]) != 1:
                continue
            shapes: dict[str, Shape] = {
                "gamma": gamma.shapes[0],
                "beta": beta.shapes[0],
            }
            return replace(
                normal,
                index=node.index,
                event=node.event,
                fields=normal.fields | {"affine": True},
                tensors=shapes,
                sources=_vector("gamma", gamma) | _vector("beta", beta),
                shapes=node.shapes,
            )
    return None


def _vector(name: str, node: Node) -> dict[str, tuple[int, Layout]]:
    return {name: (node.event, Layout(name, ("value",), "c -> c"))}
