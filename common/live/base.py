"""What the live models of both frameworks have in common."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from framework_parity.common.layouts import Array, Layout, own_tensors
from framework_parity.common.live.graph import Graph, Node
from framework_parity.common.live.replay import Replay, StandIns
from framework_parity.common.live.simplify import simplified
from framework_parity.common.live.trace import Call, Source, Trace
from framework_parity.common.training.randomness import nudged


@dataclass(frozen=True)
class Held:
    """One neutral tensor of a node.

    Attributes:
        name: its neutral name.
        layout: how the framework's tensors make it; None if there is one,
            which is used as it is.
        own: the framework's tensors.
    """

    name: str
    layout: Layout | None
    own: list[Any]

    def neutral(self, arrays: list[Array]) -> Array:
        """Return the neutral tensor, from the arrays of the own ones."""
        if self.layout is None:
            return arrays[0]
        return self.layout.to_neutral(arrays)


class BaseLiveModel:
    """The part of a live model that needs no framework.

    Attributes:
        layout: the backend's module `live.tensors`.
        misfits: what is raised where shapes do not fit.
        address: `file.py:NAME`, or the name of the class of a live object.
        live: the user's live object; None where a file is loaded.
        dtype: the precision, `float64` or `float32`.
        model: the user's model.
        graph: its operations, simplified, after `open`.
        orders: for inputs with axes in another order than Keras's, the axes
            of Keras's input in the order of this one.
    """

    layout: ClassVar[Any]
    misfits: ClassVar[tuple[type[Exception], ...]]

    def __init__(
        self,
        address: Any,
        dtype: str,
        orders: dict[int, tuple[int, ...]] | None = None,
    ) -> None:
        self.live = None if isinstance(address, str) else address
        named = address if self.live is None else type(address).__name__
        self.address, self.dtype = str(named), dtype
        self.orders = orders or {}
        self.model = self.built()
        self.trace: Trace
        self.graph: Graph
        self.before_nudge: dict[int, dict[str, Array]] | None = None

    def built(self) -> Any:
        """Return the model that the address names."""
        raise NotImplementedError

    def close(self) -> None:
        """Give a live object, and the framework, their state back."""

    def notes(self) -> list[str]:
        """Return what was replaced in the model, in sentences."""
        return []

    def load_file(self, file: Path) -> None:
        """Load the model's weights.

        Raises:
            SpecError: if the file cannot be read, or has other tensors.
        """
        raise NotImplementedError

    def save_file(self, file: Path) -> None:
        """Save the model's weights, in the form that the name says."""
        raise NotImplementedError

    def size(self) -> int:
        """Return the number of elements of all tensors of the model."""
        raise NotImplementedError

    def read_size(self) -> int:
        """Return the number of elements of the tensors that are read.

        A tensor that several nodes use counts once.
        """
        seen: dict[int, int] = {}
        for node in self.graph.with_tensors():
            for each in self.held(node):
                for tensor in each.own:
                    seen[id(tensor)] = math.prod(tensor.shape)
        return sum(seen.values())

    def given(self, inputs: list[Array]) -> list[Any]:
        """Return inputs as tensors, in the framework's layout."""
        return [self.tensor(x, place) for place, x in enumerate(inputs)]

    def tensor(self, array: Array, place: int) -> Any:
        """Return an input as a tensor, in the framework's layout.

        Args:
            array: the input.
            place: its number.
        """
        raise NotImplementedError

    def recorded(
        self, inputs: list[Any], *, training: bool
    ) -> tuple[Trace, Graph]:
        """Run the model once, and read its operations.

        Args:
            inputs: the framework's tensors.
            training: whether it runs in training mode.
        """
        raise NotImplementedError

    def repeated(self, call: Any, values: list[Any]) -> list[Any]:
        """Return the outputs of one operation for some inputs."""
        raise NotImplementedError

    def open(self, inputs: list[Array]) -> Graph:
        """Record the model on some inputs, and return its graph.

        Args:
            inputs: batch first; images have their channels last.
        """
        given = self.given(inputs)
        self.trace, whole = self.recorded(given, training=False)
        self.graph = simplified(whole)
        return self.graph

    def held(self, node: Node, trace: Trace | None = None) -> list[Held]:
        """Return the tensors of a node.

        Args:
            node: of the graph.
            trace: that the graph was read from; by default `self.trace`.
        """
        events = (trace or self.trace).events
        event = events[node.called]
        if isinstance(event, Source):
            return [Held("value", None, [event.value])]
        found = [
            Held(name, layout, [_value(events[position])])
            for name, (position, layout) in node.sources.items()
        ]
        if not found and event.layer is not None:
            found = [
                Held(layout.neutral, layout, own_tensors(event.layer, layout))
                for layout in self.layout.layouts_of(event.layer)
            ]
        return found

    def weights(self) -> dict[int, dict[str, Array]]:
        """Return the tensors of each node, by its index."""
        return {
            node.index: self.tensors_of(node)
            for node in self.graph.with_tensors()
        }

    def tensors_of(
        self, node: Node, trace: Trace | None = None
    ) -> dict[str, Array]:
        """Return copies of the tensors of a node, in neutral layout."""
        return {
            each.name: each.neutral(list(map(self.layout.to_array, each.own)))
            for each in self.held(node, trace)
        }

    def set_weights(self, values: dict[int, dict[str, Array]]) -> None:
        """Set the tensors of some nodes."""
        for index, held in values.items():
            self.set_tensors(self.graph.nodes[index], held)

    def nudge(self, number: int | None) -> None:
        """Perturb all tensors by one unit in the last place.

        Args:
            number: of the perturbation, of the tensors as they were before
                the first; None to set those.
        """
        if self.before_nudge is None:
            if number is None:
                return
            self.before_nudge = self.weights()
        self.set_weights(
            {
                index: held if number is None else nudged(held, number)
                for index, held in self.before_nudge.items()
            }
        )
        if number is None:
            self.before_nudge = None

    def set_tensors(
        self,
        node: Node,
        values: dict[str, Array],
        trace: Trace | None = None,
    ) -> None:
        """Set tensors of a node; those that are missing stay as they are."""
        for each in self.held(node, trace):
            if each.name not in values:
                continue
            arrays = [values[each.name]]
            if each.layout is not None:
                shapes = [tuple(tensor.shape) for tensor in each.own]
                arrays = each.layout.from_neutral(arrays[0], shapes)
            for tensor, array in zip(each.own, arrays, strict=True):
                self.layout.assign(tensor, array)

    def outputs(
        self,
        inputs: list[Array],
        standins: StandIns | None = None,
        tensors: dict[int, dict[str, Array]] | None = None,
    ) -> dict[int, list[Array]]:
        """Return the outputs of every node in evaluation mode.

        Args:
            inputs: as in `open`.
            standins: operations that are replaced.
            tensors: what a replaced operation has in the place of its own
                tensors, by node.

        Returns:
            By the index of the node, in neutral layout.
        """
        given = self.given(inputs)
        with self.without_gradients():
            replay = Replay(
                self,
                self.trace,
                self.graph,
                standins or {},
                tensors=tensors or {},
            )
            values = replay.values(given)
        return {
            node.index: [
                self.neutral(value, channels_first=node.channels_first)
                for value in values[node.event]
            ]
            for node in self.graph
        }

    def without_gradients(self) -> AbstractContextManager[Any]:
        """Return a context in which no derivatives are recorded."""
        raise NotImplementedError

    def own(self, array: Array) -> Any:
        """Return an array in the framework's layout as a tensor."""
        raise NotImplementedError

    def channels_last(self, value: Any) -> Any:
        """Return a tensor whose channels are first with its channels last."""
        return value

    def differentiable(
        self,
        compute: Callable[..., tuple[Array, Callable[[Array], list[Array]]]],
        given: list[Any],
    ) -> Any:
        """Return an operation that NumPy computes, as a tensor.

        Args:
            compute: from the tensors, as arrays, to the output, and to a
                function from the derivative of the loss by the output to
                those by the tensors.
            given: inputs of the operation, and tensors of its layer.
        """
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
            if moved.dtype.kind == "f":
                moved = moved.astype(self._precision(before.event, port))
            known[before.event, port] = self.own(moved)
        with self.without_gradients():
            values = self._after(node.event, known)
        return [
            self.neutral(value, channels_first=node.channels_first)
            for value in values
        ]

    def _precision(self, event: int, port: int) -> str:
        """Return the type of numbers of a recorded tensor."""
        done = self.trace.events[event]
        tensor = done.outputs[port] if isinstance(done, Call) else done.value
        name = getattr(tensor.dtype, "name", str(tensor.dtype))
        return str(name).rpartition(".")[2]

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

    def neutral(self, value: Any, *, channels_first: bool) -> Array:
        """Return a tensor as an array in neutral layout.

        Args:
            value: the tensor.
            channels_first: whether it has its channels first.
        """
        array: Array = self.layout.to_array(value)
        if channels_first and array.ndim >= 3:
            return np.moveaxis(array, 1, -1)
        return array


def _value(event: Source | Call) -> Any:
    assert isinstance(event, Source)
    return event.value
