"""Tasks: what a worker can be asked for, in either framework's words.

Each takes the backend's `Trainer` class first. They run in the worker, and
with `common.reference.trainer.Trainer` anywhere.
"""

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from framework_parity.common.choices import Dtype
from framework_parity.common.data.spec import Part
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.replay import Drawn
from framework_parity.common.training import batches, loop
from framework_parity.common.training.observer import Observer
from framework_parity.common.training.randomness import nudged
from framework_parity.common.training.record import (
    Curve,
    Record,
    Weights,
    digest,
)

# How many batches of the first epoch the data rung looks at one by one.
BATCHES_SEEN = 64


@dataclass
class StepInspection:
    """What the cheap rungs compare.

    Attributes:
        data: digests of the parts and batches as the framework holds them.
        shapes: shape of one sample after each place, in the live model.
        counts: how many numbers each parameter of the live model has.
        snapshots: what one step does; the first as it is, then nudged.
    """

    data: dict[str, str]
    shapes: dict[str, tuple[int, ...]]
    counts: dict[str, int]
    snapshots: "list[Snapshot]"


@dataclass
class Snapshot:
    """One step from given weights, looked at from inside.

    Attributes:
        outputs: what leaves each layer in evaluation, by place.
        gradients: `loss`, and the loss's gradient by each parameter.
        stepped: every parameter after one optimiser step.
    """

    outputs: dict[str, Curve]
    gradients: dict[str, Curve]
    stepped: Weights


def inspect_step(
    trainer_class: Any,
    arm: Arm,
    seed: int,
    dtype: Dtype,
    nudges: tuple[int, ...],
    progress: Any = None,
) -> StepInspection:
    """Look at data, structure and one step; see `StepInspection`."""
    trainer = _trainer(trainer_class, arm, dtype, seed, gradient_norm=True)
    weights = loop.initial_weights(arm, seed, dtype)
    counts = trainer.counts()
    wanted = {name: value.size for name, value in weights.items()}
    # Another network cannot take the weights; the structure rung says how
    # it differs, and nothing is left to be looked at inside a step.
    seen = (None, *nudges) if counts == wanted else ()
    if seen:
        trainer.load(weights)
    first = _first_epoch(arm, seed)
    x = trainer.gather(first[0].indices[0])[0]
    outputs = trainer.outputs(x)
    snapshots = [
        _snapshot(trainer, weights, n, x, _first_epoch(arm, seed, n)[0])
        for n in seen
    ]
    return StepInspection(
        data=_data_digests(trainer, arm, seed, first),
        shapes={name: v.shape[1:] for name, v in outputs.items()},
        counts=counts,
        snapshots=snapshots,
    )


def train(
    trainer_class: Any,
    arm: Arm,
    seed: int,
    dtype: Dtype,
    nudges: tuple[int, ...] = (),
    nudged_epochs: int | None = None,
    gradient_norm: bool = False,
    native: bool = False,
    drawn: Drawn | None = None,
    progress: loop.Progress | None = None,
) -> list[Record]:
    """Train, and train again from nudged weights.

    Args:
        trainer_class: a backend's.
        arm: what to train.
        seed: of the initial weights, the batch order and the masks.
        dtype: `float32`, `float64` or, mixed, `bfloat16`.
        nudges: seeds of the nudged runs.
        nudged_epochs: how long these are; None for as long as the recipe is.
        gradient_norm: whether to record the gradient's norm by parameter.
        native: the framework draws its own initial weights and masks.
        drawn: all that is random, the data as well, instead of what the
            seed says; both frameworks are then played the same.
        progress: called with the steps done and the steps in all.

    Returns:
        The record as it is, then those of the nudged runs.
    """
    if arm.probes:
        gradient_norm = gradient_norm or arm.probes.gradient_norm
    if native:
        trainer = _made(
            trainer_class, arm, dtype, seed, gradient_norm, native=True
        )
        weights = trainer.weights()
    elif drawn:
        trainer = _made(
            *(trainer_class, arm, dtype, seed, gradient_norm), drawn.parts
        )
        kind = loop.storage_dtype(dtype)
        weights = {k: v.astype(kind) for k, v in drawn.weights.items()}
    else:
        trainer = _trainer(trainer_class, arm, dtype, seed, gradient_norm)
        weights = loop.initial_weights(arm, seed, dtype)
    samples = arm.data.part_sizes()["train"]
    gridded = arm.data.source.shape in ((1,), (2,))
    parts = (drawn and drawn.parts) or {}
    if not parts and (arm.probes or gridded):
        # The grid reaches to the last digit as far as the samples do.
        kind = "float64" if gridded else loop.storage_dtype(dtype)
        parts = arm.data.parts(arm.recipe.loss, dtype=kind)
    points = loop.grid(parts["train"].x) if gridded else None
    records = []
    for nudge in (None, *nudges):
        trainer.load(
            weights if nudge is None else nudged(weights, nudge, dtype)
        )
        observer = Observer(arm, parts) if arm.probes else None
        record = loop.fit(
            *(trainer, arm, seed, samples, points),
            *(progress, nudge, observer, drawn),
            epochs=None if nudge is None else nudged_epochs,
        )
        records.append(record)
    return records


def train_independently(
    trainer_class: Any,
    arm: Arm,
    seeds: tuple[int, ...],
    dtype: Dtype,
    progress: loop.Progress | None = None,
) -> list[Record]:
    """Train once for each seed, with the framework's own randomness."""

    def counted(run: int) -> loop.Progress | None:
        if progress is None:
            return None
        return lambda done, total: progress(
            run * total + done, len(seeds) * total
        )

    return [
        train(
            trainer_class,
            arm,
            seed,
            dtype,
            native=True,
            progress=counted(run),
        )[0]
        for run, seed in enumerate(seeds)
    ]


def draw(
    trainer_class: Any,
    arm: Arm,
    seeds: tuple[int, ...],
    progress: loop.Progress | None = None,
) -> list[Weights]:
    """Return the initial weights that the framework draws for each seed."""
    found = []
    for done, seed in enumerate(seeds, 1):
        trainer = _made(
            trainer_class,
            arm,
            "float32",
            seed,
            gradient_norm=False,
            native=True,
        )
        found.append(trainer.weights())
        if progress:
            progress(done, len(seeds))
    return found


def record(
    trainer_class: Any, arm: Arm, seed: int, progress: Any = None
) -> Drawn:
    """Return all that a run draws, as the framework itself draws it."""
    # Precision and seed are the process's: the last trainer loses its own.
    _last.cache_clear()
    found: Drawn = trainer_class.drawn(arm, seed)
    return found


def devices(trainer_class: Any, progress: Any = None) -> list[str]:
    """Return what the framework finds to compute on."""
    found: list[str] = trainer_class.devices()
    return found


def _trainer(
    trainer_class: Any,
    arm: Arm,
    dtype: Dtype,
    seed: int,
    gradient_norm: bool,
) -> Any:
    """Make a trainer, or take this thread's last one if it is the same.

    Building and compiling a network costs more than many a task, so one
    serves all seeds. A trainer is trained in place: two threads must not
    hold the same.
    """
    thread = threading.get_ident()
    trainer = _last(thread, trainer_class, arm, dtype, gradient_norm)
    trainer.reseed(seed)
    return trainer


@lru_cache(maxsize=1)
def _last(
    thread: int,
    trainer_class: Any,
    arm: Arm,
    dtype: Dtype,
    gradient_norm: bool,
) -> Any:
    return _made(trainer_class, arm, dtype, 0, gradient_norm)


def _made(
    trainer_class: Any,
    arm: Arm,
    dtype: Dtype,
    seed: int,
    gradient_norm: bool,
    parts: dict[str, Part] | None = None,
    **extra: Any,
) -> Any:
    # Precision and seed are the process's: the last trainer has lost its own.
    _last.cache_clear()
    parts = parts or arm.data.parts(
        arm.recipe.loss, dtype=loop.storage_dtype(dtype)
    )
    return trainer_class(arm, parts, dtype, seed, gradient_norm, **extra)


def _first_epoch(
    arm: Arm, seed: int, nudge: int | None = None
) -> list[batches.Segment]:
    samples = arm.data.part_sizes()["train"]
    return list(batches.segments(arm, samples, seed, range(1), nudge))


def _data_digests(
    trainer: Any, arm: Arm, seed: int, first: list[batches.Segment]
) -> dict[str, str]:
    found = {
        part: digest({"x": x, "y": y})
        for part, x, y in trainer.dataset_arrays()
    }
    rows = [row for segment in first for row in segment.indices]
    for number, row in enumerate(rows[:BATCHES_SEEN], 1):
        x, y = trainer.gather(row)
        found[f"batch {number} of epoch 1"] = digest({"x": x, "y": y})
    samples = arm.data.part_sizes()["train"]
    for epoch in range(2):
        steps = batches.segments(arm, samples, seed, range(epoch, epoch + 1))
        found[f"order of epoch {epoch + 1}"] = digest(
            {str(i): segment.indices for i, segment in enumerate(steps)}
        )
    return found


def _snapshot(
    trainer: Any,
    weights: Weights,
    nudge: int | None,
    x: Curve,
    segment: batches.Segment,
) -> Snapshot:
    trainer.load(weights if nudge is None else nudged(weights, nudge))
    outputs = trainer.outputs(x) | {"prediction": trainer.predict(x)}
    loss, gradients = trainer.gradients(segment)
    # The judge takes its unit from what it is given.
    precision = next(iter(gradients.values())).dtype
    trainer.steps(segment.first())
    return Snapshot(
        outputs=outputs,
        gradients={"loss": np.array(loss, precision)} | gradients,
        stepped=trainer.weights(),
    )
