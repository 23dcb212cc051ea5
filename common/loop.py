"""The loop: epochs, evaluations and early stopping, the same for both.

A backend offers a `Trainer`; what a step *is* belongs to the framework. How
steps make epochs, when they are evaluated and when they stop belongs here,
so that it cannot differ.
"""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from common.batches import Segment, segments, steps_per_epoch
from common.experiment import Arm
from common.layer import Array
from common.observer import Observer
from common.randomness import stream
from common.recipe import EarlyStopping
from common.record import Curve, Record, Weights

Dtype: TypeAlias = Literal["float32", "float64"]
Progress: TypeAlias = Callable[[int, int], None]

GRID_POINTS = 101


class Trainer(Protocol):
    """What both backends offer: one network, ready to be trained.

    It is made of an arm and the parts of its data, in one precision, and
    speaks NumPy in neutral layout: images with channels last, kernels with
    inputs first.
    """

    def load(self, weights: Weights) -> None:
        """Set all tensors and forget all that an optimiser knows."""

    def weights(self) -> Weights:
        """Return a copy of all tensors, learnt or kept."""

    def gather(self, indices: npt.NDArray[np.int64]) -> tuple[Curve, Curve]:
        """Return the batch x, y of these rows, as a step would see it."""

    def steps(self, segment: Segment) -> dict[str, Curve]:
        """Train, and return the curves that `Record.steps` describes."""

    def evaluate(self, part: str) -> dict[str, float]:
        """Return the `loss` of a part, and its `accuracy` if it has one."""

    def predict(self, x: Array) -> Curve:
        """Return predictions: probabilities, or numbers in regression."""

    def outputs(self, x: Array) -> dict[str, Curve]:
        """Return what leaves each place, inner first, in evaluation."""

    def gradients(self, segment: Segment) -> tuple[float, Weights]:
        """Return the loss and gradients of a segment's first step."""

    def per_sample_gradients(
        self, x: Array, y: Array, names: list[str]
    ) -> Weights:
        """Return the loss's gradient by some tensors, of each sample alone.

        The network is as it is in evaluation; the loss is that of a batch
        of this one sample. Of shape (samples, *tensor).
        """

    def held(self) -> dict[str, tuple[Curve, Curve]]:
        """Return x, y of each part, as the framework holds them."""

    def counts(self) -> dict[str, int]:
        """Return how many numbers each tensor of the live model has."""


def initial_weights(arm: Arm, seed: int, dtype: Dtype) -> Weights:
    """Draw the weights that both frameworks start from.

    They are drawn in float64 and rounded once, so that float32 and float64
    runs start from the same numbers up to that rounding.
    """
    drawn = {}
    for place in arm.all_places:
        for name in place.parameters | place.state:
            rng = stream(seed, "weights", name)
            own = name.rpartition("/")[2]
            values = place.layer.draw(own, rng, place.input_shape)
            drawn[name] = values.astype(dtype)
    return drawn


class Patience:
    """Early stopping, one epoch at a time; see `EarlyStopping`."""

    def __init__(self, rule: EarlyStopping) -> None:
        self.rule = rule
        self.best = math.inf
        self.best_epoch = 0
        self.waited = 0

    def improved(self, epoch: int, value: float) -> bool:
        """Take the epoch's value; return whether it is the best so far."""
        if self.rule.monitor.endswith("accuracy"):
            value = -value
        if value + self.rule.min_delta < self.best:
            self.best, self.best_epoch, self.waited = value, epoch, 0
            return True
        self.waited += 1
        return False

    @property
    def spent(self) -> bool:
        """Whether training is to stop now."""
        return self.waited >= self.rule.patience


def grid(points: Array) -> Array:
    """Return the (10201, 2) points of a square mesh around `points`.

    It reaches a tenth of the range beyond them on each side; the second
    coordinate runs slowest.
    """
    low, high = points.min(0), points.max(0)
    margin = (high - low) / 10
    sides = np.linspace(low - margin, high + margin, GRID_POINTS)
    columns, rows = np.meshgrid(sides[:, 0], sides[:, 1])
    return np.stack([columns.ravel(), rows.ravel()], axis=1)


def fit(
    trainer: Trainer,
    arm: Arm,
    seed: int,
    samples: int,
    grid_points: Array | None = None,
    progress: Progress | None = None,
    nudge: int | None = None,
    observer: Observer | None = None,
) -> Record:
    """Train one arm from the weights that the trainer holds.

    Args:
        trainer: a backend's, loaded with the weights to start from.
        arm: what to train, and how.
        seed: of the batch order and the dropout masks.
        samples: how many the training part has.
        grid_points: where to predict at the end, or None.
        progress: called with the steps done and the steps in all.
        nudge: a seed that reorders the samples inside each batch, or None.
        observer: looks at the network now and then, or None.
    """
    run = _Run(trainer, arm, seed, samples, progress, nudge)
    best: Weights | None = None
    rule = arm.recipe.early_stopping
    patience = Patience(rule) if rule else None
    due = observer.due(arm.recipe.epochs) if observer else set()
    if observer and 0 in due:
        observer.look(trainer, 0)
    for epochs, evaluated in _stretches(arm, due):
        run.train(epochs)
        if observer and epochs.stop in due:
            observer.look(trainer, epochs.stop)
        if not evaluated:
            continue
        values = run.evaluate(epochs.stop)
        if patience is None or rule is None:
            continue
        if patience.improved(epochs.stop, values[rule.monitor]):
            best = trainer.weights() if rule.restore_best else None
        if patience.spent:
            break
    if best is not None:
        trainer.load(best)
    if observer:
        ended = run.evaluations[-1]["epoch"]
        if patience and best is not None:
            ended = patience.best_epoch
        observer.look(trainer, int(ended), last=True)
    predictions = None if grid_points is None else trainer.predict(grid_points)
    best_epoch = {"best_epoch": float(patience.best_epoch)} if patience else {}
    seen = observer.record() if observer else {}
    return run.record(best_epoch, predictions, seen)


def _stretches(arm: Arm, due: set[int]) -> Iterator[tuple[range, bool]]:
    """Yield epochs to train at a stretch, and whether to evaluate then.

    A stretch ends before an evaluation, and where the probes are due.
    """
    total = arm.recipe.epochs
    every = arm.recipe.evaluate_every or total
    evaluated = {*range(every, total, every), total}
    first = 0
    for stop in sorted(evaluated | due - {0}):
        yield range(first, stop), stop in evaluated
        first = stop


class _Run:
    """A training run under way: the curves so far."""

    def __init__(
        self,
        trainer: Trainer,
        arm: Arm,
        seed: int,
        samples: int,
        progress: Progress | None,
        nudge: int | None,
    ) -> None:
        self.trainer, self.arm, self.seed = trainer, arm, seed
        self.samples, self.progress, self.nudge = samples, progress, nudge
        self.curves: dict[str, list[Curve]] = {}
        self.evaluations: list[dict[str, float]] = []
        self.done = 0
        self.seconds = 0.0
        recipe = arm.recipe
        self.total = recipe.epochs * steps_per_epoch(recipe, samples)
        self.evaluated = [
            part
            for part, size in arm.data.part_sizes().items()
            if size and part != "test"
        ]

    def train(self, epochs: range) -> None:
        steps = segments(self.arm, self.samples, self.seed, epochs, self.nudge)
        for segment in steps:
            start = time.perf_counter()
            curves = self.trainer.steps(segment)
            self.seconds += time.perf_counter() - start
            for name, values in curves.items():
                self.curves.setdefault(name, []).append(values)
            self.done += len(segment)
            if self.progress:
                self.progress(self.done, self.total)

    def evaluate(self, epoch: int) -> dict[str, float]:
        values = {"epoch": float(epoch)} | self._metrics(self.evaluated)
        self.evaluations.append(values)
        return values

    def _metrics(self, parts: list[str]) -> dict[str, float]:
        return {
            f"{part}_{name}": value
            for part in parts
            for name, value in self.trainer.evaluate(part).items()
        }

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
