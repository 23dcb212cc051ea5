"""A live model in training mode: its functions, draws and replacements."""

from contextlib import AbstractContextManager
from typing import Any, ClassVar

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.base import BaseLiveModel
from framework_parity.common.live.graph import Graph
from framework_parity.common.live.loading import called, user_functions
from framework_parity.common.live.masks import Masks
from framework_parity.common.live.records import Changes
from framework_parity.common.live.replay import Replay, Uniform
from framework_parity.common.live.trace import Trace
from framework_parity.common.spec.layer import Shape


class TrainedModel:
    """A live model with its user's functions, and what replaces them.

    Args:
        live: the model, which has been opened.

    Attributes:
        watched_losses: the backend's context that notes losses.
        live_schedule: the backend's `LiveSchedule`.
    """

    watched_losses: ClassVar[Any]
    live_schedule: ClassVar[Any]

    def __init__(self, live: BaseLiveModel) -> None:
        self.live = live
        self.functions = user_functions(live.address)
        self.trace: Trace
        self.graph: Graph
        self.masks: Masks
        self.changes = Changes()
        self.trial = False
        self.seen: dict[int, bool] = {}
        self.modes: dict[int, bool] = {}
        self.modes_of: dict[str, dict[int, bool]] = {"pass": {}, "step": {}}
        self.complete()

    def complete(self) -> None:
        """Add functions that the framework's model itself has."""

    def saved(self) -> Any:
        """Return the state of the model and of random draws."""
        raise NotImplementedError

    def restore(self, state: Any) -> None:
        """Set the state that `saved` returned."""
        raise NotImplementedError

    def forward(self, inputs: list[Array]) -> Any:
        """Return what the model returns in training mode."""
        raise NotImplementedError

    def target(self, array: Array) -> Any:
        """Return targets as a tensor."""
        if self.changes.flat and array.shape[-1] == 1:
            array = array[..., 0]
        if self.changes.fitted:
            index, port = self.graph.outputs[0]
            array = array.reshape(self._shape(index, port))
        return self.as_target(self._arranged(array))

    def _arranged(self, array: Array) -> Array:
        """Return targets in the layout of the outputs, if they are alike."""
        index, port = self.graph.outputs[0]
        node = self.graph.nodes[index]
        alike = array.shape == self._shape(index, port)
        if node.channels_first and array.ndim >= 3 and alike:
            return np.moveaxis(array, -1, 1)
        return array

    def as_target(self, array: Array) -> Any:
        """Return an array of targets as a tensor."""
        raise NotImplementedError

    def stand_in(self, replay: Replay) -> Any:
        """Return the model with its operations replaced, as a model."""
        raise NotImplementedError

    def drawing(self) -> AbstractContextManager[Any]:
        """Return a context in which dropouts draw from `self.masks`."""
        raise NotImplementedError

    def to_float(self, value: Any) -> float:
        """Return a loss as a number; NaN if it is none."""
        raise NotImplementedError

    def layer_of(self, index: int) -> Any:
        """Return the layer of a node of the model in evaluation, or None."""
        event = self.live.trace.events[self.live.graph.nodes[index].called]
        return getattr(event, "layer", None)

    def mode_of(self, layer: Any) -> bool | None:
        """Return the mode that a layer is to run in, if that is replaced."""
        for index, mode in self.changes.modes.items():
            if self.layer_of(index) is layer:
                return mode
        return None

    def _shape(self, index: int, port: int) -> Shape:
        """Return the shape of a node's output, channels last."""
        node = self.graph.nodes[index]
        shape = node.shapes[port]
        if node.channels_first and len(shape) >= 3:
            return (shape[0], *shape[2:], shape[1])
        return shape

    def sample(self) -> tuple[list[Any], Any]:
        """Return the first batch, as tensors."""
        batches = self.masks.batches
        inputs = self.live.given(batches.inputs[0])
        return inputs, self.target(batches.targets[0])

    def called(self, name: str, *arguments: Any) -> Any:
        """Call a function of the user's file."""
        return called(
            self.live.address, name, self.functions[name], *arguments
        )

    def model(self) -> Any:
        """Return the user's model, or its operations with replacements."""
        standins = self.changes.standins
        if not standins:
            return self.live.model
        replay = Replay(
            self.live, self.trace, self.graph, standins, self._draws
        )
        return self.stand_in(replay)

    def _draws(self, index: int) -> Uniform | None:
        """Return what a replaced operation draws; None in evaluation."""
        event = self.trace.events[self.graph.nodes[index].called]
        layer = getattr(event, "layer", None)
        if layer is not None and not self.in_training(layer):
            return None
        return self.masks.of_node(index)

    def in_training(self, layer: Any) -> bool:
        """Return whether a layer that is replayed runs in training mode."""
        raise NotImplementedError
