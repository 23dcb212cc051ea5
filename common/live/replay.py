"""Run the recorded operations of a model again, some of them replaced."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.graph import ORDERED, Graph, Node
from framework_parity.common.live.joins import JOINS
from framework_parity.common.live.standins import (
    DROPOUTS,
    SEVERAL,
    applied,
)
from framework_parity.common.live.trace import Source, Trace
from framework_parity.common.spec.layer import Shape

StandIns: TypeAlias = dict[int, tuple[str, dict[str, Any]] | None]
"""By node: another kind and fields to compute in its place, or None where
its first input is passed on."""

Uniform: TypeAlias = Callable[[Shape], Array]
"""Draws numbers below 1 of a shape."""


class _OwnTensors:
    """The tensors of a layer, as arrays that are replaced in a pass.

    Args:
        held: the neutral tensors, each of one or several own ones.
        to_array: from a tensor of the framework to an array.
    """

    def __init__(
        self, held: list[Any], to_array: Callable[[Any], Array]
    ) -> None:
        self.held = held
        self.arrays = [list(map(to_array, each.own)) for each in held]
        self.places = [
            (number, place)
            for number, each in enumerate(held)
            if not each.name.startswith("running_")
            for place in range(len(each.own))
        ]

    @property
    def trained(self) -> list[Any]:
        """The framework's tensors that are trained."""
        return [self.held[n].own[place] for n, place in self.places]

    def neutral(self, values: Sequence[Array]) -> dict[str, Array]:
        """Return all tensors by name, for values of those in `trained`."""
        for (number, place), value in zip(self.places, values, strict=True):
            self.arrays[number][place] = value
        return {
            each.name: each.neutral(arrays)
            for each, arrays in zip(self.held, self.arrays, strict=True)
        }

    def slopes(self, by_tensors: dict[str, Array]) -> list[Array]:
        """Return the derivatives by those in `trained`, in their order."""
        slopes: list[Array] = []
        for each, arrays in zip(self.held, self.arrays, strict=True):
            if each.name.startswith("running_"):
                continue
            shapes = [array.shape for array in arrays]
            if each.name not in by_tensors:
                slopes += map(np.zeros, shapes)  # not used
                continue
            assert each.layout is not None
            parts = each.layout.from_neutral(by_tensors[each.name], shapes)
            if each.layout.several == "add":
                parts = parts[:1] * len(parts)
            slopes += parts
        return slopes


NORMAL = ("batch_norm",)
"""Kinds whose scale or shift may be missing."""


class Replay:
    """The operations of a trace, applied to other inputs.

    Args:
        live: the model.
        trace: of the model.
        graph: that was read from the trace.
        standins: operations that NumPy computes, or that are left out.
        draws: in training, from the index of a dropout to what draws its
            numbers, or to None where it runs in evaluation mode. None if
            all do.
        tensors: what a replaced operation has in the place of its own
            tensors, by node.
    """

    def __init__(
        self,
        live: Any,
        trace: Trace,
        graph: Graph,
        standins: StandIns,
        draws: Callable[[int], Uniform | None] | None = None,
        tensors: dict[int, dict[str, Array]] | None = None,
    ) -> None:
        self.live, self.trace, self.graph = live, trace, graph
        self.draws, self.tensors = draws, tensors or {}
        self.nodes = {node.event: node for node in graph}
        self.replaced = {
            graph.nodes[index].event: instead
            for index, instead in standins.items()
        }
        if draws is not None:
            for node in graph:
                if node.kind in DROPOUTS:
                    own = node.kind, node.fields
                    self.replaced.setdefault(node.event, own)

    def values(self, inputs: list[Any]) -> list[list[Any]]:
        """Return the outputs of every event.

        Args:
            inputs: the framework's tensors.
        """
        given = iter(inputs)
        values: list[list[Any]] = []
        for position, event in enumerate(self.trace.events):
            if position in self.replaced:
                values.append([self._instead(self.nodes[position], values)])
            elif isinstance(event, Source):
                first = event.kind == "input"
                values.append([next(given) if first else event.value])
            else:
                taken = [values[i][port] for i, port in event.inputs.values()]
                values.append(self.live.repeated(event, taken))
        return values

    def outputs(self, inputs: list[Any]) -> list[Any]:
        """Return what the model returns, flattened."""
        values = self.values(inputs)
        return [values[event][port] for event, port in self.trace.outputs]

    def _instead(self, node: Node, values: list[list[Any]]) -> Any:
        if node.value is not None:
            return self._constant(node)
        instead = self.replaced[node.event]
        ports: dict[int, int] = {}
        if instead is not None:
            kind, fields = instead
            ports = fields.get("ports", {})
            instead = kind, {k: v for k, v in fields.items() if k != "ports"}
        edges = [
            (self.graph.nodes[source], ports.get(place, port))
            for place, (source, port) in enumerate(node.inputs)
        ]
        given = [values[before.event][port] for before, port in edges]
        first = [before.channels_first for before, _ in edges]
        if instead is None:
            place = self._longest(node)
            if first[place] and not node.channels_first:
                return self.live.channels_last(given[place])
            return given[place]
        if instead[0] in JOINS:
            event = self.trace.events[node.event]
            raw = list(getattr(event, "inputs", {}).values())
            same = len(raw) == len(given) and kind != "attention"
            if same and not any(first) and not ports:
                # With the axes that only this operation needs.
                given = [values[i][port] for i, port in raw]
            return self._joined(node, instead, given, first)
        return self._computed(node, instead, given, first)

    def _computed(
        self,
        node: Node,
        instead: tuple[str, dict[str, Any]],
        given: list[Any],
        first: list[bool],
    ) -> Any:
        """Return a layer, computed in NumPy with its own tensors or others."""
        kind, fields = instead
        foreign = self.tensors.get(node.index)
        held = []
        if node.tensors and foreign is None:
            held = self.live.held(node, self.trace)
        own = _OwnTensors(held, self.live.layout.to_array)
        uniform = self.draws(node.index) if self.draws else None
        count = len(given) if kind in SEVERAL else 1
        order = _order(kind, fields, count)

        def compute(
            *values: Array,
        ) -> tuple[Array, Callable[[Array], list[Array]]]:
            tensors = own.neutral(values[count:]) | (foreign or {})
            xs = [_moved(values[n], first[n], 1, -1) for n in order]
            if kind in NORMAL:
                ones = np.ones(xs[0].shape[-1])
                tensors = {"gamma": ones, "beta": 0 * ones} | tensors
            done = applied(kind, fields, tensors, xs, uniform)
            self.live.set_tensors(node, done.kept, self.trace)

            def back(slope: Array) -> list[Array]:
                slope = _moved(slope, node.channels_first, 1, -1)
                by_ordered, by_tensors = done.back(slope)
                by_xs = [by_ordered[order.index(n)] for n in range(count)]
                moved = [
                    _moved(by_x, f, -1, 1)
                    for by_x, f in zip(by_xs, first, strict=False)
                ]
                return [*moved, *own.slopes(by_tensors)]

            output = _moved(done.output, node.channels_first, -1, 1)
            return output, back

        return self.live.differentiable(
            compute, [*given[:count], *own.trained]
        )

    def _constant(self, node: Node) -> Any:
        """Return another value of a constant, as the framework has it."""
        instead = self.replaced[node.event]
        assert node.value is not None
        assert instead is not None
        value = instead[1]["value"].astype(node.value.dtype)
        return self.live.own(np.array(value))

    def _longest(self, node: Node) -> int:
        """Return the input that most operations lead to."""
        sizes = [len(self.graph.before(index)) for index, _ in node.inputs]
        return sizes.index(max(sizes))

    def _joined(
        self,
        node: Node,
        instead: tuple[str, dict[str, Any]],
        given: list[Any],
        first: list[bool],
    ) -> Any:
        """Return an operation of several inputs, computed in NumPy."""
        kind, fields = instead
        order = _order(kind, fields, len(given))

        def compute(
            *xs: Array,
        ) -> tuple[Array, Callable[[Array], list[Array]]]:
            moved = [_moved(xs[n], first[n], 1, -1) for n in order]
            output, whole = JOINS[kind](fields, *moved)

            def back(slope: Array) -> list[Array]:
                slopes = whole(slope)
                if len(slopes) != len(order):
                    return slopes
                return [slopes[order.index(n)] for n in range(len(order))]

            def slopes(slope: Array) -> list[Array]:
                by = back(_moved(slope, node.channels_first, 1, -1))
                # A number has no derivative.
                by = [each for each in by if each.ndim or len(by) == 1]
                pairs = zip(by, first, strict=True)
                return [_moved(each, f, -1, 1) for each, f in pairs]

            return _moved(output, node.channels_first, -1, 1), slopes

        return self.live.differentiable(compute, given)


def _order(kind: str, fields: dict[str, Any], number: int) -> list[int]:
    """Return in which order an operation takes its inputs."""
    if kind == "concatenate" or not fields.get("order"):
        return list(range(number))  # a concatenation has its own
    order = fields["order"]
    alike = len(order) == number and kind in ORDERED
    return list(order) if alike else list(range(number))


def _moved(array: Array, channels_first: bool, source: int, to: int) -> Array:
    """Move the channels of an array that a framework has first."""
    if channels_first and array.ndim >= 3:
        return np.moveaxis(array, source, to)
    return array
