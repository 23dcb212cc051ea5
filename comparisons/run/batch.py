"""Several experiments in one go, and the pages that lead to their reports."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.experiment import TwoSided
from framework_parity.comparisons.ladder.verdict import Outcome, worst
from framework_parity.comparisons.report.page import render
from framework_parity.comparisons.report.text import (
    OVERVIEW_COLUMNS,
    claim_rows,
    overview_row,
)
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.run.runner import Crew, Watcher, run
from framework_parity.comparisons.workers.pool import LABELS

FILES = ("index.html", "catalogue.md")


@dataclass(frozen=True)
class Ran:
    """One of the experiments: its result, and the seconds it took in all."""

    result: Result
    seconds: float

    @property
    def row(self) -> tuple[str, ...]:
        """Its row of the table; the columns are `OVERVIEW_COLUMNS`."""
        return overview_row(self.result, self.seconds)


def run_each(
    specs: list[Experiment | TwoSided],
    folders: list[Path],
    crew: Crew,
    watching: Callable[[str], AbstractContextManager[Watcher]],
    **settings: Any,
) -> Iterator[Ran]:
    """Run experiments one after another, on workers that stay.

    Args:
        specs: the experiments.
        folders: for the report of each.
        crew: the workers.
        watching: given a name, what shows how far it is.
        settings: as `comparisons.run` takes them.
    """
    for spec, folder in zip(specs, folders, strict=True):
        start = time.perf_counter()
        with watching(spec.name) as watch:
            result = run(spec, **settings, out=folder, watch=watch, crew=crew)
        yield Ran(result, time.perf_counter() - start)


def outcome(ran: list[Ran]) -> Outcome:
    """Return the outcome of all together: the worst."""
    return worst([each.result.verdict for each in ran])


def write(ran: list[Ran], out: Path) -> Path:
    """Write pages that lead to the reports, and return the first's path.

    `index.html` has a row for each experiment, `catalogue.md` every claim
    with both frameworks' answers, as text.
    """
    content: dict[str, Any] = {
        "columns": OVERVIEW_COLUMNS,
        "labels": LABELS,
        "trained": " and in ".join(
            LABELS[backend] for backend in ran[0].result.backends
        ),
        "verdict": outcome(ran),
        "settings": ran[0].result.settings,
        "experiments": [
            {
                "name": each.result.experiment.name,
                "teaches": each.result.experiment.teaches.split("\n")[0],
                "row": each.row,
                "claims": claim_rows(each.result),
                "report": f"{each.result.experiment.name}/report.html",
            }
            for each in ran
        ],
    }
    for name in FILES:
        (out / name).write_text(render(name, **content), "utf-8")
    return out / FILES[0]
