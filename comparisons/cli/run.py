"""`parity run`: train in both frameworks, judge, and report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framework_parity.common import choices
from framework_parity.common.choices import LessonChoice
from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons import catalogue
from framework_parity.comparisons.cli import flags
from framework_parity.comparisons.cli.output import (
    AGREE,
    STATUS,
    make_folders,
    print_json,
    warn,
)
from framework_parity.comparisons.ladder.thresholds import SEEDS_OF_CLAIMS

if TYPE_CHECKING:
    from framework_parity.comparisons.run.result import TimedResult


def run(
    experiments: Annotated[
        list[str] | None,
        typer.Argument(help="Names of the catalogue, or YAML or JSON files."),
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Run the whole catalogue.")
    ] = False,
    profile: flags.Profile = "quick",
    dataset: flags.Dataset = None,
    lesson: flags.Lesson = None,
    backend: flags.Backend = "both",
    dtype: Annotated[
        choices.Dtype | None,
        typer.Option(
            help="Precision of the curves.",
            show_default="as the recipe says",
        ),
    ] = None,
    device: flags.Device = "cpu",
    seeds: Annotated[
        int, typer.Option(min=1, help="Runs of each arm.")
    ] = SEEDS_OF_CLAIMS,
    randomness: Annotated[
        choices.Randomness,
        typer.Option(
            help="Shared initial weights, each framework's own, or the draws "
            "of PyTorch in both."
        ),
    ] = "shared",
    jobs: Annotated[int, typer.Option(min=1, help="Arms to run at once.")] = 1,
    data_dir: flags.DataDir = None,
    download: flags.Download = False,
    out: Annotated[Path, typer.Option(help="Folder for the reports.")] = Path(
        "parity-out"
    ),
    store: flags.Store = None,
    fresh: flags.Fresh = False,
    timeout: flags.Timeout = None,
    as_json: flags.Json = False,
) -> None:
    """Train in both frameworks, run the ladder, judge, and report."""
    from framework_parity.api.run import run_each
    from framework_parity.common.data.image_cache import image_files
    from framework_parity.comparisons.cli.progress import watching
    from framework_parity.comparisons.run import validation
    from framework_parity.comparisons.run.result import outcome_of_all
    from framework_parity.comparisons.store.store import open_store
    from framework_parity.comparisons.workers.pool import WorkerPool

    backends = ("torch", "keras") if backend == "both" else (backend,)
    if everything:
        versions = _whole_catalogue(experiments, dataset, lesson, profile)
        specs = [
            catalogue.find(v.name, v.dataset, profile, v.lesson)
            for v in versions
        ]
        slugs = [version.slug for version in versions]
    elif experiments:
        specs = [
            catalogue.find(name, dataset, profile, lesson)
            for name in experiments
        ]
        slugs = [spec.name for spec in specs]
    else:
        raise SpecError("experiments", "name at least one, or use --all")
    several = len(specs) > 1
    folders = [out / slug if several else out for slug in slugs]
    make_folders(folders, "run")
    if several:
        validation.folder("--out", out, validation.FILES["overview"])
    for spec in specs:
        warn(spec, f"{spec.name}: " if several else "")
    results = []
    with WorkerPool(
        jobs,
        backends=backends,
        device=device,
        images=image_files(data_dir, download),
        store=open_store(store, fresh),
        timeout=timeout,
    ) as pool:
        for timed in run_each(
            specs,
            folders,
            pool,
            watching,
            profile=profile,
            backends=backends,
            dtype=dtype,
            device=device,
            seeds=seeds,
            randomness=randomness,
            data_dir=data_dir,
            download=download,
        ):
            results.append(timed)
            if not as_json:
                _show(timed)
    if several:
        _write_overview(results, out, show=not as_json)
    if as_json:
        _print_documents(results)
    verdict = outcome_of_all(results)
    # A run of one framework is not judged, so it always succeeds.
    raise typer.Exit(STATUS[verdict] if backend == "both" else AGREE)


def _show(timed: "TimedResult") -> None:
    """Print the result of one experiment."""
    from framework_parity.comparisons.report.run.display import show

    show(timed.result)


def _write_overview(
    results: "list[TimedResult]", out: Path, *, show: bool
) -> None:
    """Write the pages of several experiments, and print their table."""
    from framework_parity.comparisons.report.run import index
    from framework_parity.comparisons.run import validation

    with validation.writing(out):
        page = index.write(results, out)
    if show:
        index.show_all(results, page)


def _print_documents(results: "list[TimedResult]") -> None:
    """Print the results as one JSON document."""
    from framework_parity.comparisons.report.run.document import document
    from framework_parity.comparisons.run.result import outcome_of_all

    documents = [document(timed.result) for timed in results]
    several = {"experiments": documents, "verdict": outcome_of_all(results)}
    print_json(several if len(results) > 1 else documents[0])


def _whole_catalogue(
    experiments: list[str] | None,
    dataset: str | None,
    lesson: LessonChoice | None,
    profile: choices.Profile,
) -> list[catalogue.Variant]:
    """Return every version of every experiment that needs no files."""
    given = {"names": experiments, "--dataset": dataset, "--lesson": lesson}
    for option, value in given.items():
        if value is not None:
            raise SpecError(
                "--all", f"cannot be combined with {option}; use one of them"
            )
    return [
        version
        for name in catalogue.summaries()
        for version in catalogue.variants(name, profile)
    ]
