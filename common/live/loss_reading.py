"""The loss of a user's file: what it calls, weighs and consists of."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.elements import Described
from framework_parity.common.live.graph import Graph
from framework_parity.common.live.loading import called
from framework_parity.common.live.losses import (
    FORMS,
    LossCall,
    class_axis,
    weights_by_label,
)
from framework_parity.common.live.records import Changes
from framework_parity.common.live.replay import Replay
from framework_parity.common.live.simplify import simplified
from framework_parity.common.live.trained import TrainedModel
from framework_parity.common.training.randomness import stream


class LossRead(NamedTuple):
    """The loss of a user's file.

    Attributes:
        calls: the loss functions that are called.
        form: of the targets.
        forms: all forms that it takes.
        known: whether a function that is called says the form.
        exact: whether NumPy computes the same.
    """

    calls: list[LossCall]
    form: str
    forms: tuple[str, ...]
    known: bool
    exact: bool


class LossReading(TrainedModel):
    """The loss of a live model, read and replaced."""

    def _loss_read(
        self, inputs: list[Array], targets: list[Array], wanted: str | None
    ) -> LossRead:
        """Return the loss functions that are called, and on which targets.

        Args:
            inputs: as in `BaseLiveModel.open`.
            targets: in each form.
            wanted: the form that the targets are to have, if it is known.
        """
        function = self.functions.get("loss")
        if function is None:
            return LossRead([], "labels", ("labels",), False, False)
        problem: Exception | None = None
        accepted: dict[str, tuple[list[LossCall], Array, float]] = {}
        for form, array in zip(FORMS, targets, strict=True):
            if wanted not in (None, form):
                continue
            self.masks.begin(0)
            with self.drawing(), self.watched_losses() as calls:
                try:
                    pred = self.forward(inputs)
                    value = self.to_float(function(pred, self.target(array)))
                except Exception as error:  # noqa: BLE001 - tried in turn
                    problem, value = error, np.nan
            if np.isfinite(value):
                accepted[form] = calls, array, value
        if not accepted:
            called(self.live.address, "loss", _raise, problem)
            return LossRead([], "values", ("values",), False, False)
        said = [
            form
            for form, (calls, *_) in accepted.items()
            if calls and calls[0].form == form
        ]
        form = (said or list(accepted))[0]
        calls, array, value = accepted[form]
        exact = self._is_exact(calls, inputs, array, value)
        if not exact and form == "labels" and len(calls) == 1:
            more = self._weights(calls[0].described, inputs, array)
            if more is not None:
                calls[0].fields |= more
                exact = self._is_exact(calls, inputs, array, value)
        if exact and calls[0].fields.get("reduction") == "none":
            calls[0].fields["reduction"] = "mean"  # the user's own
        return LossRead(calls, form, tuple(accepted), bool(said), exact)

    def _weights(
        self, described: Described, inputs: list[Array], y: Array
    ) -> dict[str, Any] | None:
        """Return how the user's loss weighs its samples, by their labels.

        It is applied to drawn outputs with labels of every class.
        """
        self.masks.begin(0)
        with self.drawing():
            shape = tuple(self.forward(inputs).shape)
        if y.ndim != len(shape) - 1:
            return None
        axis = class_axis(shape, y.shape)
        rng = stream(0, "loss")
        times = -(-8 * shape[axis] // len(y))
        z = rng.normal(size=(times * len(y), *shape[1:]))
        labels = rng.integers(shape[axis], size=(len(z), *y.shape[1:]))
        try:
            slope = self.loss_slope(z, labels)
        except Exception:  # noqa: BLE001 - the user's function
            return None
        moved = (np.moveaxis(each, axis, -1) for each in (z, slope))
        z, slope = moved
        return weights_by_label(described, z, labels, slope)

    def loss_slope(self, z: Array, y: Array) -> Array:
        """Return the derivative of the user's loss by the outputs.

        Args:
            z: the outputs, as the framework has them.
            y: the targets.
        """
        raise NotImplementedError

    def open_loss(self, inputs: list[Array], target: Array) -> Graph:
        """Record the user's loss, and return the graph of its operations.

        Its inputs are the outputs of the model and the targets.

        Args:
            inputs: as in `BaseLiveModel.open`.
            target: in the form of this side.
        """
        state = self.saved()
        self.masks.begin(0)
        with self.drawing(), self.live.without_gradients():
            pred = self.forward(inputs)
        self.restore(state)
        function = self.functions["loss"]
        kind: Any = type(self.live)
        self.loss_live = kind(self.loss_model(function), self.live.dtype, 0)
        index, _ = self.graph.outputs[0]
        node = self.graph.nodes[index]
        if node.channels_first and len(node.shapes[0]) == 3:
            self.loss_live.orders = {0: (0, 2, 1)}
        self.loss_live.trace, whole = self.loss_live.recorded(
            [pred, self.target(target)], training=False
        )
        graph = simplified(whole)
        self.loss_live.graph = graph
        return graph

    def loss_model(self, function: Any) -> Any:
        """Return a function of outputs and targets as a model."""
        raise NotImplementedError

    def replayed_loss(self, pred: Any, target: Any) -> Any:
        """Return the user's loss with some of its operations replaced."""
        live = self.loss_live
        standins = self.changes.loss_standins
        replay = Replay(live, live.trace, live.graph, standins or {})
        return replay.outputs([pred, target])[0]

    def _is_exact(
        self,
        calls: list[LossCall],
        inputs: list[Array],
        y: Array,
        value: float,
    ) -> bool:
        """Return whether NumPy computes the same loss as the user."""
        if len(calls) != 1:
            return False
        before = self.changes
        self.changes = Changes(loss=calls[0].described)
        try:
            self.masks.begin(0)
            with self.drawing():
                mine = self.loss_of(self.forward(inputs), self.target(y))
                return bool(np.isclose(self.to_float(mine), value, 1e-6))
        except (LookupError, ValueError):
            return False
        finally:
            self.changes = before

    def loss_of(self, pred: Any, target: Any) -> Any:
        """Return the loss, the user's or the one that replaces it."""
        raise NotImplementedError

    @contextmanager
    def loss_replaced(self) -> Iterator[None]:
        """Put the loss that replaces the user's in the user's file."""
        changes = self.changes
        replaced = (
            changes.loss is not None
            or changes.loss_standins is not None
            or changes.loss_factor != 1
        )
        if not replaced or "loss" not in self.functions:
            yield
            return
        file = Path(self.live.address.rpartition(":")[0])
        names = vars(sys.modules[file.stem])
        names["loss"] = self.loss_of
        try:
            yield
        finally:
            names["loss"] = self.functions["loss"]


def _raise(error: Exception | None) -> None:
    if error is not None:
        raise error
