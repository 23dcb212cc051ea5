"""Train a live model with its user's functions, and random draws given."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.loading import called, line_of
from framework_parity.common.live.loss_reading import LossReading
from framework_parity.common.live.losses import FORMS
from framework_parity.common.live.masks import Masks
from framework_parity.common.live.records import (
    Batches,
    Changes,
    OptimizerRead,
    Tensors,
    TrainingFound,
    TrainingRun,
)
from framework_parity.common.live.simplify import simplified
from framework_parity.common.live.standins import DROPOUTS
from framework_parity.common.live.trace import Call


class BaseLiveTraining(LossReading):
    """The part of training a live model that needs no framework."""

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

    def trained(self) -> dict[int, dict[str, bool]]:
        """Return whether each tensor is trained, by node and name."""
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
        unwatched = nullcontext[Tensors]({})
        data = zip(batches.inputs[:steps], batches.targets, strict=False)
        for step, (inputs, target) in enumerate(data):
            self.masks.begin(step)
            schedule.before(step)
            self.set_rate(optimizer, step)
            rates.append(self.rate(optimizer))
            given = self.live.given(inputs)
            watch = self.watched_step(optimizer) if step == 0 else unwatched
            with watch as slopes:
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


def first_number(value: Any) -> Any:
    """Return the loss in what a training step returns."""
    if isinstance(value, dict):
        value = value.get("loss")
    if isinstance(value, tuple | list):
        value = value[0] if value else None
    return value
