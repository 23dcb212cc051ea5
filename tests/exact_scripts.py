"""Exact scripts of the whole catalogue against the runs that they repeat.

`python -m tests.exact_scripts` makes the script of every arm in both
frameworks, runs it without this project, and compares its validation curves
and final metrics with those of the framework's own run, in float64. What
differs by more than ten times the difference that perturbed weights make is
listed, and the exit status is 1.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from framework_parity.common.codegen.scripts.script import Script
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.two_sided.arms import sides_of
from framework_parity.common.training.record import Record
from framework_parity.comparisons import catalogue
from framework_parity.comparisons.ladder.thresholds import (
    FLOOR_ULPS,
    NUDGES,
    TIMES_FLOOR,
)
from framework_parity.comparisons.run.scripts import plain_options
from framework_parity.comparisons.workers.worker import (
    PACKAGES,
    Worker,
)
from tests.backends.running_scripts import COARSE, CURVES, run_alone

Outcome: TypeAlias = Literal[
    "identical", "agree", "schedule in float32", "refused", "differ"
]

# Scripts that run in one process, after one worker has made them.
TOGETHER = 12

# A comment of the scripts whose schedules are not exact.
ROUNDED = "Keras computes schedules in float32"


@dataclass(frozen=True)
class Entry:
    """One arm of the catalogue in one framework."""

    name: str
    spec: Any
    arm: Arm
    framework: str


def entries(framework: str) -> Iterator[Entry]:
    """Yield each arm of each version of the catalogue."""
    for name in catalogue.summaries():
        for version in catalogue.variants(name):
            spec = catalogue.find(
                name, version.dataset, "quick", version.lesson
            )
            for arm in spec.arms:
                side = sides_of(spec.arm(arm))[framework]
                yield Entry(f"{version.slug}/{arm}", spec, side, framework)


def results(
    group: Sequence[Entry],
) -> list[tuple[Entry, Outcome, str]]:
    """Train, make the scripts, run them, and compare."""
    framework = group[0].framework
    trained: dict[str, list[Record]] = {}
    scripts: dict[str, Script] = {}
    refused: dict[str, str] = {}
    with closing(Worker(framework, threads=1)) as worker:
        for entry in group:
            options = plain_options(entry.spec, entry.arm, "float64")
            future = worker.submit(
                "script",
                arm=entry.arm,
                options=replace(options, exact=True),
            )
            try:
                scripts[entry.name] = future.result()
            except SpecError as error:
                refused[entry.name] = str(error)
        for entry in group:
            if entry.name in scripts:
                future = worker.submit(
                    "train",
                    arm=entry.arm,
                    seed=0,
                    dtype="float64",
                    nudges=NUDGES,
                )
                trained[entry.name] = future.result()
    with tempfile.TemporaryDirectory() as folder:
        places = {Path(folder, str(n)): s for n, s in enumerate(scripts)}
        ran = run_alone(framework, {f: scripts[s] for f, s in places.items()})
        said = {places[f]: results for f, results in ran.items()}
    return [
        (entry, "refused", refused[entry.name])
        if entry.name in refused
        else (
            entry,
            *compared(
                said[entry.name],
                trained[entry.name],
                ROUNDED in scripts[entry.name].python,
            ),
        )
        for entry in group
    ]


def compared(
    said: Any, records: list[Record], rounded: bool
) -> tuple[Outcome, str]:
    """Return whether a script repeats a run, and by how much it does not.

    Args:
        said: the curves and the final metrics of the script, or the error.
        records: the run, and its perturbed runs.
        rounded: whether a comment of the script says that Keras computes
            its schedule in float32.
    """
    if isinstance(said, str):
        return "differ", said.strip().splitlines()[-1]
    curves, final = said
    pairs: dict[str, tuple[Any, list[Any]]] = {
        metric: (value, [record.final[metric] for record in records])
        for metric, value in final.items()
    }
    for curve, own in CURVES.items():
        if curve in curves and not (
            curve == "val_loss" and "val_data_loss" in curves
        ):
            runs = [record.epochs[own] for record in records]
            pairs[curve] = (curves[curve], runs)
    if not pairs:
        return "differ", "nothing to compare"
    worst, where, same = 0.0, "", True
    for name, (value, (run, *perturbed)) in pairs.items():
        if np.shape(value) != np.shape(run):
            return "differ", f"{name}: {np.shape(value)} and {np.shape(run)}"
        off = np.abs(np.asarray(value) - run)
        floor = np.max([np.abs(np.asarray(p) - run) for p in perturbed], 0)
        floor = np.maximum.accumulate(np.atleast_1d(floor))
        size = np.maximum(np.abs(run), np.abs(value))
        floor = floor + FLOOR_ULPS * np.finfo(float).eps * size
        times = float(np.nanmax(np.atleast_1d(off) / floor, initial=0.0))
        same = same and np.array_equal(value, run, equal_nan=True)
        if times > worst:
            worst, where = times, name
    note = f"{where}: {worst:.2g} x floor" if where else ""
    if same:
        return "identical", ""
    if worst <= TIMES_FLOOR:
        return "agree", note
    coarse = all(
        np.allclose(value, run, COARSE, equal_nan=True)
        for value, (run, *_) in pairs.values()
    )
    if coarse and rounded:
        return "schedule in float32", note
    return "differ", note


def main() -> int:
    """Run all groups, two at a time, and list what is not repeated."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="part of an arm's name")
    only = parser.parse_args().only
    groups = []
    for framework in PACKAGES:
        chosen = [e for e in entries(framework) if only in e.name]
        groups += [
            chosen[start : start + TOGETHER]
            for start in range(0, len(chosen), TOGETHER)
        ]
    counts: Counter[tuple[str, str]] = Counter()
    with ThreadPoolExecutor(2) as threads:
        for group in threads.map(results, groups):
            for entry, outcome, note in group:
                counts[entry.framework, outcome] += 1
                print(
                    f"{entry.framework} {entry.name}: {outcome} {note}",
                    flush=True,
                )
    for (framework, which), number in sorted(counts.items()):
        print(f"{framework}: {number} {which}")
    return int(any(which == "differ" for _, which in counts))


if __name__ == "__main__":
    sys.exit(main())
