"""Overview pages of several experiments, with links to their reports."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from framework_parity.comparisons.report.render import render
from framework_parity.comparisons.report.run.text import (
    OVERVIEW_COLUMNS,
    claim_rows,
    overview_row,
)
from framework_parity.comparisons.report.table import print_table
from framework_parity.comparisons.run.result import TimedResult, outcome_of_all
from framework_parity.comparisons.run.validation import FILES
from framework_parity.comparisons.workers.worker import LABELS


def write(results: list[TimedResult], out: Path) -> Path:
    """Write overview pages with links to the reports.

    `index.html` has a row for each experiment, `catalogue.md` every claim
    with both frameworks' answers, as text.

    Args:
        results: at least one; all have the same settings.
        out: the folder, which must exist.

    Returns:
        The path of `index.html`.
    """
    content: dict[str, Any] = {
        "columns": OVERVIEW_COLUMNS,
        "labels": LABELS,
        "trained": " and in ".join(
            LABELS[backend] for backend in results[0].result.backends
        ),
        "verdict": outcome_of_all(results),
        "settings": results[0].result.settings,
        "experiments": [
            {
                "name": timed.name,
                "teaches": timed.result.experiment.teaches.split("\n")[0],
                "row": overview_row(timed.result, timed.name, timed.seconds),
                "claims": claim_rows(timed.result),
                "report": f"{timed.name}/report.html",
            }
            for timed in results
        ],
    }
    names = FILES["overview"]
    for name in names:
        (out / name).write_text(render(name, **content), "utf-8")
    return out / names[0]


def show_all(results: list[TimedResult], page: Path) -> None:
    """Print the table of several experiments and the path of the overview.

    Args:
        results: one for each row.
        page: path of the overview, which `write` returned.
    """
    console = Console()
    rows = [
        overview_row(timed.result, timed.name, timed.seconds)
        for timed in results
    ]
    print_table(console, OVERVIEW_COLUMNS, rows)
    console.print(Text(f"Reports: {page}"), soft_wrap=True)
