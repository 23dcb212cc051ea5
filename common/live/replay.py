"""Run the recorded operations of a model again, some of them replaced."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.graph import Graph, Node
from framework_parity.common.live.standins import DROPOUTS, applied
from framework_parity.common.live.trace import Source, Trace
from framework_parity.common.spec.layer import Shape

StandIns: TypeAlias = dict[int, tuple[str, dict[str, Any]] | None]
"""By node: another kind and fields to compute in its place, or None where
its first input is passed on."""

Uniform: TypeAlias = Callable[[Shape], Array]
"""Draws numbers below 1 of a shape."""


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
    """

    def __init__(
        self,
        live: Any,
        trace: Trace,
        graph: Graph,
        standins: StandIns,
        draws: Callable[[int], Uniform | None] | None = None,
    ) -> None:
        self.live, self.trace, self.graph = live, trace, graph
        self.draws = draws
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
            if isinstance(event, Source):
                first = event.kind == "input"
                values.append([next(given) if first else event.value])
            elif position in self.replaced:
                values.append([self._instead(self.nodes[position], values)])
            else:
                taken = [values[i][port] for i, port in event.inputs.values()]
                values.append(self.live.repeated(event, taken))
        return values

    def outputs(self, inputs: list[Any]) -> list[Any]:
        """Return what the model returns, flattened."""
        values = self.values(inputs)
        return [values[event][port] for event, port in self.trace.outputs]

    def _instead(self, node: Node, values: list[list[Any]]) -> Any:
        source, port = node.inputs[0]
        before = self.graph.nodes[source]
        value = values[before.event][port]
        instead = self.replaced[node.event]
        if instead is None:
            return value
        layer = getattr(self.trace.events[node.event], "layer", None)
        layouts = self.live.layout.layouts_of(layer) if node.tensors else ()
        own = [self.live.layout.own_tensor(layer, each) for each in layouts]
        trained = [
            number
            for number, each in enumerate(layouts)
            if not each.neutral.startswith("running_")
        ]
        arrays = [self.live.layout.to_array(tensor) for tensor in own]
        uniform = self.draws(node.index) if self.draws else None

        def compute(
            x: Array, *given: Array
        ) -> tuple[Array, Callable[[Array], list[Array]]]:
            for number, array in zip(trained, given, strict=True):
                arrays[number] = array
            tensors = {
                each.neutral: each.to_neutral([array])
                for each, array in zip(layouts, arrays, strict=True)
            }
            moved = _moved(x, before.channels_first, 1, -1)
            done = applied(*instead, tensors, moved, uniform)
            self.live.layout.write(layer, done.kept)

            def back(slope: Array) -> list[Array]:
                slope = _moved(slope, node.channels_first, 1, -1)
                by_x, by_tensor = done.back(slope)
                slopes = [_moved(by_x, before.channels_first, -1, 1)]
                for number in trained:
                    each, shape = layouts[number], arrays[number].shape
                    by_own = each.from_neutral(
                        by_tensor[each.neutral], [shape]
                    )
                    slopes += by_own
                return slopes

            output = _moved(done.output, node.channels_first, -1, 1)
            return output, back

        return self.live.differentiable(
            compute, value, [own[number] for number in trained]
        )


def _moved(array: Array, channels_first: bool, source: int, to: int) -> Array:
    """Move the channels of an array that a framework has first."""
    if channels_first and array.ndim >= 3:
        return np.moveaxis(array, source, to)
    return array
