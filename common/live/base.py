"""What the live models of both frameworks have in common."""

from typing import Any, ClassVar

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.graph import Graph
from framework_parity.common.live.simplify import simplified
from framework_parity.common.live.standins import applied
from framework_parity.common.live.trace import Call, Trace

StandIns = dict[int, tuple[str, dict[str, Any]] | None]
"""By node: another kind and fields to compute in its place, or None where
its first input is passed on."""


class BaseLiveModel:
    """The part of a live model that needs no framework.

    Attributes:
        layout: the backend's module `live.tensors`.
        address: `file.py:NAME`.
        dtype: the precision, `float64` or `float32`.
        model: the user's model.
        graph: its operations, simplified, after `open`.
    """

    layout: ClassVar[Any]

    def __init__(self, address: str, dtype: str) -> None:
        self.address, self.dtype = address, dtype
        self.model = self.built()
        self.trace: Trace
        self.graph: Graph

    def built(self) -> Any:
        """Return the model that the address names."""
        raise NotImplementedError

    def tensor(self, array: Array) -> Any:
        """Return an input as a tensor, in the framework's layout."""
        raise NotImplementedError

    def recorded(self, inputs: list[Any]) -> tuple[Trace, Graph]:
        """Run the model once, and read its operations."""
        raise NotImplementedError

    def repeated(self, call: Any, values: list[Any]) -> list[Any]:
        """Return the outputs of one operation for some inputs."""
        raise NotImplementedError

    def open(self, inputs: list[Array]) -> Graph:
        """Record the model on some inputs, and return its graph.

        Args:
            inputs: batch first; images have their channels last.
        """
        self.trace, whole = self.recorded(list(map(self.tensor, inputs)))
        self.graph = simplified(whole)
        return self.graph

    def weights(self) -> dict[int, dict[str, Array]]:
        """Return the tensors of each node, by its index."""
        return {
            node.index: self._tensors(node.event)
            for node in self.graph.with_tensors()
        }

    def _tensors(self, event: int) -> dict[str, Array]:
        happened = self.trace.events[event]
        if isinstance(happened, Call):
            read: dict[str, Array] = self.layout.read(happened.layer)
            return read
        return {"value": self.layout.to_array(happened.value)}

    def set_weights(self, values: dict[int, dict[str, Array]]) -> None:
        """Set the tensors of some nodes."""
        for index, held in values.items():
            happened = self.trace.events[self.graph.nodes[index].event]
            if isinstance(happened, Call):
                self.layout.write(happened.layer, held)
            else:
                self.layout.assign(happened.value, held["value"])

    def outputs(
        self, inputs: list[Array], standins: StandIns | None = None
    ) -> dict[int, list[Array]]:
        """Return the outputs of every node, in neutral layout.

        Args:
            inputs: as in `open`.
            standins: operations that are replaced.
        """
        replaced = {
            self.graph.nodes[index].event: instead
            for index, instead in (standins or {}).items()
        }
        given = iter(map(self.tensor, inputs))
        values: list[list[Any]] = []
        for position, event in enumerate(self.trace.events):
            if not isinstance(event, Call):
                first = event.kind == "input"
                values.append([next(given) if first else event.value])
                continue
            taken = [values[i][port] for i, port in event.inputs.values()]
            if position in replaced:
                values.append([self._instead(position, values, replaced)])
            else:
                values.append(self.repeated(event, taken))
        return {
            node.index: [
                self._neutral(value, node.channels_first)
                for value in values[node.event]
            ]
            for node in self.graph
        }

    def _instead(
        self, position: int, values: list[list[Any]], replaced: StandIns
    ) -> Any:
        instead = replaced[position]
        node = next(n for n in self.graph if n.event == position)
        source, port = node.inputs[0]
        before = self.graph.nodes[source]
        value = values[before.event][port]
        if instead is None:
            return value
        tensors = self._tensors(position) if node.tensors else {}
        x = self._neutral(value, before.channels_first)
        made = applied(*instead, tensors, x)
        if node.channels_first and made.ndim >= 3:
            made = np.moveaxis(made, -1, 1)
        return self._own(made)

    def _own(self, array: Array) -> Any:
        """Return an array in the framework's layout as a tensor."""
        raise NotImplementedError

    def operation(self, index: int, inputs: list[Array]) -> list[Array]:
        """Return the outputs of one node for inputs in neutral layout.

        Args:
            index: of the node.
            inputs: a value for each of its inputs.
        """
        node = self.graph.nodes[index]
        known: dict[tuple[int, int], Any] = {}
        for (source, port), value in zip(node.inputs, inputs, strict=True):
            before = self.graph.nodes[source]
            first = before.channels_first and value.ndim >= 3
            moved = np.moveaxis(value, -1, 1) if first else value
            known[before.event, port] = self._own(moved)
        return [
            self._neutral(value, node.channels_first)
            for value in self._after(node.event, known)
        ]

    def _after(
        self, event: int, known: dict[tuple[int, int], Any]
    ) -> list[Any]:
        """Return the outputs of an event, from some known values."""
        call = self.trace.events[event]
        if not isinstance(call, Call):
            return [call.value]
        taken = [
            known[edge]
            if edge in known
            else self._after(edge[0], known)[edge[1]]
            for edge in call.inputs.values()
        ]
        return self.repeated(call, taken)

    def _neutral(self, value: Any, channels_first: bool) -> Array:
        array: Array = self.layout.to_array(value)
        if channels_first and array.ndim >= 3:
            return np.moveaxis(array, 1, -1)
        return array
