"""Train a live model with its user's functions, and random draws given."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.base import BaseLiveModel
from framework_parity.common.live.elements import Described
from framework_parity.common.live.graph import Graph
from framework_parity.common.live.loading import (
    called,
    line_of,
    user_functions,
)
from framework_parity.common.live.losses import (
    FORMS,
    LossCall,
    class_axis,
    weights_by_label,
)
from framework_parity.common.live.masks import Masks
from framework_parity.common.live.records import (
    Batches,
    Changes,
    OptimizerRead,
    Tensors,
    TrainingFound,
    TrainingRun,
)
from framework_parity.common.live.replay import Replay, Uniform
from framework_parity.common.live.simplify import simplified
from framework_parity.common.live.standins import DROPOUTS
from framework_parity.common.live.trace import Call, Trace
from framework_parity.common.spec.layer import Shape
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


class BaseLiveTraining:
    """The part of training a live model that needs no framework.

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

    def differentiated(
        self, inputs: list[Array], target: Array
    ) -> tuple[float, Tensors]:
        """Return the loss without penalties, and its gradients."""
        raise NotImplementedError

    def made_optimizer(self) -> Any:
        """Return an optimiser of the model's tensors, with the changes."""
        raise NotImplementedError

    def optimizer_read(self, optimizer: Any) -> OptimizerRead:
        """Return an optimiser in neutral terms."""
        raise NotImplementedError

    def rate(self, optimizer: Any) -> float:
        """Return the learning rate of the next step."""
        raise NotImplementedError

    def stepped(self, optimizer: Any, inputs: list[Any], target: Any) -> Any:
        """Train one step, and return the loss."""
        raise NotImplementedError

    def stand_in(self, replay: Replay) -> Any:
        """Return the model with its operations replaced, as a model."""
        raise NotImplementedError

    def drawing(self) -> AbstractContextManager[Any]:
        """Return a context in which dropouts draw from `self.masks`."""
        raise NotImplementedError

    def trained(self) -> dict[int, dict[str, bool]]:
        """Return whether each tensor is trained, by node and name."""
        raise NotImplementedError

    def to_float(self, value: Any) -> float:
        """Return a loss as a number; NaN if it is none."""
        raise NotImplementedError

    def open(
        self,
        inputs: list[Array],
        targets: list[Array],
        wanted: str | None = None,
    ) -> TrainingFound:
        """Record the model in training mode, and read the user's functions.

        Args:
            inputs: as in `BaseLiveModel.open`.
            targets: in each form that may be wanted.
            wanted: the form, if it is known; by default that of the loss
                function which is called, or the first that it accepts.
        """
        state = self.saved()
        given = self.live.given(inputs)
        self.trace, whole = self.live.recorded(given, training=True)
        self.graph = simplified(whole)
        self.restore(state)
        empty = Batches([inputs], [], [], 0)
        self.masks = Masks(self.graph, empty)
        loss = self._loss_read(inputs, targets, wanted)
        self.restore(state)
        place = FORMS.index(loss.form)
        self.masks = Masks(
            self.graph, Batches([inputs], [targets[place]], [], 0)
        )
        optimizer = None
        if "make_optimizer" in self.functions:
            optimizer = self.optimizer_read(self.made_optimizer())
        file = Path(self.live.address.rpartition(":")[0]).name
        defined = {
            name: line_of(function) or file
            for name, function in self.functions.items()
        }
        modes = self._modes()
        self.restore(state)
        return TrainingFound(
            self.graph,
            defined,
            loss.calls,
            loss.exact,
            optimizer,
            self.trained(),
            loss.form,
            loss.forms,
            loss.known,
            modes["step"],
            modes["pass"],
            self.has_penalties(),
            self.penalized(),
            self._shared(),
            self.clears(),
        )

    def _modes(self) -> dict[str, dict[int, bool]]:
        """Return the mode in which layers run in a pass, and in a step.

        They are kept for what is replaced.
        """
        inputs, target = self.sample()
        state = self.saved()
        self.seen = {}
        self.masks.begin(0)
        with self.drawing():
            self.forward(self.masks.batches.inputs[0])
            self.modes_of["pass"] = self.modes_of["step"] = self.seen
            self.restore(state)
            if {"train_step", "make_optimizer"} <= self.functions.keys():
                self.seen = {}
                self.stepped(self.made_optimizer(), inputs, target)
                self.modes_of["step"] = self.seen
        functional = self._functional_modes()
        return {
            name: functional
            | {
                node.index: seen[id(layer)]
                for node in self.live.graph
                for layer in [self.layer_of(node.index)]
                if id(layer) in seen
            }
            for name, seen in self.modes_of.items()
        }

    def _functional_modes(self) -> dict[int, bool]:
        """Return the modes of dropouts that are functions, by node."""
        flags = {
            (node.name, node.site): event.argument(2, "training", True)
            for node in self.graph
            for event in [self.trace.events[node.event]]
            if isinstance(event, Call) and event.layer is None
        }
        return {
            node.index: bool(flags.get((node.name, node.site), False))
            for node in self.live.graph
            if node.kind in DROPOUTS
            and getattr(self.live.trace.events[node.event], "layer", 0) is None
        }

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

    def _shared(self) -> list[tuple[int, ...]]:
        """Return groups of nodes that use the same tensors."""
        groups: dict[int, list[int]] = {}
        for node in self.live.graph.with_tensors():
            for each in self.live.held(node)[:1]:
                key = self.shared_key(each.own[0])
                groups.setdefault(key, []).append(node.index)
        return [tuple(group) for group in groups.values() if len(group) > 1]

    def clears(self) -> bool:
        """Return whether a step starts without the gradients of the last."""
        return True

    def shared_key(self, tensor: Any) -> int:
        """Return a number that is the same for the same tensor."""
        return id(tensor)

    def has_penalties(self) -> bool:
        """Return whether the model adds penalties to the loss."""
        return False

    def penalized(self) -> dict[int, dict[str, float]]:
        """Return the factor of each tensor's L2 penalty."""
        return {}

    def penalties_replaced(self) -> AbstractContextManager[None]:
        """Return a context in which the changes of penalties are made."""
        return nullcontext()

    def _shape(self, index: int, port: int) -> Shape:
        """Return the shape of a node's output, channels last."""
        node = self.graph.nodes[index]
        shape = node.shapes[port]
        if node.channels_first and len(shape) >= 3:
            return (shape[0], *shape[2:], shape[1])
        return shape

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

    def run(
        self, batches: Batches, changes: Changes, steps: int
    ) -> TrainingRun:
        """Train some steps; the model's state is restored afterwards.

        Args:
            batches: the data.
            changes: what is replaced.
            steps: number of steps; 0 for the gradient alone.
        """
        state = self.saved()
        self.changes, self.masks = changes, Masks(self.graph, batches)
        try:
            self.set_trained(changes.trained)
            if changes.single_biases:
                self.set_single_biases()
            if not changes.padding_rows:
                self.train_padding_rows()
            with self.drawing(), self.penalties_replaced():
                return self._run(batches, steps)
        finally:
            self.changes = Changes()
            self.restore(state)

    def _run(self, batches: Batches, steps: int) -> TrainingRun:
        loss: float | None = None
        gradients: Tensors = {}
        if "loss" in self.functions:
            before = self.saved()
            self.masks.begin(0)
            changes = self.changes
            self.changes = replace(changes, modes=changes.pass_modes)
            self.modes = self.modes_of["pass"]
            loss, gradients = self._guarded(
                "the gradient",
                self.differentiated,
                *(batches.inputs[0], batches.targets[0]),
            )
            self.changes = changes
            self.restore(before)
        self.modes = self.modes_of["step"]
        losses: list[float] = []
        rates: list[float] = []
        first: Tensors = {}
        applied: Tensors = {}
        optimizer = self.made_optimizer() if steps else None
        schedule = self.live_schedule(
            self.live.address,
            self.functions if steps else {},
            self.live.model,
            optimizer,
        )
        data = zip(batches.inputs[:steps], batches.targets, strict=False)
        for step, (inputs, target) in enumerate(data):
            self.masks.begin(step)
            schedule.before(step)
            self.set_rate(optimizer, step)
            rates.append(self.rate(optimizer))
            given = self.live.given(inputs)
            with self.watched_step(optimizer) as slopes:
                value = self._guarded(
                    "a training step",
                    self.stepped,
                    *(optimizer, given, self.target(target)),
                )
            losses.append(self.to_float(value))
            schedule.after(step, losses[-1])
            if step == 0:
                first, applied = self.live.weights(), slopes
        last = self.live.weights() if steps else {}
        return TrainingRun(
            loss, gradients, applied, losses, rates, first, last
        )

    def watched_step(self, optimizer: Any) -> AbstractContextManager[Tensors]:
        """Note the gradients that an optimiser gets, by node and name."""
        raise NotImplementedError

    @property
    def own_step(self) -> bool:
        """Whether the user's training step is used."""
        defined = "train_step" in self.functions
        return defined and not self.changes.plain_step

    def _guarded(self, doing: str, function: Any, *arguments: Any) -> Any:
        """Call a function; of the user's own model, errors are sentences."""
        if self.trial:
            return function(*arguments)
        return called(self.live.address, doing, function, *arguments)

    def preprocessed(self, images: Array) -> Array:
        """Return images after the user's preprocessing, channels last.

        Args:
            images: of shape (n, height, width, channels), in 0 to 255.
        """
        given = self.called("preprocess", images)
        made = np.asarray(self.live.layout.to_array(self.as_tensor(given)))
        moved = np.moveaxis(made, 1, -1) if made.ndim == 4 else made
        return moved if moved.shape == images.shape else made

    def as_tensor(self, value: Any) -> Any:
        """Return an array or a tensor as a tensor."""
        raise NotImplementedError

    def split(self, n: int, fraction: float) -> list[list[int]]:
        """Return the indices in each part of the user's split."""
        parts = self.called("split", n, fraction)
        return [
            [int(index) for index in np.asarray(part).reshape(-1)]
            for part in parts
        ]

    def fit_values(self) -> dict[str, Any]:
        """Return the arguments of training that `fit_config` returns."""
        return dict(self.called("fit_config"))

    def evaluated(
        self, inputs: list[Array], target: Array, *, forced: bool
    ) -> dict[str, float]:
        """Return what the user's evaluation returns, after training.

        Args:
            inputs: as in `BaseLiveModel.open`.
            target: in the form of this side.
            forced: whether all layers run in evaluation mode.
        """
        state = self.saved()
        batches = Batches([inputs], [target], [], 0)
        self.masks = Masks(self.graph, batches)
        nodes = [node.index for node in self.live.graph]
        self.changes = Changes(
            modes=dict.fromkeys(nodes, False) if forced else {}
        )
        try:
            self.begin_evaluation()
            given, tensor = self.sample()
            x = given[0] if len(given) == 1 else tuple(given)
            with self.drawing():
                value = self.called("evaluate", self.live.model, x, tensor)
        finally:
            self.changes = Changes()
            self.restore(state)
        if isinstance(value, dict):
            return {name: self.to_float(v) for name, v in value.items()}
        if isinstance(value, tuple | list):
            return {str(n): self.to_float(v) for n, v in enumerate(value)}
        return {"value": self.to_float(value)}

    def begin_evaluation(self) -> None:
        """Leave the model as it is after a training step."""

    def set_rate(self, optimizer: Any, step: int) -> None:
        """Set the learning rate of a step, where it is replaced."""

    def set_trained(self, trained: dict[int, dict[str, bool]]) -> None:
        """Train or freeze some tensors."""
        raise NotImplementedError

    def set_single_biases(self) -> None:
        """Train only one of two biases that are added."""

    def train_padding_rows(self) -> None:
        """Train also the row of an embedding that stands for padding."""

    def sample(self) -> tuple[list[Any], Any]:
        """Return the first batch, as tensors."""
        batches = self.masks.batches
        inputs = self.live.given(batches.inputs[0])
        return inputs, self.target(batches.targets[0])

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


def _raise(error: Exception | None) -> None:
    if error is not None:
        raise error


def first_number(value: Any) -> Any:
    """Return the loss in what a training step returns."""
    if isinstance(value, dict):
        value = value.get("loss")
    if isinstance(value, tuple | list):
        value = value[0] if value else None
    return value
