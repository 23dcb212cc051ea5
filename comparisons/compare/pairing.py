"""Pair the operations of two graphs by data flow, never by their order.

The two graphs are unfolded to trees, from their outputs to their inputs, and
aligned as by the edit distance of trees: each operation is paired with one
that does the same to paired inputs, or with one of the same family that
differs, or left alone. The alignment with the smallest cost is used. The
inputs of an operation that are interchangeable are tried in every order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from framework_parity.common.live.graph import (
    COMMUTATIVE,
    OPAQUE,
    ORDERED,
    Edge,
    Graph,
    Node,
)

# Costs are whole numbers, since they count every path to an operation, and
# their number doubles at every shortcut.
ALONE, ALONE_WITH_TENSORS = 1000, 1500
"""Cost of an operation without a partner."""

REPLACED, FIELD, SHAPE = 800, 100, 400
"""Cost of a pair of two kinds, of a field that differs, and of a tensor whose
shape differs."""

EXCHANGED = 1
"""Cost of exchanged inputs, so that the written order is preferred."""

ACTIVATIONS = {
    *("relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "mish"),
    *("tanh", "sigmoid", "softplus", "softsign", "hard_sigmoid"),
    *("hard_swish", "prelu", "softmax", "log_softmax"),
}
NORMS = {"batch_norm", "layer_norm", "group_norm", "rms_norm"}
"""Normalisations, with tensors that may be left out: they keep the shape."""

FAMILIES = (
    ACTIVATIONS,
    {"max_pool", "average_pool", "adaptive_average_pool"},
    {"max_pool1d", "average_pool1d"},
    {"global_average_pool", "global_max_pool", "flatten", "mean", "max"},
    {"mean", "sum", "max", "min"},
    NORMS,
    {"conv2d", "depthwise_conv2d"},
    {"add", "multiply", "subtract", "maximum", "concatenate", "average"},
    {"dropout", "spatial_dropout"},
    {"lstm", "gru", "simple_rnn"},
    {"reshape", "flatten", "permute"},
)
"""Kinds of which one may have been written in the place of another."""


@dataclass(frozen=True)
class Pairing:
    """Which operation of one model is which of the other.

    Attributes:
        pairs: the indices of paired nodes, in PyTorch's order.
        torch_alone: PyTorch's nodes without a partner.
        keras_alone: Keras's nodes without a partner.
        orders: for pairs of concatenations, which of Keras's inputs each of
            PyTorch's is, where that is not the written order.
    """

    pairs: tuple[tuple[int, int], ...]
    torch_alone: tuple[int, ...]
    keras_alone: tuple[int, ...]
    orders: Mapping[tuple[int, int], tuple[int, ...]] = field(
        default_factory=dict
    )

    @cached_property
    def keras_of(self) -> dict[int, int]:
        """Keras's partner of each node of PyTorch's that has one."""
        return dict(self.pairs)

    @cached_property
    def torch_of(self) -> dict[int, int]:
        """PyTorch's partner of each node of Keras's that has one."""
        return {keras: torch for torch, keras in self.pairs}


def paired(torch: Graph, keras: Graph) -> Pairing:
    """Return the pairing with the smallest cost."""
    return _Alignment(torch, keras).pairing()


class _Alignment:
    def __init__(self, torch: Graph, keras: Graph) -> None:
        self.torch, self.keras = torch, keras
        self.sizes = _sizes(torch), _sizes(keras)
        self.costs: dict[tuple[int, int], int] = {}
        self.steps: dict[tuple[int, int], tuple[str, tuple[int, ...]]] = {}
        for one in torch:
            for other in keras:
                self._consider(one, other)

    def _consider(self, one: Node, other: Node) -> None:
        """Find the cheapest alignment of two operations and all before."""
        # Both left out, with everything before them.
        best = self.sizes[0][one.index] + self.sizes[1][other.index]
        step: tuple[str, tuple[int, ...]] = ("stop", ())
        local = _difference(one, other)
        if local is not None:
            inputs, order = self._inputs(one, other)
            if local + inputs < best:
                best, step = local + inputs, ("pair", order)
        for place, (source, _) in enumerate(one.inputs):
            lost = self.sizes[0][one.index] - self.sizes[0][source]
            cost = self.costs[source, other.index] + lost
            if cost < best:
                best, step = cost, ("torch", (place,))
        for place, (source, _) in enumerate(other.inputs):
            lost = self.sizes[1][other.index] - self.sizes[1][source]
            cost = self.costs[one.index, source] + lost
            if cost < best:
                best, step = cost, ("keras", (place,))
        self.costs[one.index, other.index] = best
        self.steps[one.index, other.index] = step

    def _inputs(self, one: Node, other: Node) -> tuple[int, tuple[int, ...]]:
        """Return the cost of the inputs, and their order on Keras's side."""
        orders = [tuple(range(len(other.inputs)))]
        ordered = one.kind == other.kind and one.kind in ORDERED
        movable = one.kind in COMMUTATIVE or ordered
        if movable and 1 < len(other.inputs) <= 4:
            orders = list(permutations(range(len(other.inputs))))
        elif movable and len(one.inputs) == len(other.inputs):
            orders.append(self._assigned(one, other))
        exchanged = FIELD if ordered else EXCHANGED
        best: int | None = None
        chosen = orders[0]
        for number, order in enumerate(orders):
            cost = exchanged * number
            pairs = min(len(one.inputs), len(order))
            for edge, place in zip(one.inputs, order, strict=False):
                cost += self._edge(edge, other.inputs[place])
            cost += sum(self.sizes[0][i] for i, _ in one.inputs[pairs:])
            cost += sum(
                self.sizes[1][other.inputs[place][0]]
                for place in order[pairs:]
            )
            if best is None or cost < best:
                best, chosen = cost, order
        assert best is not None
        return best, chosen

    def _assigned(self, one: Node, other: Node) -> tuple[int, ...]:
        """Return the order of many inputs with the smallest cost."""
        costs = np.array(
            [[self._edge(a, b) for b in other.inputs] for a in one.inputs],
            np.float64,
        )
        # Of equal costs, those near the written order are smaller.
        written = np.eye(len(costs)) * EXCHANGED
        _, places = linear_sum_assignment(costs - written)
        return tuple(map(int, places))

    def _edge(self, one: Edge, other: Edge) -> int:
        ports = 0 if one[1] == other[1] else REPLACED
        return self.costs[one[0], other[0]] + ports

    def pairing(self) -> Pairing:
        pairs: dict[int, int] = {}
        taken: dict[int, int] = {}
        waiting = [
            (one, other)
            for (one, _), (other, _) in zip(
                self.torch.outputs, self.keras.outputs, strict=False
            )
        ]
        seen = set()
        orders: dict[tuple[int, int], tuple[int, ...]] = {}
        while waiting:
            one, other = waiting.pop()
            if (one, other) in seen:
                continue
            seen.add((one, other))
            step, places = self.steps[one, other]
            nodes = self.torch.nodes[one], self.keras.nodes[other]
            if step == "pair":
                if one not in pairs and other not in taken:
                    pairs[one], taken[other] = other, one
                    written = list(places) == sorted(places)
                    alike = nodes[0].kind == nodes[1].kind
                    if nodes[0].kind in ORDERED and alike and not written:
                        orders[one, other] = places
                waiting += [
                    (edge[0], nodes[1].inputs[place][0])
                    for edge, place in zip(
                        nodes[0].inputs, places, strict=False
                    )
                ]
            elif step == "torch":
                waiting.append((nodes[0].inputs[places[0]][0], other))
            elif step == "keras":
                waiting.append((one, nodes[1].inputs[places[0]][0]))
        return Pairing(
            tuple(sorted(pairs.items())),
            tuple(n.index for n in self.torch if n.index not in pairs),
            tuple(n.index for n in self.keras if n.index not in taken),
            orders,
        )


def _sizes(graph: Graph) -> list[int]:
    """Return the cost of leaving out each node and all before it."""
    sizes: list[int] = []
    for node in graph:
        before = sum(sizes[source] for source, _ in node.inputs)
        sizes.append(_alone(node) + before)
    return sizes


def _alone(node: Node) -> int:
    return ALONE_WITH_TENSORS if node.tensors else ALONE


def _difference(one: Node, other: Node) -> int | None:
    """Return the cost of a pair without its inputs; None for no pair."""
    if one.kind == other.kind == "input":
        return 0 if one.name == other.name else None
    alike = _shapes(one) == _shapes(other)
    if one.kind != other.kind:
        related = any({one.kind, other.kind} <= kinds for kinds in FAMILIES)
        boxed = OPAQUE in (one.kind, other.kind) and one.inputs
        return REPLACED if related or (boxed and alike) else None
    cost = FIELD * len(differing(one, other))
    return cost + (0 if alike else SHAPE)


def differing(one: Node, other: Node) -> list[str]:
    """Return the names of the fields in which two operations differ."""
    mine, theirs = _counted(one), _counted(other)
    return sorted(
        name
        for name in mine.keys() | theirs.keys()
        if mine.get(name) != theirs.get(name)
    )


def _counted(node: Node) -> dict[str, Any]:
    """Return the fields, with axes counted without those of size 1."""
    axes, shape = (
        node.fields.get("axes"),
        node.shapes[0] if node.shapes else (),
    )
    if not isinstance(axes, tuple) or node.kind != "layer_norm":
        return node.fields
    if node.channels_first and len(shape) >= 3:
        shape = (shape[0], *shape[2:], shape[1])
    wide = [n for n, size in enumerate(shape) if size != 1 or n == 0]
    counted = tuple(wide.index(axis) for axis in axes if axis in wide)
    return node.fields | {"axes": counted}


def _shapes(node: Node) -> list[tuple[str, tuple[int, ...]]]:
    return sorted(
        (name, tuple(size for size in shape if size != 1))
        for name, shape in node.tensors.items()
    )
