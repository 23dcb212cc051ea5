"""The paired run: one experiment in both frameworks, judged."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal, get_args

from common import image_files
from common.arm import Arm
from common.errors import SpecError, shown
from common.experiment import Experiment
from common.load import parse
from common.loop import Dtype
from comparisons import arguments, catalogue
from comparisons.claims import judge
from comparisons.judge import (
    compare_records,
)
from comparisons.ladder import climb
from comparisons.result import ArmResult, Result
from comparisons.tolerances import (
    NUDGES,
    NUDGES_FLOAT32,
    SEEDS_OF_CLAIMS,
    UNIT,
)
from comparisons.workers import DEVICES, PACKAGES, Pair, Progress

Profile = Literal["quick", "full"]
Watcher = Callable[[str, str, int, int], None]
"""Called with the stage, the backend, the steps done and the steps in all."""

# How long the float64 trajectory is, in steps.
TRAJECTORY = {"quick": 500, "full": 2000}


def run(
    experiment: str | Path | dict[str, Any] | Experiment,
    *,
    dataset: str | None = None,
    profile: Profile = "quick",
    backends: Sequence[str] = ("torch", "keras"),
    dtype: Dtype | None = None,
    seeds: int = SEEDS_OF_CLAIMS,
    randomness: Literal["shared", "native"] = "shared",
    device: str = "cpu",
    jobs: int = 1,
    data_dir: str | Path | None = None,
    download: bool = False,
    out: str | Path | None = None,
    watch: Watcher | None = None,
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
            or each from its own initialisers' (`native`). The ladder always
            shares.
        device: what both compute on: `cpu`, `cuda`, or for PyTorch alone
            `mps`.
        jobs: how many arms to run at once, each in a pair of its own.
        data_dir: folder with the files of known images; by default what
            PARITY_DATA says, or ~/.cache/framework-parity.
        download: whether each framework may fetch what is missing there.
        out: folder for the report, or None to write nothing.
        watch: called as training goes on.

    Raises:
        SpecError: if the experiment or an argument cannot be meant, or if
            nothing can be written to the folder; before anything is trained.
        WorkerError: if a framework breaks.
    """
    arguments.one_of("profile", profile, TRAJECTORY)
    if dtype is not None:
        arguments.one_of("dtype", dtype, get_args(Dtype))
    arguments.one_of("randomness", randomness, ["shared", "native"])
    arguments.one_of("device", device, DEVICES)
    backends = arguments.some_of("backends", backends, PACKAGES)
    seeds = arguments.whole("seeds", seeds, 1)
    jobs = arguments.whole("jobs", jobs, 1)
    experiment = _meant(experiment, dataset, profile)
    if out is not None:
        out = arguments.folder("out", out, arguments.FILES["run"])
    settings = {
        "profile": profile,
        "dtype": dtype or " and ".join(precisions(experiment)),
        "seeds": seeds,
        "randomness": randomness,
        "device": device,
        "trajectory_steps": TRAJECTORY[profile],
    }

    def one(pair: Pair, arm: Arm) -> ArmResult:
        own = dtype or arm.recipe.precision
        return _run_arm(pair, arm, own, settings, watch)

    arms = [experiment.arm(name) for name in experiment.arms]
    with image_files.kept_in(data_dir, download):
        for arm in arms:
            arm.data.source.demand()
        found = _spread(one, arms, backends, device, min(jobs, len(arms)))
    runs = {
        backend: {arm.arm.name: arm.records[backend] for arm in found}
        for backend in backends
    }
    trained = {arm.name: arm for arm in arms}
    claims = [judge(claim, runs, trained) for claim in experiment.claims]
    result = Result(experiment, found, claims, settings)
    if out is not None:
        from comparisons.report import write

        with arguments.writing(Path(out)):
            result.report = write(result, Path(out))
    return result


def _meant(experiment: Any, dataset: str | None, profile: str) -> Experiment:
    """Return the experiment that somebody asks for, in any of the ways."""
    if isinstance(experiment, str | Path):
        return catalogue.find(str(experiment), dataset, profile)
    if not isinstance(experiment, Experiment | dict):
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
    return parse(experiment) if isinstance(experiment, dict) else experiment


def _spread(
    one: Callable[[Pair, Arm], ArmResult],
    arms: list[Arm],
    backends: tuple[str, ...],
    device: str,
    jobs: int,
) -> list[ArmResult]:
    """Run the arms, as many at once as there are jobs, in their order."""
    with ExitStack() as stack:
        idle: SimpleQueue[Pair] = SimpleQueue()
        for _ in range(jobs):
            idle.put(stack.enter_context(Pair(backends, device=device)))

        def next_idle(arm: Arm) -> ArmResult:
            pair = idle.get()
            try:
                return one(pair, arm)
            finally:
                idle.put(pair)

        return list(ThreadPoolExecutor(jobs).map(next_idle, arms))


def precisions(experiment: Experiment) -> list[str]:
    """Return which precisions the arms are trained in, each once."""
    arms = map(experiment.arm, experiment.arms)
    return list(dict.fromkeys(arm.recipe.precision for arm in arms))


def _run_arm(
    pair: Pair,
    arm: Arm,
    dtype: Dtype,
    settings: dict[str, Any],
    watch: Watcher | None,
) -> ArmResult:
    def at(stage: str) -> Progress | None:
        return partial(watch, f"{arm.name}: {stage}") if watch else None

    shared = settings["randomness"] == "shared"
    both = len(pair.workers) == 2
    nudges = NUDGES if dtype == "float64" else NUDGES_FLOAT32
    result = ArmResult(arm, {name: [] for name in pair.workers})
    for seed in range(settings["seeds"]):
        compared = seed == 0 and both and shared
        found = pair.ask(
            "train",
            at(f"{dtype}, seed {seed}"),
            arm=arm,
            seed=seed,
            dtype=dtype,
            nudges=nudges if compared else (),
            native=not shared,
        )
        for name, records in found.items():
            result.records[name].append(records[0])
        if compared:
            result.curves = compare_records(
                arm.name,
                found["torch"],
                found["keras"],
                unit=UNIT.get(dtype),
            )
    if both:
        result.climb = climb(
            pair,
            arm,
            steps=settings["trajectory_steps"],
            progress=at("ladder, float64"),
        )
    return result
