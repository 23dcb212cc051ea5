"""The tasks of a worker process.

The first argument of each task is the backend's `Trainer` class. The tasks
run in a worker; with `common.reference.trainer.Trainer` they run in any
process.
"""

import threading
from functools import lru_cache
from typing import Any

import numpy as np

from framework_parity.common.choices import Dtype
from framework_parity.common.codegen.scripts.script import (
    Script,
    ScriptOptions,
)
from framework_parity.common.data.spec import Part
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.replay import RecordedDraws
from framework_parity.common.training import batches, loop
from framework_parity.common.training.inspection import (
    Snapshot,
    StepInspection,
)
from framework_parity.common.training.observer import Observer
from framework_parity.common.training.randomness import nudged
from framework_parity.common.training.record import (
    Curve,
    Record,
    Tensors,
    digest,
)

# The number of batches of the first epoch that the data rung compares.
BATCHES_SEEN = 64


def inspect_step(
    trainer_class: Any,
    arm: Arm,
    seed: int,
    dtype: Dtype,
    nudges: tuple[int, ...],
    progress: loop.StepProgress | None = None,
) -> StepInspection:
    """Inspect the data, the structure and one training step.

    Args:
        trainer_class: a backend's `Trainer`.
        arm: the arm to inspect.
        seed: seed of the initial weights, the batch order and the masks.
        dtype: `float32`, `float64` or, mixed, `bfloat16`.
        nudges: seeds of the perturbed steps.
        progress: called at the beginning, with 0 steps of all of the arm.

    Returns:
        The inspection; without snapshots where the parameters of the built
        model differ from the specification.
    """
    if progress:
        samples = arm.data.part_sizes()["train"]
        each = batches.steps_per_epoch(arm.recipe, samples)
        progress(0, arm.recipe.epochs * each)
    trainer = _trainer(trainer_class, arm, dtype, seed, gradient_norm=True)
    weights = loop.initial_weights(arm, seed, dtype)
    counts = trainer.counts()
    wanted = {name: value.size for name, value in weights.items()}
    # A network of another structure cannot load the weights; the structure
    # rung reports the difference, and there is no step to inspect.
    perturbations = (None, *nudges) if counts == wanted else ()
    if perturbations:
        trainer.load(weights)
    first = _first_epoch(arm, seed)
    x = trainer.gather(first[0].indices[0])[0]
    outputs = trainer.outputs(x)
    snapshots = [
        _snapshot(trainer, weights, n, x, _first_epoch(arm, seed, n)[0])
        for n in perturbations
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
    drawn: RecordedDraws | None = None,
    progress: loop.StepProgress | None = None,
) -> list[Record]:
    """Train, and train again from perturbed weights.

    Args:
        trainer_class: a backend's `Trainer`.
        arm: the arm to train.
        seed: seed of the initial weights, the batch order and the masks.
        dtype: `float32`, `float64` or, mixed, `bfloat16`.
        nudges: seeds of the perturbed runs.
        nudged_epochs: number of epochs of the perturbed runs; None for that
            of the recipe.
        gradient_norm: whether to record the gradient's norm by parameter.
        native: whether the framework draws its own initial weights and
            masks.
        drawn: recorded random values, including the data, that replace those
            of the seed.
        progress: called with the steps done and the total.

    Returns:
        The record of the unmodified run, then those of the perturbed runs.
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
    measured = _Measured(arm, dtype, (drawn and drawn.parts) or {})
    records = []
    for nudge in (None, *nudges):
        trainer.load(
            weights if nudge is None else nudged(weights, nudge, dtype)
        )
        run = loop.Run(
            seed,
            nudge,
            None if nudge is None else nudged_epochs,
            measured.observer(),
            drawn,
        )
        records.append(
            loop.fit(
                *(trainer, arm, measured.samples, run),
                *(measured.points, progress),
            )
        )
    return records


def train_together(
    trainer_class: Any,
    arm: Arm,
    runs: tuple[tuple[int, int | None], ...],
    dtype: Dtype,
    batched: bool,
    nudged_epochs: int | None = None,
    progress: loop.StepProgress | None = None,
) -> list[Record]:
    """Train several runs of an arm, all at once or one after the other.

    Args:
        trainer_class: a backend's `Trainer`.
        arm: the arm to train.
        runs: for each run the seed of the initial weights, the batch order
            and the masks, and the seed of its perturbation, or None.
        dtype: `float32`, `float64` or, mixed, `bfloat16`.
        batched: whether they are one batched model; see
            `common.training.ensembles`.
        nudged_epochs: number of epochs of the perturbed runs; None for that
            of the recipe.
        progress: called with the steps done and the total of all runs.

    Returns:
        One record for each run.
    """
    gradient_norm = bool(arm.probes and arm.probes.gradient_norm)
    trainer = _trainer(trainer_class, arm, dtype, runs[0][0], gradient_norm)
    measured = _Measured(arm, dtype, {})
    weights, asked = [], []
    for seed, nudge in runs:
        own = loop.initial_weights(arm, seed, dtype)
        weights.append(own if nudge is None else nudged(own, nudge, dtype))
        epochs = None if nudge is None else nudged_epochs
        asked.append(loop.Run(seed, nudge, epochs, measured.observer()))
    extent = arm, measured.samples
    if batched:
        group = trainer.ensemble(weights)
        return loop.fit_all(
            group, trainer, *extent, asked, measured.points, progress
        )
    records = []
    for place, (run, own) in enumerate(zip(asked, weights, strict=True)):
        trainer.reseed(run.seed)
        trainer.load(own)
        counted = _counted(progress, place, len(asked))
        records.append(
            loop.fit(trainer, *extent, run, measured.points, counted)
        )
    return records


class _Measured:
    """What is measured in the runs of an arm, and on which data."""

    def __init__(self, arm: Arm, dtype: Dtype, parts: dict[str, Part]) -> None:
        self.arm, self.parts = arm, parts
        self.samples = arm.data.part_sizes()["train"]
        gridded = arm.data.source.shape in ((1,), (2,))
        if not parts and (arm.probes or gridded):
            # The grid is derived from the samples in float64, without
            # rounding.
            kind = "float64" if gridded else loop.storage_dtype(dtype)
            self.parts = arm.data.parts(arm.recipe.loss, dtype=kind)
        self.points = loop.grid(self.parts["train"].x) if gridded else None

    def observer(self) -> Observer | None:
        """Return a new observer of a run, if the arm has probes."""
        return Observer(self.arm, self.parts) if self.arm.probes else None


def _counted(
    progress: loop.StepProgress | None, run: int, runs: int
) -> loop.StepProgress | None:
    """Return a function for the steps of one of several runs."""
    if progress is None:
        return None
    return lambda done, total: progress(run * total + done, runs * total)


def train_independently(
    trainer_class: Any,
    arm: Arm,
    seeds: tuple[int, ...],
    dtype: Dtype,
    progress: loop.StepProgress | None = None,
) -> list[Record]:
    """Train once for each seed, with the framework's own randomness.

    Args:
        trainer_class: a backend's `Trainer`.
        arm: the arm to train.
        seeds: the seeds of the runs.
        dtype: `float32`, `float64` or, mixed, `bfloat16`.
        progress: called with the steps done and the total of all runs.

    Returns:
        One record for each seed.
    """
    return [
        train(
            trainer_class,
            arm,
            seed,
            dtype,
            native=True,
            progress=_counted(progress, run, len(seeds)),
        )[0]
        for run, seed in enumerate(seeds)
    ]


def draw(
    trainer_class: Any,
    arm: Arm,
    seeds: tuple[int, ...],
    progress: loop.StepProgress | None = None,
) -> list[Tensors]:
    """Return the initial weights that the framework draws for each seed.

    Args:
        trainer_class: a backend's `Trainer`.
        arm: the arm to initialise.
        seeds: the seeds.
        progress: called with the seeds done and the total.

    Returns:
        One set of float32 weights for each seed.
    """
    weights = []
    for done, seed in enumerate(seeds, 1):
        trainer = _made(
            trainer_class,
            arm,
            "float32",
            seed,
            gradient_norm=False,
            native=True,
        )
        weights.append(trainer.weights())
        if progress:
            progress(done, len(seeds))
    return weights


def record(
    trainer_class: Any, arm: Arm, seed: int, progress: Any = None
) -> RecordedDraws:
    """Return all random values of a run, as the framework draws them.

    Args:
        trainer_class: a backend's `Trainer`.
        arm: the arm.
        seed: seed of the run.
        progress: not used.

    Returns:
        The data, weights, batch order and masks.
    """
    # Precision and seed are settings of the process, so that the cached
    # trainer can no longer be used.
    _last.cache_clear()
    drawn: RecordedDraws = trainer_class.drawn(arm, seed)
    return drawn


def script(
    trainer_class: Any, arm: Arm, options: ScriptOptions, progress: Any = None
) -> Script:
    """Return a script that trains an arm in the framework.

    Args:
        trainer_class: a backend's `Trainer`.
        arm: the arm.
        options: what the script is for.
        progress: not used.
    """
    # Names of layers and the precision are settings of the process.
    _last.cache_clear()
    made: Script = trainer_class.script(arm, options)
    return made


def devices(trainer_class: Any, progress: Any = None) -> list[str]:
    """Return the devices that the framework finds.

    Args:
        trainer_class: a backend's `Trainer`.
        progress: not used.

    Returns:
        Some of `cpu`, `cuda` and `mps`.
    """
    available: list[str] = trainer_class.devices()
    return available


def _trainer(
    trainer_class: Any,
    arm: Arm,
    dtype: Dtype,
    seed: int,
    gradient_norm: bool,
) -> Any:
    """Make a trainer, or return this thread's last one if it is equal.

    Building and compiling a network takes longer than many tasks, so one
    trainer serves all seeds. A trainer is trained in place, so two threads
    must not share one.
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
    # Precision and seed are settings of the process, so that the cached
    # trainer can no longer be used.
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
    digests = {
        part: digest({"x": x, "y": y})
        for part, x, y in trainer.dataset_arrays()
    }
    rows = [row for segment in first for row in segment.indices]
    for number, row in enumerate(rows[:BATCHES_SEEN], 1):
        x, y = trainer.gather(row)
        digests[f"batch {number} of epoch 1"] = digest({"x": x, "y": y})
    samples = arm.data.part_sizes()["train"]
    for epoch in range(2):
        steps = batches.segments(arm, samples, seed, range(epoch, epoch + 1))
        digests[f"order of epoch {epoch + 1}"] = digest(
            {str(i): segment.indices for i, segment in enumerate(steps)}
        )
    return digests


def _snapshot(
    trainer: Any,
    weights: Tensors,
    nudge: int | None,
    x: Curve,
    segment: batches.Segment,
) -> Snapshot:
    trainer.load(weights if nudge is None else nudged(weights, nudge))
    outputs = trainer.outputs(x) | {"prediction": trainer.predict(x)}
    loss, gradients = trainer.gradients(segment)
    # The comparison takes its rounding unit from this dtype.
    precision = next(iter(gradients.values())).dtype
    trainer.steps(segment.first())
    return Snapshot(
        outputs=outputs,
        gradients={"loss": np.array(loss, precision)} | gradients,
        stepped=trainer.weights(),
    )
