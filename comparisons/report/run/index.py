"""The pages that lead to the reports of several experiments."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from framework_parity.comparisons.ladder.verdict import Outcome, worst
from framework_parity.comparisons.report.render import render
from framework_parity.comparisons.report.run.text import (
    OVERVIEW_COLUMNS,
    claim_rows,
    overview_row,
)
from framework_parity.comparisons.report.table import print_table
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.pool import LABELS

FILES = ("index.html", "catalogue.md")


@dataclass(frozen=True)
class TimedResult:
    """One of the experiments: its result, and the seconds it took in all."""

    result: Result
    seconds: float

    @property
    def row(self) -> tuple[str, ...]:
        """Its row of the table; the columns are `OVERVIEW_COLUMNS`."""
        return overview_row(self.result, self.seconds)


def outcome(results: list[TimedResult]) -> Outcome:
    """Return the outcome of all together: the worst."""
    return worst([each.result.verdict for each in results])


def write(results: list[TimedResult], out: Path) -> Path:
    """Write pages that lead to the reports, and return the first's path.

    `index.html` has a row for each experiment, `catalogue.md` every claim
    with both frameworks' answers, as text.
    """
    content: dict[str, Any] = {
        "columns": OVERVIEW_COLUMNS,
        "labels": LABELS,
        "trained": " and in ".join(
            LABELS[backend] for backend in results[0].result.backends
        ),
        "verdict": outcome(results),
        "settings": results[0].result.settings,
        "experiments": [
            {
                "name": each.result.experiment.name,
                "teaches": each.result.experiment.teaches.split("\n")[0],
                "row": each.row,
                "claims": claim_rows(each.result),
                "report": f"{each.result.experiment.name}/report.html",
            }
            for each in results
        ],
    }
    for name in FILES:
        (out / name).write_text(render(name, **content), "utf-8")
    return out / FILES[0]


def show_all(results: list[TimedResult], page: Path) -> None:
    """Print the table that several experiments end with, and where to read."""
    console = Console()
    print_table(console, OVERVIEW_COLUMNS, [each.row for each in results])
    console.print(Text(f"Reports: {page}"), soft_wrap=True)
