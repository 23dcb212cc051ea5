"""A graph as the rules see it that recognise formulas."""

from collections.abc import Callable
from typing import TypeAlias

from framework_parity.common.live.graph import Graph, Node

Rule: TypeAlias = "Callable[[View, Node], Node | None]"
"""From a node to the one that it is, or to None."""


class View:
    """A graph, with what its rules ask of it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.users: dict[int, int] = {}
        for node in graph:
            for source, _ in node.inputs:
                self.users[source] = self.users.get(source, 0) + 1
        for source, _ in graph.outputs:
            self.users[source] = self.users.get(source, 0) + 1

    def input(self, node: Node, place: int, kind: str = "") -> Node | None:
        """Return what an input is, if it has a kind and one user."""
        if place >= len(node.inputs):
            return None
        before = self.graph.nodes[node.inputs[place][0]]
        if kind and (before.kind != kind or self.users[before.index] != 1):
            return None
        return before

    def of(self, node: Node, *kinds: str) -> list[tuple[Node, int]]:
        """Return the inputs of some kinds with one user, and their places."""
        found = []
        for place in range(len(node.inputs)):
            for kind in kinds:
                before = self.input(node, place, kind)
                if before is not None:
                    found.append((before, place))
        return found

    def parameter(self, node: Node, place: int) -> Node | None:
        """Return an input that is a tensor of the model."""
        before = self.input(node, place)
        named = before is not None and before.kind == "constant"
        return before if named and before and before.tensors else None
