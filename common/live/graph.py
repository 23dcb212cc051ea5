"""A neutral graph: the operations of a model, of either framework.

A node is an element of the specification language where the operation can be
read as one, else an operation with a name of its own, or a black box.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from framework_parity.common.layouts import Array, Layout
from framework_parity.common.spec.layer import Shape

Edge: TypeAlias = tuple[int, int]
"""A node, by its index, and the number of one of its outputs."""

COMMUTATIVE = frozenset({"add", "multiply", "maximum", "minimum", "average"})
"""Operations whose inputs may be exchanged."""

ORDERED = frozenset(
    {"concatenate", "subtract", "divide", "attention", "multi_head_attention"}
)
"""Operations whose inputs may have been given in another order."""

OPAQUE = "black_box"
"""The kind of a node that cannot be read."""


@dataclass(frozen=True, eq=False)
class Node:
    """One operation.

    Attributes:
        index: position in the graph; that of an input is smaller.
        kind: an element's kind such as `conv2d`, an operation such as
            `add`, `input`, `constant`, or `black_box`.
        fields: the values that define the operation, in neutral terms.
        inputs: what the operation is applied to, in order.
        name: the path of the layer in the model, such as `features.0`, or
            the name of the function.
        source: the class or function, with its module.
        site: file and line of the user's code that called it, or None.
        tensors: shape of each of its tensors in neutral layout, by neutral
            name.
        shapes: shape of each output, batch first, as the framework has it.
        event: its position in the trace.
        channels_first: whether its outputs have their channels first.
        sources: tensors of it that are values of the model and no layer's,
            by neutral name: the position in the trace, and the layout.
        layer_event: the position in the trace of the layer whose tensors it
            has, where that is another one.
        value: of a constant of floating-point numbers or booleans, as the
            framework has it when it is recorded.
    """

    index: int
    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[Edge, ...] = ()
    name: str = ""
    source: str = ""
    site: str | None = None
    tensors: dict[str, Shape] = field(default_factory=dict)
    shapes: tuple[Shape, ...] = ()
    event: int = 0
    channels_first: bool = False
    sources: dict[str, tuple[int, Layout]] = field(default_factory=dict)
    layer_event: int | None = None
    value: Array | None = None

    @property
    def called(self) -> int:
        """The position in the trace of the layer whose tensors it has."""
        return self.event if self.layer_event is None else self.layer_event

    @property
    def label(self) -> str:
        """The name, and where the user's code calls it."""
        return f"{self.name} ({self.site})" if self.site else self.name


@dataclass(frozen=True)
class Graph:
    """The operations of a model, inputs first.

    Attributes:
        nodes: the operations; `nodes[i].index == i`.
        outputs: what the model returns, flattened.
    """

    nodes: tuple[Node, ...]
    outputs: tuple[Edge, ...]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def consumers(self, index: int) -> list[Node]:
        """Return the nodes that a node's outputs are inputs of."""
        return [
            node
            for node in self.nodes
            if any(source == index for source, _ in node.inputs)
        ]

    def used(self) -> set[int]:
        """Return the indices of the nodes that the outputs depend on."""
        return self.before(*(index for index, _ in self.outputs))

    def before(self, *indices: int) -> set[int]:
        """Return some nodes and all that they depend on."""
        found: set[int] = set()
        waiting = list(indices)
        while waiting:
            index = waiting.pop()
            if index not in found:
                found.add(index)
                waiting += [edge[0] for edge in self.nodes[index].inputs]
        return found

    def with_tensors(self) -> list[Node]:
        """Return the nodes that have tensors."""
        return [node for node in self.nodes if node.tensors]


def without(graph: Graph, dropped: set[int]) -> Graph:
    """Return a graph without some nodes of one input.

    Args:
        graph: the graph.
        dropped: indices of nodes; what used their output uses their input.

    Returns:
        The remaining nodes, with new indices.
    """

    def followed(edge: Edge) -> Edge:
        while edge[0] in dropped:
            edge = graph.nodes[edge[0]].inputs[0]
        return edge

    nodes = [node for node in graph if node.index not in dropped]
    return _numbered(graph, nodes, followed)


def _numbered(
    graph: Graph,
    nodes: list[Node],
    followed: Callable[[Edge], Edge] = lambda edge: edge,
) -> Graph:
    """Return a graph of some of its nodes, with new indices.

    Args:
        graph: the graph.
        nodes: those that are kept, in order.
        followed: from an edge to the one that takes its place.
    """
    number = {node.index: new for new, node in enumerate(nodes)}

    def renumbered(edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
        return tuple(
            (number[index], port) for index, port in map(followed, edges)
        )

    return Graph(
        tuple(
            replace(
                node,
                index=number[node.index],
                inputs=renumbered(node.inputs),
            )
            for node in nodes
        ),
        renumbered(graph.outputs),
    )


def kept(graph: Graph) -> Graph:
    """Return a graph without what recognised operations have replaced.

    Nodes that no output depends on are left out, except inputs and nodes
    with tensors that no other node has taken.
    """
    used = graph.used()
    taken = {
        position
        for node in graph
        if node.index in used
        for position in (
            node.called,
            *(position for position, _ in node.sources.values()),
        )
        if position != node.event
    }
    dropped: set[int] = set()
    for node in graph:  # inputs come before what they are inputs of
        own = node.tensors and not node.sources and node.event not in taken
        whole = all(index not in dropped for index, _ in node.inputs)
        unused = node.index not in used and node.kind != "input"
        if unused and not (own and whole):
            dropped.add(node.index)
    nodes = [node for node in graph if node.index not in dropped]
    return _numbered(graph, nodes)
