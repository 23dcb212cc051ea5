"""Train an experiment in both frameworks, and compare the runs."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework_parity.api.experiment import find_experiment
from framework_parity.common.choices import (
    Dtype,
    LessonChoice,
    Profile,
    Randomness,
)
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.experiment import TwoSided
from framework_parity.comparisons.ladder.thresholds import SEEDS_OF_CLAIMS
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.run.planned import (
    Outlook,
    planned_steps,
)
from framework_parity.comparisons.run.replay import demand_replayable
from framework_parity.comparisons.run.result import TimedResult
from framework_parity.comparisons.run.runner import run_experiment
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.store.store import open_store
from framework_parity.comparisons.workers.pool import WorkerPool
from framework_parity.comparisons.workers.worker import Watcher

if TYPE_CHECKING:
    from framework_parity.comparisons.report.run.display import DisplayedResult


def run(
    experiment: str | Path | dict[str, Any] | Experiment | TwoSided,
    *,
    dataset: str | None = None,
    lesson: LessonChoice | None = None,
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
    store: str | Path | None = None,
    fresh: bool = False,
    timeout: float | None = None,
) -> "DisplayedResult":
    """Train every arm in both frameworks, run the ladder, and judge claims.

    Args:
        experiment: a name of the catalogue, the path of a file, a
            dictionary with the contents of such a file, or an experiment.
        dataset: one of the experiment's data sets; None for the default.
        lesson: the lesson whose numbers the experiment has, or `own` for the
            project's own version; None for the first in the full profile,
            and for the project's own in the quick profile.
        profile: `quick`, or `full` for the experiment's own numbers and a
            float64 trajectory of 2,000 steps instead of 200.
        backends: the frameworks to run; with a single one nothing is
            compared.
        dtype: the precision of the curves; None for that of each arm's
            recipe. The ladder always uses float64.
        seeds: number of runs of each arm, under seeds 0, 1, ...
        randomness: `shared` starts both frameworks from the same weights,
            `native` each from those of its own initialisers, and `replay`
            uses in both the data, weights, order and masks that PyTorch
            draws under `replay.seed`, `seed + 1`, ... The ladder always
            uses `shared`.
        device: the device of both frameworks: `cpu`, `cuda`, or for PyTorch
            alone `mps`.
        jobs: number of arms that run at the same time, each in its own pair
            of workers.
        data_dir: folder with the files of the image data sets; by default
            that of PARITY_DATA, or ~/.cache/framework-parity.
        download: whether each framework may download missing files.
        out: folder for the report, or None to write nothing.
        watch: called with the stage, the backend, the steps done and the
            total.
        pool: workers that serve several runs, instead of new ones; the
            backends, the device, the number of jobs, the folder of image
            data sets, the store and the timeout are those of the pool.
        store: folder of finished runs, which are not computed again, also
            after an interruption; None for that of PARITY_STORE, or
            ~/.cache/framework-parity/runs, and `off` for none.
        fresh: whether stored runs are computed again, and replaced.
        timeout: seconds without progress after which a framework is
            stopped; None for no limit.

    Returns:
        The result, which displays itself in a notebook.

    Raises:
        SpecError: if the experiment or an argument is invalid, or if the
            folder cannot be written to, before training starts; or if a
            stored run is damaged.
        WorkerError: if a framework fails.
    """
    if timeout is not None:
        validation.positive("timeout", timeout)
    settings = _settings(
        pool,
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
    spec = find_experiment(experiment, dataset, profile, lesson)
    with ExitStack() as stack:
        pool = pool or stack.enter_context(
            WorkerPool(
                settings.jobs,
                backends=tuple(settings.backends),
                device=settings.device,
                images=settings.images,
                store=open_store(store, fresh),
                timeout=timeout,
            )
        )
        return _train(spec, settings, pool, out, watch)()


def _settings(pool: WorkerPool | None, **settings: Any) -> RunSettings:
    """Return the settings; image data sets are where the pool reads them."""
    if settings.get("data_dir") is None and pool is not None:
        settings["data_dir"] = pool.images.folder
    return RunSettings(**settings)


def _train(
    spec: Experiment | TwoSided,
    settings: RunSettings,
    pool: WorkerPool,
    out: str | Path | None,
    watch: Watcher | None,
) -> "Callable[[], DisplayedResult]":
    """Train an experiment; return a function that writes its report."""
    if settings.randomness == "replay":
        demand_replayable(spec)
    folder = None
    if out is not None:
        folder = Path(validation.folder("out", out, validation.FILES["run"]))
    measured = run_experiment(spec, settings, pool, watch)

    def report() -> "DisplayedResult":
        # The report is imported when there is a result to show.
        from framework_parity.comparisons.report.run import page
        from framework_parity.comparisons.report.run.display import (
            DisplayedResult,
        )

        result = DisplayedResult.of(measured)
        if folder is not None:
            with validation.writing(folder):
                result.report = page.write(result, folder)
        return result

    return report


def run_each(
    specs: Sequence[Experiment | TwoSided],
    folders: Sequence[Path],
    pool: WorkerPool,
    watching: Callable[[str], AbstractContextManager[Watcher]],
    **settings: Any,
) -> Iterator[TimedResult]:
    """Run experiments one after another, on the same workers.

    The report of an experiment is written while the next one trains.

    Args:
        specs: the experiments.
        folders: folder for the report of each experiment.
        pool: the workers.
        watching: returns for the title of an experiment a context manager
            with its progress callback.
        settings: keyword arguments of `RunSettings`.

    Yields:
        The result and the duration of each experiment.

    Raises:
        SpecError: if an experiment or an argument is invalid.
        WorkerError: if a framework fails.
    """
    chosen = _settings(pool, **settings)

    def timed(report: "Callable[[], DisplayedResult]", begun: float) -> Any:
        trained = time.perf_counter() - begun
        begun = time.perf_counter()
        result = report()
        return TimedResult(result, trained + time.perf_counter() - begun)

    with ThreadPoolExecutor(1, "report") as thread:
        written: Future[TimedResult] | None = None
        several = len(specs) > 1
        outlook = Outlook(
            [planned_steps(spec, chosen) if several else 0 for spec in specs]
        )
        for place, (spec, folder) in enumerate(
            zip(specs, folders, strict=True)
        ):
            begun = time.perf_counter()
            try:
                title = outlook.title(spec.name, place)
                with watching(title) as watch:
                    report = _train(spec, chosen, pool, folder, watch)
            except Exception:
                if written is not None:
                    yield written.result()
                raise
            if written is not None:
                yield written.result()
            written = thread.submit(timed, report, begun)
        if written is not None:
            yield written.result()
