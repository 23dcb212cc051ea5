"""`python -m tests.coverage`: climb with everything, and write the page."""

import argparse
import sys
from itertools import chain
from pathlib import Path
from typing import Any

from framework_parity.common.spec.counted import counted
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.workers.pool import WorkerPair
from tests.climbs import (
    LIBRARIES,
    SETUP,
    Job,
    Memory,
    climb_all,
    version,
)
from tests.coverage.page import Absences, Page, absent_kinds, held
from tests.coverage.rows import case_jobs, convention_jobs, precision_jobs

PAGE = Path("docs/coverage.md")
CACHE = Path("build/coverage.json")


def main(arguments: list[str] | None = None) -> int:
    """Climb with what is not known, write the page, return the status."""
    asked = _parser().parse_args(arguments)
    page = covered(asked.cache, asked.pairs, asked.at_most)
    if page.missing and not asked.partial:
        left = counted(len(page.missing), "run_ladder")
        _tell(f"{left} still to be done; call again")
        return 1
    text = page.text()
    for fault in page.faults:
        print(fault, file=sys.stderr)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(text, "utf-8")
    return 1 if page.faults else 0


def covered(cache: Path, pairs: int = 2, at_most: int | None = None) -> Page:
    """Climb with every case and convention, and train in each precision.

    Args:
        cache: what is known already; it grows as climbs are done.
        pairs: of workers, that climb side by side.
        at_most: how many climbs before it stops.
    """
    cases, conventions = case_jobs(), convention_jobs()
    precise = precision_jobs()
    absent = absences()
    gone = absent_kinds(absent)
    jobs = [
        job
        for job in first_of_each(
            [*conventions.values(), *cases, *chain(*precise.values())]
        )
        if not held(job) & gone
    ]
    found = climb_all(
        jobs, Memory(cache), pairs=pairs, at_most=at_most, watch=_tell
    )
    return Page(cases, conventions, found, absent, header(), precise)


def first_of_each(jobs: list[Job]) -> list[Job]:
    """Return the jobs, those first that hold most that is not held before.

    What is interrupted has then seen as many words as it can have.
    """
    left = {
        index: {(each, job.dtype) for each in held(job)}
        for index, job in enumerate(jobs)
    }
    order = []
    while left:
        best = max(left, key=lambda index: (len(left[index]), -index))
        new = left.pop(best)
        if not new:
            return [jobs[i] for i in (*order, best, *left)]
        order.append(best)
        left = {index: holds - new for index, holds in left.items()}
    return [jobs[i] for i in order]


def absences() -> Absences:
    """Ask both backends for what they say to be absent."""
    with WorkerPair(setup={"torch": SETUP, "keras": SETUP}, threads=1) as pair:
        found: Any = pair.ask("absences")
    return dict(found)


def header() -> str:
    """Say what the page rests on."""
    used = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"With {used}; agreement is up to {TIMES_FLOOR:g} × the floor."


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.coverage")
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument(
        "--partial",
        action="store_true",
        help="write the page from what is known, and list what was not run",
    )
    parser.add_argument(
        "--at-most",
        type=int,
        help="climbs to do now; the next call goes on from there",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
