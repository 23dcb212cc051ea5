"""Run one experiment in both frameworks, on a pool of workers."""

from functools import partial
from typing import Any

from framework_parity.common.choices import Dtype
from framework_parity.common.data.image_cache import reading
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.arms import TwoArms, sides_of
from framework_parity.common.spec.two_sided.experiment import TwoSided
from framework_parity.common.training.record import Record
from framework_parity.comparisons.ladder.ladder import epochs_of, run_ladder
from framework_parity.comparisons.ladder.thresholds import (
    EPSILON,
    NUDGES,
    NUDGES_FLOAT32,
)
from framework_parity.comparisons.ladder.trajectory import (
    Trajectory,
    compare_records,
)
from framework_parity.comparisons.ladder.two_sided import Sides
from framework_parity.comparisons.ladder.two_sided_causes import (
    run_and_explain,
)
from framework_parity.comparisons.run.claim_verdicts import judge_claim
from framework_parity.comparisons.run.finished import FinishedRuns
from framework_parity.comparisons.run.replay import recorded
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.run.scripts import plain_options
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.workers.pool import WorkerPool
from framework_parity.comparisons.workers.worker import (
    Progress,
    Watcher,
    WorkerPair,
)


def run_experiment(
    spec: Experiment | TwoSided,
    settings: RunSettings,
    pool: WorkerPool,
    watch: Watcher | None = None,
    finished: FinishedRuns | None = None,
) -> Result:
    """Train every arm in both frameworks, run the ladder, and judge claims.

    Args:
        spec: the experiment.
        settings: the settings of the run.
        pool: the workers; the backends, the device, the number of jobs and
            the folder of image data sets are those of the pool.
        watch: called with the stage, the backend, the steps done and the
            total.
        finished: where the records of finished runs are stored; those of an
            interrupted run with the same settings are used. None stores
            nothing.

    Returns:
        The records, the verdicts and the claims.

    Raises:
        SpecError: if the data is not available, the pool reads another
            folder, or the experiment cannot be
            replayed; before training starts.
        WorkerError: if a framework fails.
    """

    def run_arm(pair: WorkerPair, arm: Arm | TwoArms) -> ArmResult:
        return _run_arm(pair, spec, arm, settings, watch, finished)

    if settings.images.folder != pool.images.folder:
        raise SpecError(
            "data_dir",
            f"got '{settings.images.folder}', but the workers of the pool "
            f"read '{pool.images.folder}'",
        )
    arms = [spec.arm(name) for name in spec.arms]
    with reading(pool.images):
        for arm in arms:
            for side in sides_of(arm).values():
                side.data.source.require_files()
        results = pool.map(run_arm, arms)
        runs = {
            backend: {arm.arm.name: arm.records[backend] for arm in results}
            for backend in pool.backends
        }
        trained = {arm.arm.name: arm.arm for arm in results}
        sides = {
            backend: {arm.arm.name: arm.trained(backend) for arm in results}
            for backend in pool.backends
        }
        claims = [
            judge_claim(claim, runs, trained, sides) for claim in spec.claims
        ]
    return Result(spec, results, claims, settings)


def _run_arm(
    pair: WorkerPair,
    spec: Experiment | TwoSided,
    arm: Arm | TwoArms,
    settings: RunSettings,
    watch: Watcher | None,
    finished: FinishedRuns | None,
) -> ArmResult:
    def at(stage: str) -> Progress | None:
        return partial(watch, f"{arm.name}: {stage}") if watch else None

    randomness = settings.randomness
    native = randomness == "native"
    both = len(pair.workers) == 2
    sides = {name: sides_of(arm)[name] for name in pair.workers}
    dtypes = {
        name: settings.dtype or side.recipe.precision
        for name, side in sides.items()
    }
    held = {
        name: _held_epochs(side, settings.held_steps)
        for name, side in sides.items()
    }
    result = ArmResult(
        next(iter(sides.values())), {name: [] for name in pair.workers}
    )
    if isinstance(arm, TwoArms):
        result.sides = sides
    for seed in range(settings.seeds):
        compared = seed == 0 and both and not native
        arguments: dict[str, dict[str, Any]] = {
            name: {
                "arm": side,
                "seed": seed,
                "dtype": dtypes[name],
                "nudges": _nudges(dtypes[name]) if compared else (),
                "nudged_epochs": held[name],
                "native": native,
            }
            for name, side in sides.items()
        }
        precisions = " and ".join(dict.fromkeys(dtypes.values()))
        trained = _finished(finished, arguments)
        if trained is None:
            if randomness == "replay":
                for name, side in sides.items():
                    arguments[name]["drawn"] = recorded(pair, side, seed)
            trained = pair.ask_each(
                "train", arguments, at(f"{precisions}, seed {seed}")
            )
            if finished is not None:
                for name, records in trained.items():
                    finished.save(name, arguments[name], records)
        for name, records in trained.items():
            result.records[name].append(records[0])
        if compared:
            result.curves = _compared(arm, trained, held, dtypes)
    result.scripts = _scripts(pair, spec, sides)
    if both:
        steps, stage = settings.trajectory_steps, at("ladder, float64")
        if stage:
            # The lower rungs do not report their progress.
            for backend in pair.workers:
                stage(backend, 0, steps)
        if isinstance(spec, TwoSided):
            result.ladder, result.explained = run_and_explain(
                pair, spec, arm.name, steps=steps, progress=stage
            )
        else:
            result.ladder = run_ladder(pair, arm, steps=steps, progress=stage)
    return result


def _scripts(
    pair: WorkerPair, spec: Experiment | TwoSided, sides: dict[str, Arm]
) -> dict[str, str]:
    """Return the plain script of each framework; none if one has none."""
    arguments = {
        name: {"arm": side, "options": plain_options(spec, side)}
        for name, side in sides.items()
    }
    try:
        made = pair.ask_each("script", arguments)
    except SpecError:
        return {}
    return {name: script.python for name, script in made.items()}


def _finished(
    finished: FinishedRuns | None, arguments: dict[str, dict[str, Any]]
) -> dict[str, list[Record]] | None:
    """Return the records of both frameworks, if both have finished a run."""
    if finished is None:
        return None
    records = {
        name: finished.load(name, given) for name, given in arguments.items()
    }
    known = {name: r for name, r in records.items() if r is not None}
    return known if len(known) == len(records) else None


def _nudges(dtype: str) -> tuple[int, ...]:
    return NUDGES if dtype == "float64" else NUDGES_FLOAT32


def _compared(
    arm: Arm | TwoArms,
    trained: dict[str, list[Record]],
    held: dict[str, int | None],
    dtypes: dict[str, Dtype],
) -> Trajectory:
    """Compare both frameworks' curves up to the end of the held epochs."""
    torch, keras = (
        [record.truncated_at(end) for record in trained[name]]
        if (end := held[name])
        else trained[name]
        for name in ("torch", "keras")
    )
    if isinstance(arm, TwoArms):
        torch, keras = Sides(arm).records(torch, keras)
    units = [EPSILON[dtype] for dtype in dtypes.values() if dtype in EPSILON]
    unit = max(units, default=None)
    return compare_records(arm.name, torch, keras, unit=unit)


def _held_epochs(arm: Arm, steps: int) -> int | None:
    """Return the number of epochs compared with the floor; None for all.

    The last of them ends with an evaluation, and the perturbed runs end
    there to save time.
    """
    total = arm.recipe.epochs
    every = arm.recipe.evaluate_every or total
    epochs = -(-epochs_of(arm, steps) // every) * every
    return epochs if epochs < total else None
