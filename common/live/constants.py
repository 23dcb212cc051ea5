"""The constants of a user's code, which no weight file contains."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from framework_parity.common.layouts import Array
from framework_parity.common.live.graph import Graph, Node
from framework_parity.common.live.joins import JOINS
from framework_parity.common.live.trace import Source, Trace

ARRANGING = ("zero_pad", "slice", "split", "stack")
"""Operations beside `JOINS` that TensorFlow gives numbers as tensors."""


def with_constants(
    graph: Graph, trace: Trace, to_array: Callable[[Any], Array]
) -> Graph:
    """Return a graph with the values of its constants.

    An operation on constants alone, such as the sine in a table of
    positions, becomes a constant.

    Args:
        graph: as it was read.
        trace: that it was read from.
        to_array: from a tensor of the framework to an array.
    """
    fixed: set[int] = set()
    integers: set[int] = set()
    nodes = []
    for node in graph:
        node = _without(node, integers)
        if node.kind == "constant" and node.tensors:
            node = _with_value(node, trace, to_array)
        elif _is_fixed(node, fixed):
            fixed.add(node.index)
            node = _with_value(node, trace, to_array)
            if node.value is None:
                integers.add(node.index)
        nodes.append(node)
    return Graph(tuple(nodes), graph.outputs)


def _without(node: Node, integers: set[int]) -> Node:
    """Return a node without constants that are axes, shapes or paddings."""
    kept = tuple(edge for edge in node.inputs if edge[0] not in integers)
    known = node.kind in JOINS or node.kind in ARRANGING
    return replace(node, inputs=kept) if known and kept else node


def _is_fixed(node: Node, fixed: set[int]) -> bool:
    """Return whether a node has the same value for all inputs."""
    if node.kind == "input" or node.tensors or len(node.shapes) != 1:
        return False
    return all(source in fixed for source, _ in node.inputs)


def _with_value(
    node: Node, trace: Trace, to_array: Callable[[Any], Array]
) -> Node:
    """Return a node of numbers or of booleans as a constant."""
    event = trace.events[node.event]
    tensor = event.value if isinstance(event, Source) else event.outputs[0]
    value = to_array(tensor)
    if value.dtype.kind not in "fb":
        return node
    return replace(node, kind="constant", fields={}, inputs=(), value=value)
