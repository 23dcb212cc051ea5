"""`python -m tests.coverage`: run every case, and write the page."""

import argparse
import sys
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from framework_parity.common.spec.counted import counted
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.coverage.page import Absences, Page, absent_kinds, held
from tests.coverage.rows import case_jobs, convention_jobs, precision_jobs
from tests.ladder_jobs import (
    LIBRARIES,
    SETUP,
    Job,
    ResultCache,
    run_jobs,
)

PAGE = Path("docs/coverage.md")
CACHE = Path("build/coverage.json")


def main(arguments: list[str] | None = None) -> int:
    """Run what is not cached, write the page, and return the status."""
    options = _parser().parse_args(arguments)
    page = covered(options.cache, options.pairs, options.at_most)
    if page.missing and not options.partial:
        left = counted(len(page.missing), "ladder run")
        _tell(f"{left} still to be done; call again")
        return 1
    text = page.text()
    for fault in page.faults:
        print(fault, file=sys.stderr)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, "utf-8")
    return 1 if page.faults else 0


def covered(cache: Path, pairs: int = 2, at_most: int | None = None) -> Page:
    """Run every case and convention, and train in each precision.

    Args:
        cache: the file of known results; each run adds its own.
        pairs: the number of pairs of workers, which run side by side.
        at_most: the largest number of runs before it stops.
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
    results = run_jobs(
        jobs, ResultCache(cache), pairs=pairs, at_most=at_most, watch=_tell
    )
    return Page(cases, conventions, results, absent, header(), precise)


def first_of_each(jobs: list[Job]) -> list[Job]:
    """Return the jobs in an order that covers new elements first.

    An interrupted call has then covered as many elements as possible.
    """
    left = {
        index: {(each, job.dtype) for each in held(job)}
        for index, job in enumerate(jobs)
    }
    order: list[int] = []
    while left:
        best = max(left, key=lambda index: (len(left[index]), -index))
        new = left.pop(best)
        if not new:
            return [jobs[i] for i in (*order, best, *left)]
        order.append(best)
        left = {index: holds - new for index, holds in left.items()}
    return [jobs[i] for i in order]


def absences() -> Absences:
    """Return what both backends declare absent."""
    with WorkerPair(setup={"torch": SETUP, "keras": SETUP}, threads=1) as pair:
        result: Any = pair.ask("absences")
    return dict(result)


def header() -> str:
    """Return the versions and the threshold that the page rests on."""
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
        help="largest number of ladder runs; the next call does the rest",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
