"""`parity audit`: measure the effect of each default of a naive port."""

from pathlib import Path
from typing import Annotated

import typer

from framework_parity.comparisons import catalogue
from framework_parity.comparisons.cli import flags
from framework_parity.comparisons.cli.output import (
    STATUS,
    make_folders,
    print_json,
    warn,
)
from framework_parity.comparisons.ladder.thresholds import SEEDS_OF_AUDITS


def audit(
    experiment: Annotated[
        str, typer.Argument(help="A name of the catalogue, or a file.")
    ],
    *,
    profile: flags.Profile = "quick",
    dataset: flags.Dataset = None,
    lesson: flags.Lesson = None,
    arm: Annotated[
        str | None,
        typer.Option(
            help="Arm to audit.",
            show_default="the one with the most unspecified defaults",
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=2, help="Runs of each mix of defaults.")
    ] = SEEDS_OF_AUDITS,
    defaults: Annotated[
        bool,
        typer.Option(
            help="Use each framework's defaults in its port; otherwise "
            "the ports differ only in two-sided values.",
        ),
    ] = True,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, help="Runs at once.", show_default="one for each core"
        ),
    ] = None,
    data_dir: flags.DataDir = None,
    download: flags.Download = False,
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path(
        "parity-out"
    ),
    store: flags.Store = None,
    fresh: flags.Fresh = False,
    timeout: flags.Timeout = None,
    as_json: flags.Json = False,
) -> None:
    """Measure the effect of each default of a naive port."""
    from framework_parity import audit as measure
    from framework_parity.comparisons.cli.progress import watching
    from framework_parity.comparisons.report.audit.document import document
    from framework_parity.comparisons.report.audit.terminal import show_audit

    spec = catalogue.find(experiment, dataset, profile, lesson)
    make_folders([out], "audit")
    warn(spec, only=arm)
    with watching("audit", "done") as watch:
        result = measure(
            experiment,
            dataset=dataset,
            lesson=lesson,
            profile=profile,
            arm=arm,
            seeds=seeds,
            jobs=jobs,
            data_dir=data_dir,
            download=download,
            store=store,
            fresh=fresh,
            timeout=timeout,
            out=out,
            watch=watch,
            defaults=defaults,
        )
    if as_json:
        print_json(document(result))
    else:
        show_audit(result)
    raise typer.Exit(STATUS[result.verdict])
