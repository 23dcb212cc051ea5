"""The training loop: epochs, evaluation and early stopping.

A backend provides a `Trainer`, which performs steps with its framework. This
module decides how steps form epochs, when the network is evaluated and when
training stops, so that these cannot differ between the frameworks.
"""

import heapq
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.architecture import LayerNode, masked
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.node import MOST
from framework_parity.common.spec.recipe import (
    Counting,
    EarlyStopping,
    Plateau,
)
from framework_parity.common.spec.replay import RecordedDraws
from framework_parity.common.training.batches import (
    Masks,
    Segment,
    draw_masks,
    segments,
    steps_per_epoch,
)
from framework_parity.common.training.observer import Observer
from framework_parity.common.training.randomness import stream
from framework_parity.common.training.record import Curve, Record, Tensors

StepProgress: TypeAlias = Callable[[int, int], None]

GRID_POINTS = 101


class Trainer(Protocol):
    """The interface of both backends: one network with its data.

    A trainer is made from an arm and the parts of its data, in one
    precision. It takes and returns NumPy arrays in neutral layout: images
    with channels last, kernels with inputs first.
    """

    def reseed(self, seed: int) -> None:
        """Seed the framework's own random generators."""

    def load(self, weights: Tensors) -> None:
        """Set all tensors and reset the optimiser's state."""

    def weights(self) -> Tensors:
        """Return a copy of all tensors, trainable or not."""

    def gather(self, indices: npt.NDArray[np.int64]) -> tuple[Curve, Curve]:
        """Return the batch x, y of these rows, as a step receives it."""

    def steps(self, segment: Segment) -> dict[str, Curve]:
        """Train, and return the curves that `Record.steps` describes."""

    def evaluate(
        self, part: str, masks: Masks | None = None
    ) -> dict[str, float]:
        """Return the `loss` of a part, and its `accuracy` if it has one.

        Args:
            part: the part of the data, evaluated as one batch.
            masks: None in evaluation mode. In training mode what each layer
                draws, of shape (1, samples, *shape).

        Returns:
            The metrics by name.
        """

    def predict(self, x: Array) -> Curve:
        """Return predictions: probabilities, or numbers in regression."""

    def outputs(self, x: Array) -> dict[str, Curve]:
        """Return the output of each layer in evaluation, inner ones first."""

    def dropped(self, node: LayerNode, x: Array) -> tuple[Curve, Curve]:
        """Return the input and output of the framework's own dropout.

        The layer is a new one in training mode, which draws its own mask.
        The state of other random generators does not change.

        Args:
            node: the dropout.
            x: the input, of shape (samples, *node.input_shape).

        Returns:
            The input in the precision of the layer, and the output.
        """

    def gradients(self, segment: Segment) -> tuple[float, Tensors]:
        """Return the loss and gradients of a segment's first step."""

    def per_sample_gradients(
        self, x: Array, y: Array, names: list[str]
    ) -> Tensors:
        """Return the gradients of the loss of each single sample.

        The network is in evaluation mode; the loss is that of a batch of
        one sample.

        Args:
            x: the samples, of shape (samples, *input_shape).
            y: their labels or targets.
            names: the tensors to differentiate by.

        Returns:
            The gradients by name, each of shape (samples, *tensor).
        """

    def dataset_arrays(self) -> Iterator[tuple[str, Curve, Curve]]:
        """Yield the name, x and y of each part, as the framework stores it."""

    def counts(self) -> dict[str, int]:
        """Return the number of elements of each tensor of the live model."""

    @staticmethod
    def devices() -> list[str]:
        """Return the available devices among cpu, cuda and mps."""


def storage_dtype(dtype: str) -> str:
    """Return the precision in which parameters, data and losses are stored.

    `bfloat16` is mixed precision: products and activations are in bfloat16,
    and everything that accumulates over the steps is in float32.

    >>> storage_dtype("bfloat16"), storage_dtype("float64")
    ('float32', 'float64')
    """
    return "float32" if dtype == "bfloat16" else dtype


def initial_weights(arm: Arm, seed: int, dtype: Dtype) -> Tensors:
    """Draw the initial weights of both frameworks.

    They are drawn in float64 and rounded once, so that float32 and float64
    runs start from the same values up to that rounding.

    Args:
        arm: the network.
        seed: the seed of the run.
        dtype: the precision of training; see `storage_dtype`.

    Returns:
        All tensors by neutral name, in neutral layout.
    """
    drawn, kind = {}, storage_dtype(dtype)
    for node in arm.all_nodes:
        for name in node.tensors:
            rng = stream(seed, "weights", arm.stream_name(name))
            tensor = name.rpartition("/")[2]
            values = node.layer.draw(tensor, rng, node.input_shape)
            drawn[name] = values.astype(kind)
    return drawn


class Patience:
    """The state of early stopping; see `EarlyStopping`."""

    def __init__(self, rule: EarlyStopping) -> None:
        self.rule = rule
        self.best = math.inf
        self.best_epoch = 0
        self.waited = 0
        self.spent = False

    def improved(self, epoch: int, value: float) -> bool:
        """Update the state with the value of one epoch.

        Afterwards `spent` is whether training has to stop.

        Args:
            epoch: the epoch, counted from 1.
            value: its value of the monitored metric.

        Returns:
            Whether the value is the best so far.
        """
        rule, baseline = self.rule, math.inf
        if epoch <= rule.start_from_epoch:
            return False
        if rule.baseline is not None:
            baseline = _falling(rule.monitor, rule.baseline)
        value = _falling(rule.monitor, value)
        self.waited += 1
        if value + rule.min_delta < self.best:
            self.best, self.best_epoch = value, epoch
            if value + rule.min_delta < baseline:
                self.waited = 0
            return True
        self.spent = epoch > 1 and _over(
            rule.counting, self.waited, rule.patience
        )
        return False


class Reduction:
    """The state of a learning rate reduced on a plateau; see `Plateau`."""

    def __init__(self, rule: Plateau, lr: float) -> None:
        self.rule, self.rate = rule, lr
        self.best = math.inf
        self.waited = 0
        self.cooling = 0

    def take(self, value: float) -> None:
        """Update the state with an epoch's value and set the next `rate`."""
        rule = self.rule
        value = _falling(rule.monitor, value)
        if value < self._to_beat():
            self.best, self.waited = value, 0
        else:
            self.waited += 1
        if self.cooling:
            self.cooling, self.waited = self.cooling - 1, 0
        if _over(rule.counting, self.waited, rule.patience):
            self._reduce()

    def _to_beat(self) -> float:
        rule = self.rule
        if rule.threshold_mode == "absolute":
            return self.best - rule.threshold
        # The relative threshold is added to an accuracy and subtracted from
        # a loss; `best` is negative for an accuracy.
        rising = rule.monitor.endswith("accuracy")
        return self.best * (
            1.0 + (rule.threshold if rising else -rule.threshold)
        )

    def _reduce(self) -> None:
        rule = self.rule
        reduced = max(self.rate * rule.by, rule.min_lr)
        if self.rate - reduced > rule.least_change:
            self.rate = reduced
        counted = rule.last_cooldown == "counted"
        self.cooling, self.waited = max(rule.cooldown - counted, 0), 0


def _falling(monitor: str, value: float) -> float:
    """Return a value of which less is better: accuracies are negated."""
    return -value if monitor.endswith("accuracy") else value


def _over(counting: Counting, bad: int, patience: int) -> bool:
    """Return whether the number of bad epochs exhausts the patience."""
    if counting == "exceeds":
        return bad > patience
    return bad >= max(patience, 1)


def grid(points: Array) -> Array:
    """Return a mesh of 101 points per side around some points.

    The mesh extends beyond the points by a tenth of their range on each
    side. In two dimensions it has 10,201 points, and the second coordinate
    varies slowest.
    """
    low, high = points.min(0), points.max(0)
    margin = (high - low) / 10
    sides = np.linspace(low - margin, high + margin, GRID_POINTS)
    if points.shape[1] == 1:
        return sides
    columns, rows = np.meshgrid(sides[:, 0], sides[:, 1])
    return np.stack([columns.ravel(), rows.ravel()], axis=1)


@dataclass
class Run:
    """One of several runs of an arm that are trained at the same time.

    Attributes:
        seed: the seed of the batch order and the dropout masks.
        nudge: a seed that reorders the samples inside each batch, or None.
        epochs: the number of epochs, or None for that of the recipe.
        observer: measures the network at some epochs, or None.
        drawn: a recorded order and masks, or None to draw them by the seed.
    """

    seed: int
    nudge: int | None = None
    epochs: int | None = None
    observer: Observer | None = None
    drawn: RecordedDraws | None = None


class Group(Protocol):
    """Runs of one network that are trained together; see `fit_all`.

    A run is known by its place among those that have not ended.
    """

    def steps(self, segments: Sequence[Segment]) -> list[dict[str, Curve]]:
        """Train each run on a segment, and return the curves of each."""

    def check_out(self, run: int) -> None:
        """Copy the weights of a run to the network of the trainer."""

    def keep(self, runs: Sequence[int]) -> None:
        """Leave out all runs but some; the others have ended."""


class Alone:
    """A group of one run, which the trainer itself trains."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def steps(self, segments: Sequence[Segment]) -> list[dict[str, Curve]]:
        """Train the run on its segment, and return its curves."""
        return [self.trainer.steps(segment) for segment in segments]

    def check_out(self, run: int) -> None:
        """Do nothing: the network of the trainer has the weights."""

    def keep(self, runs: Sequence[int]) -> None:
        """Do nothing: there is only one run."""


def fit(
    trainer: Trainer,
    arm: Arm,
    samples: int,
    run: Run,
    grid_points: Array | None = None,
    progress: StepProgress | None = None,
) -> Record:
    """Train one run of an arm from the weights that the trainer holds.

    Args:
        trainer: a backend's trainer, loaded with the initial weights.
        arm: the network, its data and its training recipe.
        samples: the number of training samples.
        run: the seed and the extent of the run.
        grid_points: the inputs of the final predictions, or None.
        progress: called with the number of steps done and in total.

    Returns:
        The curves, final metrics, weights and predictions of the run.
    """
    group = Alone(trainer)
    return fit_all(group, trainer, arm, samples, [run], grid_points, progress)[
        0
    ]


def fit_all(
    group: Group,
    trainer: Trainer,
    arm: Arm,
    samples: int,
    runs: Sequence[Run],
    grid_points: Array | None = None,
    progress: StepProgress | None = None,
) -> list[Record]:
    """Train several runs of an arm from the weights that a group holds.

    Args:
        group: the weights of all runs.
        trainer: a backend's trainer, whose network is given the weights of
            a run to be evaluated and measured.
        arm: the network, its data and its training recipe.
        samples: the number of training samples.
        runs: the seed and the extent of each run, in the group's order.
        grid_points: the inputs of the final predictions, or None.
        progress: called with the number of steps done and in total.

    Returns:
        The curves, final metrics, weights and predictions of each run.
    """
    running = [_Run(trainer, arm, samples, run) for run in runs]
    total = max(run.epochs for run in running)
    counted = sum(run.total for run in running)
    due = set[int]().union(*(run.due | {run.epochs} for run in running))
    active = list(running)

    def visit(epoch: int, evaluated: bool) -> None:
        """Measure the runs after an epoch; leave out those that ended."""
        left = []
        for place, run in enumerate(active):
            now = evaluated or epoch == run.epochs
            if now or epoch in run.due:
                group.check_out(place)
            if not run.reached(epoch, now, grid_points):
                left.append(place)
        if len(left) < len(active):
            group.keep(left)
            active[:] = [active[place] for place in left]

    visit(0, False)
    for stretch, evaluated in _stretches(arm, total, due):
        plans = [run.planned(stretch) for run in active]
        for planned in zip(*plans, strict=True):
            start = time.perf_counter()
            curves = group.steps(planned)
            seconds = (time.perf_counter() - start) / len(active)
            for run, values in zip(active, curves, strict=True):
                run.take(values, seconds)
            if progress:
                progress(sum(run.done for run in running), counted)
        visit(stretch.stop, evaluated)
        if not active:
            break
    return [run.result for run in running]


class _Watchers:
    """The callbacks of an evaluation: early stopping, plateau, checkpoint."""

    def __init__(self, trainer: Trainer, arm: Arm) -> None:
        self.trainer, recipe = trainer, arm.recipe
        stopping, plateau = recipe.early_stopping, recipe.plateau
        self.lr = recipe.optimizer.lr
        self.patience = Patience(stopping) if stopping else None
        self.reduction = Reduction(plateau, self.lr) if plateau else None
        # A checkpoint is early stopping that never stops.
        self.checkpoint = recipe.checkpoint and Patience(
            EarlyStopping(
                monitor=recipe.checkpoint,
                patience=MOST,
                counting="exceeds",
                restore_best=True,
            )
        )
        self.kept: Tensors | None = None

    @property
    def slowed(self) -> float:
        """The current rate over the initial one, as set by the plateau."""
        return self.reduction.rate / self.lr if self.reduction else 1.0

    def seen(self, epoch: int, values: dict[str, float]) -> bool:
        """Process an evaluation; return whether training has to stop."""
        for patience in filter(None, (self.patience, self.checkpoint)):
            rule = patience.rule
            better = patience.improved(epoch, values[rule.monitor])
            if better and rule.restore_best:
                self.kept = self.trainer.weights()
        if self.reduction:
            self.reduction.take(values[self.reduction.rule.monitor])
        return self.patience is not None and self.patience.spent

    def best_epoch(self) -> dict[str, float]:
        """Return the best epoch, if the recipe monitors one."""
        patience = self.checkpoint or self.patience
        return {"best_epoch": float(patience.best_epoch)} if patience else {}


def _stretches(
    arm: Arm, total: int, due: set[int]
) -> Iterator[tuple[range, bool]]:
    """Yield ranges of epochs, and whether to evaluate after each.

    A range ends at an evaluation, and at an epoch where probes are due.
    """
    every = arm.recipe.evaluate_every or total
    evaluated = range(every, total, every)
    stops = heapq.merge(chain(evaluated, (total,)), sorted(due - {0}))
    first = 0
    for stop, _ in groupby(stops):
        yield range(first, stop), stop in evaluated or stop == total
        first = stop


class _Run:
    """A training run in progress, with its curves so far."""

    result: Record

    def __init__(
        self, trainer: Trainer, arm: Arm, samples: int, run: Run
    ) -> None:
        self.trainer, self.arm, self.samples = trainer, arm, samples
        self.seed, self.nudge, self.drawn = run.seed, run.nudge, run.drawn
        self.observer = run.observer
        self.epochs = run.epochs or arm.recipe.epochs
        self.total = self.epochs * steps_per_epoch(arm.recipe, samples)
        self.due = self.observer.due(self.epochs) if self.observer else set()
        self.watchers = _Watchers(trainer, arm)
        self.curves: dict[str, list[Curve]] = {}
        self.evaluations: list[dict[str, float]] = []
        self.done = self.measured = 0
        self.seconds = 0.0
        self.evaluated = [
            part
            for part, size in arm.data.part_sizes().items()
            if size and part != "test"
        ]

    def planned(self, epochs: range) -> Iterator[Segment]:
        """Yield the steps of some epochs, with the rates of the plateau."""
        slowed = self.watchers.slowed
        for segment in segments(
            *(self.arm, self.samples, self.seed),
            *(epochs, self.nudge, self.drawn),
        ):
            yield segment if slowed == 1 else segment.slowed(slowed)

    def take(self, curves: dict[str, Curve], seconds: float) -> None:
        """Append the curves of a segment."""
        for name, values in curves.items():
            self.curves.setdefault(name, []).append(values)
        self.done += len(curves["loss"])
        self.seconds += seconds

    def reached(
        self, epoch: int, evaluated: bool, grid_points: Array | None
    ) -> bool:
        """Measure and evaluate the weights that the trainer holds now.

        Args:
            epoch: the number of epochs that are done.
            evaluated: whether the recipe evaluates the network here.
            grid_points: the inputs of the final predictions, or None.

        Returns:
            Whether the run has ended; it then has its `result`.
        """
        if self.observer and epoch in self.due:
            self.observer.look(self.trainer, epoch)
        if not evaluated:
            return False
        stopped = self.watchers.seen(epoch, self.evaluate(epoch))
        if stopped or epoch == self.epochs:
            self._finish(grid_points)
            return True
        return False

    def _finish(self, grid_points: Array | None) -> None:
        best, kept = self.watchers.best_epoch(), self.watchers.kept
        left = self.evaluations[-1]["epoch"]
        if kept is not None:
            self.trainer.load(kept)
            left = best["best_epoch"]
        if self.observer:
            self.observer.look(self.trainer, int(left), last=True)
        predictions = (
            None if grid_points is None else self.trainer.predict(grid_points)
        )
        seen = self.observer.record() if self.observer else {}
        self.result = self.record(best, predictions, seen)

    def evaluate(self, epoch: int) -> dict[str, float]:
        values = {"epoch": float(epoch)} | self._metrics(self.evaluated)
        self.evaluations.append(values)
        return values

    def _metrics(self, parts: list[str]) -> dict[str, float]:
        self.measured += 1
        return {
            f"{part}_{name}": value
            for part in parts
            for name, value in self._evaluated(part).items()
        }

    def _evaluated(self, part: str) -> dict[str, float]:
        arm = self.arm
        if arm.recipe.evaluation_mode == "evaluation":
            return self.trainer.evaluate(part)
        samples = arm.data.part_sizes()[part]
        masks = {
            node.name: draw_masks(
                *(node, (1, samples), self.seed, self.measured),
                f"{part}/{arm.stream_name(node.name)}",
            )
            for node in masked(arm.layers, arm.data.source.shape)
        }
        return self.trainer.evaluate(part, masks)

    def record(
        self,
        extra: dict[str, Any],
        predictions: Any,
        probes: dict[str, Curve],
    ) -> Record:
        parts = [p for p, size in self.arm.data.part_sizes().items() if size]
        return Record(
            steps={k: np.concatenate(v) for k, v in self.curves.items()},
            epochs={
                name: np.array([values[name] for values in self.evaluations])
                for name in self.evaluations[0]
            },
            final={
                **self._metrics(parts),
                "parameters": float(self.arm.parameter_count),
                "epochs": self.evaluations[-1]["epoch"],
                **extra,
            },
            weights=self.trainer.weights(),
            parameters=tuple(self.arm.parameters),
            grid=predictions,
            probes=probes,
            seconds=self.seconds,
        )
