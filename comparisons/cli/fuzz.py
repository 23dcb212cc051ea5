"""`parity fuzz`: run the ladder on random specifications."""

from pathlib import Path
from typing import Annotated

import typer

from framework_parity.comparisons.cli import flags
from framework_parity.comparisons.cli.output import (
    STATUS,
    make_folders,
    print_json,
)


def fuzz(
    *,
    count: Annotated[
        int, typer.Option(min=1, help="How many different specifications.")
    ] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    steps: Annotated[
        int, typer.Option(min=1, help="Length of each trajectory.")
    ] = 20,
    jobs: Annotated[
        int, typer.Option(min=1, help="Pairs of workers at once.")
    ] = 2,
    out: Annotated[
        Path, typer.Option(help="Folder for the specifications that fail.")
    ] = Path("parity-fuzz"),
    timeout: flags.Timeout = None,
    as_json: flags.Json = False,
) -> None:
    """Run the ladder on random specifications; shrink those that fail."""
    from framework_parity.comparisons.cli.progress import counting
    from framework_parity.comparisons.fuzz import fuzz as fuzzing
    from framework_parity.comparisons.report.fuzz import show_fuzzed
    from framework_parity.comparisons.run import validation

    make_folders([out], "fuzz")
    with validation.writing(out), counting("fuzz") as watch:
        result = fuzzing.fuzz(
            count,
            seed,
            steps=steps,
            jobs=jobs,
            out=out,
            watch=watch,
            timeout=timeout,
        )
    if as_json:
        print_json(result.as_json())
    else:
        show_fuzzed(result)
    raise typer.Exit(STATUS[result.verdict])
