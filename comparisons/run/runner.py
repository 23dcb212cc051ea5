"""The paired run: one experiment in both frameworks, judged."""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any, Literal, get_args

from framework_parity.common.data import image_cache as image_files
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import SpecError, shown
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.arms import TwoArms, sides_of
from framework_parity.common.spec.two_sided.experiment import (
    TwoSided,
    parse_sides,
)
from framework_parity.common.training.loop import Dtype
from framework_parity.common.training.record import Record
from framework_parity.comparisons import catalogue
from framework_parity.comparisons.ladder.ladder import climb, epochs_of
from framework_parity.comparisons.ladder.thresholds import (
    MOST_SEEDS,
    NUDGES,
    NUDGES_FLOAT32,
    SEEDS_OF_CLAIMS,
    UNIT,
)
from framework_parity.comparisons.ladder.trajectory import (
    Trajectory,
    compare_records,
)
from framework_parity.comparisons.ladder.two_sided import Sides
from framework_parity.comparisons.ladder.two_sided_causes import (
    climb_and_explain,
)
from framework_parity.comparisons.run import validation as arguments
from framework_parity.comparisons.run.claim_verdicts import judge
from framework_parity.comparisons.run.replay import demand_replayable, recorded
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.pool import (
    DEVICES,
    PACKAGES,
    Pair,
    Progress,
)

Profile = Literal["quick", "full"]
Randomness = Literal["shared", "native", "replay"]
Watcher = Callable[[str, str, int, int], None]
"""Called with the stage, the backend, the steps done and the steps in all."""

# Arms that workers take before fresh ones take their place: TensorFlow never
# gives back the memory of a graph that it has traced, some 40 MB an arm.
LIFETIME = 40

# How long the float64 trajectory is, in steps.
TRAJECTORY = {"quick": 500, "full": 2000}

# How far the curves are held to their floor, in steps; in float32 most are
# chaotic long before.
HELD = 500


def run(
    experiment: str | Path | dict[str, Any] | Experiment | TwoSided,
    *,
    dataset: str | None = None,
    profile: Profile = "quick",
    backends: Sequence[str] = ("torch", "keras"),
    dtype: Dtype | None = None,
    seeds: int = SEEDS_OF_CLAIMS,
    randomness: Randomness = "shared",
    device: str = "cpu",
    jobs: int = 1,
    data_dir: str | Path | None = None,
    download: bool = False,
    out: str | Path | None = None,
    watch: Watcher | None = None,
    crew: "Crew | None" = None,
) -> Result:
    """Train every arm in both frameworks, climb the ladder, judge.

    Args:
        experiment: a name of the catalogue, a file, what somebody would
            write in one, or an experiment.
        dataset: which of the experiment's data sets; None for its first.
        profile: `quick`, or `full` for the experiment's own numbers and a
            float64 trajectory of 2,000 steps instead of 500.
        backends: the frameworks to run; with one alone nothing is compared.
        dtype: the precision of the curves, where it is not to be that of
            each arm's recipe; the ladder's is float64.
        seeds: how many runs of each arm, under seeds 0, 1, ...
        randomness: start both frameworks from the same numbers (`shared`),
            or each from its own initialisers' (`native`), or play into both
            what PyTorch draws under `replay.seed`, `seed + 1`, ..., data,
            weights, order and masks (`replay`). The ladder always shares.
        device: what both compute on: `cpu`, `cuda`, or for PyTorch alone
            `mps`.
        jobs: how many arms to run at once, each in a pair of its own.
        data_dir: folder with the files of known images; by default what
            PARITY_DATA says, or ~/.cache/framework-parity.
        download: whether each framework may fetch what is missing there.
        out: folder for the report, or None to write nothing.
        watch: called as training goes on.
        crew: workers that serve several runs, instead of new ones; they
            have their own backends, device and jobs.

    Raises:
        SpecError: if the experiment or an argument cannot be meant, or if
            nothing can be written to the folder; before anything is trained.
        WorkerError: if a framework breaks.
    """
    arguments.one_of("profile", profile, TRAJECTORY)
    if dtype is not None:
        arguments.one_of("dtype", dtype, get_args(Dtype))
    arguments.one_of("randomness", randomness, get_args(Randomness))
    arguments.one_of("device", device, DEVICES)
    backends = arguments.some_of("backends", backends, PACKAGES)
    seeds = arguments.whole("seeds", seeds, 1, MOST_SEEDS)
    jobs = arguments.whole("jobs", jobs, 1)
    spec = _meant(experiment, dataset, profile)
    if randomness == "replay":
        demand_replayable(spec)
    if out is not None:
        out = arguments.folder("out", out, arguments.FILES["run"])
    settings = {
        "profile": profile,
        "dtype": dtype or " and ".join(precisions(spec)),
        "seeds": seeds,
        "randomness": randomness,
        "device": device,
        "trajectory_steps": TRAJECTORY[profile],
        "held_steps": min(HELD, TRAJECTORY[profile]),
    }

    def one(pair: Pair, arm: Arm | TwoArms) -> ArmResult:
        return _run_arm(pair, spec, arm, dtype, settings, watch)

    arms = [spec.arm(name) for name in spec.arms]
    with ExitStack() as stack:
        stack.enter_context(image_files.kept_in(data_dir, download))
        for arm in arms:
            for own in sides_of(arm).values():
                own.data.source.demand()
        crew = crew or stack.enter_context(Crew(backends, device, jobs))
        found = crew.spread(one, arms)
        runs = {
            backend: {arm.arm.name: arm.records[backend] for arm in found}
            for backend in backends
        }
        trained = {arm.arm.name: arm.arm for arm in found}
        sides = {
            backend: {arm.arm.name: arm.trained(backend) for arm in found}
            for backend in backends
        }
        claims = [judge(each, runs, trained, sides) for each in spec.claims]
    result = Result(spec, found, claims, settings, data_dir=data_dir)
    if out is not None:
        from framework_parity.comparisons.report.page import write

        with arguments.writing(Path(out)):
            result.report = write(result, Path(out))
    return result


def _meant(
    experiment: Any, dataset: str | None, profile: str
) -> Experiment | TwoSided:
    """Return the experiment that somebody asks for, in any of the ways."""
    if isinstance(experiment, str | Path):
        return catalogue.find(str(experiment), dataset, profile)
    if not isinstance(experiment, Experiment | TwoSided | dict):
        raise SpecError(
            "experiment",
            f"got {shown(experiment)}, expected a name of the catalogue, the "
            "path of a .yaml or .json file, a dict that says what such a "
            "file would, or an Experiment",
        )
    if dataset is not None:
        raise SpecError(
            "dataset", f"got {shown(dataset)}, but the experiment says its own"
        )
    if isinstance(experiment, dict):
        return parse_sides(experiment)
    return experiment


class Crew:
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
        self._idle: SimpleQueue[Pair] = SimpleQueue()
        self.started = self._served = 0

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def spread(
        self,
        one: Callable[[Pair, Arm | TwoArms], ArmResult],
        arms: list[Arm | TwoArms],
    ) -> list[ArmResult]:
        """Run the arms, as many at once as there are jobs, in their order."""
        if self._served >= LIFETIME:
            self._stack.close()
            self._idle, self.started, self._served = SimpleQueue(), 0, 0
        self._served += len(arms)
        while self.started < min(self.jobs, len(arms)):
            pair = Pair(self.backends, device=self.device)
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


def precisions(experiment: Experiment | TwoSided) -> list[str]:
    """Return which precisions the arms are trained in, each once."""
    arms = [
        own
        for name in experiment.arms
        for own in sides_of(experiment.arm(name)).values()
    ]
    return list(dict.fromkeys(arm.recipe.precision for arm in arms))


def _run_arm(
    pair: Pair,
    spec: Experiment | TwoSided,
    arm: Arm | TwoArms,
    dtype: Dtype | None,
    settings: dict[str, Any],
    watch: Watcher | None,
) -> ArmResult:
    def at(stage: str) -> Progress | None:
        return partial(watch, f"{arm.name}: {stage}") if watch else None

    randomness = settings["randomness"]
    native = randomness == "native"
    both = len(pair.workers) == 2
    sides = {name: sides_of(arm)[name] for name in pair.workers}
    own = {
        name: dtype or side.recipe.precision for name, side in sides.items()
    }
    held = {
        name: _held_epochs(side, settings["held_steps"])
        for name, side in sides.items()
    }
    result = ArmResult(
        next(iter(sides.values())), {name: [] for name in pair.workers}
    )
    if isinstance(arm, TwoArms):
        result.sides = sides
    for seed in range(settings["seeds"]):
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
        steps, stage = settings["trajectory_steps"], at("ladder, float64")
        if stage:
            # The lower rungs report nothing themselves.
            for backend in pair.workers:
                stage(backend, 0, steps)
        if isinstance(spec, TwoSided):
            result.climb, result.explained = climb_and_explain(
                pair, spec, arm.name, steps=steps, progress=stage
            )
        else:
            result.climb = climb(pair, arm, steps=steps, progress=stage)
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
        [record.until(end) for record in found[name]]
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
