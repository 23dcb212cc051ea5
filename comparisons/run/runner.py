"""Run one experiment in both frameworks, on a pool of workers."""

from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from queue import SimpleQueue
from threading import Event

from framework_parity.common.choices import Dtype
from framework_parity.common.data import image_cache
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.arms import TwoArms, sides_of
from framework_parity.common.spec.two_sided.experiment import (
    TwoSided,
)
from framework_parity.common.training.record import Record
from framework_parity.comparisons.ladder.ladder import epochs_of, run_ladder
from framework_parity.comparisons.ladder.thresholds import (
    NUDGES,
    NUDGES_FLOAT32,
    UNIT,
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
from framework_parity.comparisons.run.replay import demand_replayable, recorded
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.workers.pool import (
    Progress,
    Watcher,
    WorkerPair,
)

# Arms that workers take before fresh ones take their place: TensorFlow never
# gives back the memory of a graph that it has traced, some 40 MB an arm.
LIFETIME = 40


def run_experiment(
    spec: Experiment | TwoSided,
    settings: RunSettings,
    pool: "WorkerPool",
    watch: Watcher | None = None,
) -> Result:
    """Train every arm in both frameworks, run the ladder, and judge claims.

    Args:
        spec: the experiment.
        settings: how it is run.
        pool: the workers; they have their own backends, device and jobs.
        watch: called as training goes on.

    Raises:
        SpecError: if the data cannot be had, or the experiment cannot be
            replayed; before anything is trained.
        WorkerError: if a framework breaks.
    """
    if settings.randomness == "replay":
        demand_replayable(spec)

    def one(pair: WorkerPair, arm: Arm | TwoArms) -> ArmResult:
        return _run_arm(pair, spec, arm, settings, watch)

    arms = [spec.arm(name) for name in spec.arms]
    with image_cache.image_folder(settings.data_dir, settings.download):
        for arm in arms:
            for side in sides_of(arm).values():
                side.data.source.require_files()
        results = pool.map(one, arms)
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
            judge_claim(each, runs, trained, sides) for each in spec.claims
        ]
    return Result(spec, results, claims, settings)


class WorkerPool:
    """Pairs of workers that share out arms; use it in a `with` block.

    A pair is started when there is work for it, kept for the next run, and
    replaced when it has served `LIFETIME` arms.

    Args:
        backends: the frameworks of each pair.
        device: what they compute on.
        jobs: how many arms to run at once, each in a pair of its own.
    """

    def __init__(
        self,
        backends: tuple[str, ...] = ("torch", "keras"),
        device: str = "cpu",
        jobs: int = 1,
    ) -> None:
        self.backends, self.device, self.jobs = backends, device, jobs
        self._stack = ExitStack()
        self._idle: SimpleQueue[WorkerPair] = SimpleQueue()
        self.started = self._served = 0

    @classmethod
    def of(cls, settings: RunSettings) -> "WorkerPool":
        """Return a pool for runs with some settings."""
        return cls(tuple(settings.backends), settings.device, settings.jobs)

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def map(
        self,
        one: Callable[[WorkerPair, Arm | TwoArms], ArmResult],
        arms: list[Arm | TwoArms],
    ) -> list[ArmResult]:
        """Run the arms, as many at once as there are jobs, in their order."""
        if self._served >= LIFETIME:
            self._stack.close()
            self._idle, self.started, self._served = SimpleQueue(), 0, 0
        self._served += len(arms)
        while self.started < min(self.jobs, len(arms)):
            pair = WorkerPair(self.backends, device=self.device)
            self._idle.put(self._stack.enter_context(pair))
            self.started += 1

        failed = Event()

        def next_idle(arm: Arm | TwoArms) -> ArmResult:
            pair = self._idle.get()
            try:
                if failed.is_set():
                    raise CancelledError
                return one(pair, arm)
            except BaseException:
                failed.set()
                raise
            finally:
                self._idle.put(pair)

        return list(ThreadPoolExecutor(self.started).map(next_idle, arms))


def _run_arm(
    pair: WorkerPair,
    spec: Experiment | TwoSided,
    arm: Arm | TwoArms,
    settings: RunSettings,
    watch: Watcher | None,
) -> ArmResult:
    def at(stage: str) -> Progress | None:
        return partial(watch, f"{arm.name}: {stage}") if watch else None

    randomness = settings.randomness
    native = randomness == "native"
    both = len(pair.workers) == 2
    sides = {name: sides_of(arm)[name] for name in pair.workers}
    own = {
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
        replayed = randomness == "replay"
        asked = {
            name: {
                "arm": side,
                "seed": seed,
                "dtype": own[name],
                "nudges": _nudges(own[name]) if compared else (),
                "nudged_epochs": held[name],
                "native": native,
                "drawn": recorded(pair, side, seed) if replayed else None,
            }
            for name, side in sides.items()
        }
        said = " and ".join(dict.fromkeys(own.values()))
        found = pair.ask_each("train", asked, at(f"{said}, seed {seed}"))
        for name, records in found.items():
            result.records[name].append(records[0])
        if compared:
            result.curves = _compared(arm, found, held, own)
    if both:
        steps, stage = settings.trajectory_steps, at("ladder, float64")
        if stage:
            # The lower rungs report nothing themselves.
            for backend in pair.workers:
                stage(backend, 0, steps)
        if isinstance(spec, TwoSided):
            result.ladder, result.explained = run_and_explain(
                pair, spec, arm.name, steps=steps, progress=stage
            )
        else:
            result.ladder = run_ladder(pair, arm, steps=steps, progress=stage)
    return result


def _nudges(dtype: str) -> tuple[int, ...]:
    return NUDGES if dtype == "float64" else NUDGES_FLOAT32


def _compared(
    arm: Arm | TwoArms,
    found: dict[str, list[Record]],
    held: dict[str, int | None],
    dtypes: dict[str, Dtype],
) -> Trajectory:
    """Compare both frameworks' curves, as far as they are held to a floor."""
    torch, keras = (
        [record.truncated_at(end) for record in found[name]]
        if (end := held[name])
        else found[name]
        for name in ("torch", "keras")
    )
    if isinstance(arm, TwoArms):
        torch, keras = Sides(arm).records(torch, keras)
    units = [UNIT[each] for each in dtypes.values() if each in UNIT]
    unit = max(units, default=None)
    return compare_records(arm.name, torch, keras, unit=unit)


def _held_epochs(arm: Arm, steps: int) -> int | None:
    """Return how long the curves are held to their floor; None for all.

    That ends with an evaluation, and the nudged runs, three to one that is
    shown, end there, too.
    """
    total = arm.recipe.epochs
    every = arm.recipe.evaluate_every or total
    epochs = -(-epochs_of(arm, steps) // every) * every
    return epochs if epochs < total else None
