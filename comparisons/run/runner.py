"""Run one experiment in both frameworks, on a pool of workers."""

from collections.abc import Callable
from functools import partial

from framework_parity.common.data.image_cache import reading
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.arms import TwoArms, sides_of
from framework_parity.common.spec.two_sided.experiment import TwoSided
from framework_parity.common.training.record import Record
from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.ladder.thresholds import EPSILON
from framework_parity.comparisons.ladder.trajectory import (
    Trajectory,
    compare_records,
)
from framework_parity.comparisons.ladder.two_sided import Sides
from framework_parity.comparisons.ladder.two_sided_causes import (
    run_and_explain,
)
from framework_parity.comparisons.run.claim_verdicts import judge_claim
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.run.scripts import plain_options
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.run.training import ArmTraining
from framework_parity.comparisons.workers.pool import WorkerPool
from framework_parity.comparisons.workers.worker import (
    Progress,
    Watcher,
    WorkerPair,
    results_of,
)


def run_experiment(
    spec: Experiment | TwoSided,
    settings: RunSettings,
    pool: WorkerPool,
    watch: Watcher | None = None,
) -> Result:
    """Train every arm in both frameworks, run the ladder, and judge claims.

    Args:
        spec: the experiment.
        settings: the settings of the run.
        pool: the workers; the backends, the device, the number of jobs and
            the folder of image data sets are those of the pool.
        watch: called with the stage, the backend, the steps done and the
            total.

    Returns:
        The records, the verdicts and the claims.

    Raises:
        SpecError: if the data is not available, the pool reads another
            folder, or the experiment cannot be
            replayed; before training starts.
        WorkerError: if a framework fails.
    """

    def run_arm(pair: WorkerPair, arm: Arm | TwoArms) -> ArmResult:
        return _run_arm(pair, spec, arm, settings, watch)

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
) -> ArmResult:
    def at(stage: str) -> Progress | None:
        return partial(watch, f"{arm.name}: {stage}") if watch else None

    sides = {name: sides_of(arm)[name] for name in pair.workers}
    both = len(sides) == 2
    result = ArmResult(next(iter(sides.values())), {})
    if isinstance(arm, TwoArms):
        result.sides = sides
    training = ArmTraining(pair, sides, settings, at)
    # The workers do all of this without waiting for each other. Scripts come
    # first, since a worker that makes one discards its compiled network.
    scripts = _scripts(pair, spec, sides)
    runs = training.submit()
    try:
        if both:
            _climb(pair, spec, arm, settings, at("ladder, float64"), result)
        result.records, first = runs.wait()
    except BaseException:
        runs.cancel()
        raise
    if training.compared:
        result.curves = _compared(arm, first, training)
    result.scripts = scripts()
    return result


def _climb(
    pair: WorkerPair,
    spec: Experiment | TwoSided,
    arm: Arm | TwoArms,
    settings: RunSettings,
    progress: Progress | None,
    result: ArmResult,
) -> None:
    """Run the ladder on an arm, and store its result."""
    steps = settings.trajectory_steps
    if isinstance(spec, TwoSided):
        result.ladder, result.explained = run_and_explain(
            pair, spec, arm.name, steps=steps, progress=progress
        )
    else:
        result.ladder = run_ladder(pair, arm, steps=steps, progress=progress)


def _scripts(
    pair: WorkerPair, spec: Experiment | TwoSided, sides: dict[str, Arm]
) -> Callable[[], dict[str, str]]:
    """Return a function that returns the plain script of each framework.

    There are none if one framework has none.
    """
    asked = {
        name: pair.workers[name].submit(
            "script", arm=side, options=plain_options(spec, side)
        )
        for name, side in sides.items()
    }

    def made() -> dict[str, str]:
        try:
            scripts = results_of(asked)
        except SpecError:
            return {}
        return {name: script.python for name, script in scripts.items()}

    return made


def _compared(
    arm: Arm | TwoArms,
    trained: dict[str, list[Record]],
    training: ArmTraining,
) -> Trajectory:
    """Compare both frameworks' curves up to the end of the held epochs."""
    torch, keras = (
        [record.truncated_at(end) for record in trained[name]]
        if (end := training.held[name])
        else trained[name]
        for name in ("torch", "keras")
    )
    if isinstance(arm, TwoArms):
        torch, keras = Sides(arm).records(torch, keras)
    dtypes = training.dtypes.values()
    units = [EPSILON[dtype] for dtype in dtypes if dtype in EPSILON]
    unit = max(units, default=None)
    return compare_records(arm.name, torch, keras, unit=unit)
