"""Train an experiment in both frameworks, and compare the runs."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from framework_parity.api.experiment import find_experiment
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.experiment import (
    TwoSided,
)
from framework_parity.common.training.loop import Dtype
from framework_parity.comparisons.ladder.thresholds import (
    SEEDS_OF_CLAIMS,
)
from framework_parity.comparisons.report.run import page
from framework_parity.comparisons.report.run.display import DisplayedResult
from framework_parity.comparisons.report.run.index import TimedResult
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.run.replay import demand_replayable
from framework_parity.comparisons.run.runner import (
    Watcher,
    WorkerPool,
    run_experiment,
)
from framework_parity.comparisons.run.settings import (
    Profile,
    Randomness,
    RunSettings,
)


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
    pool: WorkerPool | None = None,
) -> DisplayedResult:
    """Train every arm in both frameworks, run the ladder, and judge claims.

    Args:
        experiment: a name of the catalogue, a file, what one would write in
            one, or an experiment.
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
        watch: called as training goes on, with the stage, the backend, the
            steps done and the steps in all.
        pool: workers that serve several runs, instead of new ones; they
            have their own backends, device and jobs.

    Returns:
        The result, which displays itself in a notebook.

    Raises:
        SpecError: if the experiment or an argument is invalid, or if nothing
            can be written to the folder; before anything is trained.
        WorkerError: if a framework breaks.
    """
    settings = RunSettings(
        profile=profile,
        backends=backends,
        dtype=dtype,
        seeds=seeds,
        randomness=randomness,
        device=device,
        jobs=jobs,
        data_dir=data_dir,
        download=download,
    )
    spec = find_experiment(experiment, dataset, profile)
    if settings.randomness == "replay":
        demand_replayable(spec)
    if out is not None:
        out = validation.folder("out", out, validation.FILES["run"])
    with ExitStack() as stack:
        pool = pool or stack.enter_context(WorkerPool.of(settings))
        result = DisplayedResult.of(
            run_experiment(spec, settings, pool, watch)
        )
    if out is not None:
        with validation.writing(Path(out)):
            result.report = page.write(result, Path(out))
    return result


def run_each(
    specs: Sequence[Experiment | TwoSided],
    folders: Sequence[Path],
    pool: WorkerPool,
    watching: Callable[[str], AbstractContextManager[Watcher]],
    **settings: Any,
) -> Iterator[TimedResult]:
    """Run experiments one after another, on workers that stay.

    Args:
        specs: the experiments.
        folders: for the report of each.
        pool: the workers.
        watching: given a name, what shows how far it is.
        settings: as `run` takes them.
    """
    for spec, folder in zip(specs, folders, strict=True):
        start = time.perf_counter()
        with watching(spec.name) as watch:
            result = run(spec, **settings, out=folder, watch=watch, pool=pool)
        yield TimedResult(result, time.perf_counter() - start)
