"""The kill matrix: every fault, the rung that catches it, its diagnosis.

    python -m tests.kill_matrix --out docs/kill_matrix.md --only adam

plants one fault at a time into one framework, runs the ladder and asks for
the causes. With `--only` the matrix holds those faults alone.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from framework_parity.comparisons.ladder.diagnosis import diagnose
from framework_parity.comparisons.ladder.ladder import RUNGS, run_ladder
from framework_parity.comparisons.workers.pool import LABELS, WorkerPair
from tests.planted import UNSEEN, Planted, everything

# Enough steps for the rate to change and for several last batches.
STEPS = 60

# TensorFlow never frees all memory of a network that it has traced.
FAULTS_A_PAIR = 20

# The share of misread conventions that have to be named.
NAMED = 57 / 60


@dataclass(frozen=True)
class Kill:
    """The result for one fault.

    Attributes:
        planted: the fault.
        rung: the rung that caught it; None if none did.
        where: the location that the verdict named.
        causes: the conventions that were named, with the framework.
        seconds: how long it took.
    """

    planted: Planted
    rung: str | None
    where: str | None
    causes: tuple[tuple[str, str], ...]
    seconds: float

    @property
    def caught(self) -> bool:
        """Whether a rung disagreed."""
        return self.rung is not None

    @property
    def slugs(self) -> tuple[str, ...]:
        """The conventions that were named, each once."""
        return tuple(dict.fromkeys(name for name, _ in self.causes))

    @property
    def named(self) -> bool:
        """Whether the true convention is among those named."""
        return self.planted.cause in self.slugs

    @property
    def alone(self) -> bool:
        """Whether only the true convention and framework are named."""
        return self.causes == ((self.planted.cause, self.planted.suspect),)


class Bench:
    """A sound and a faulty worker of each framework.

    Unless they are passed in, it starts its own, and restarts them after a
    number of faults; `close` ends them.
    """

    def __init__(
        self, given: tuple[WorkerPair, WorkerPair] | None = None
    ) -> None:
        self.used, self.owned = 0, given is None
        self.sound, self.faulty = given or self._fresh()

    def _fresh(self) -> tuple[WorkerPair, WorkerPair]:
        install = dict.fromkeys(LABELS, "tests.faults:install")
        return WorkerPair(threads=1), WorkerPair(setup=install, threads=1)

    def close(self) -> None:
        """End the workers."""
        for pair in (self.sound, self.faulty):
            pair.__exit__(None, None, None)

    def kill(self, planted: Planted) -> Kill:
        """Plant one fault, run the ladder, and ask for the causes."""
        if self.owned and self.used == FAULTS_A_PAIR:
            self.close()
            self.used, (self.sound, self.faulty) = 0, self._fresh()
        self.used += 1
        start = time.perf_counter()
        faulty = self.faulty.workers[planted.suspect]
        faulty.submit("plant", name=planted.name).result()
        pair = WorkerPair(backends=())
        pair.workers = self.sound.workers | {planted.suspect: faulty}
        pair.workers = {name: pair.workers[name] for name in LABELS}
        ladder = run_ladder(
            pair,
            planted.arm,
            steps=STEPS,
            level="initial",
            dtype=planted.dtype,
        )
        last = ladder.verdicts[-1]
        outcomes = [verdict.outcome for verdict in ladder.verdicts]
        caught = outcomes[-1] == "disagree"
        causes = []
        if caught:
            causes = diagnose(pair, ladder, steps=STEPS, dtype=planted.dtype)
        return Kill(
            planted,
            last.rung if caught else None,
            last.where if caught else None,
            tuple((c.convention.name, c.framework) for c in causes),
            time.perf_counter() - start,
        )


def kills(planted: list[Planted], jobs: int = 1) -> Iterator[Kill]:
    """Plant one fault after another, `jobs` of them at once."""
    idle: SimpleQueue[Bench] = SimpleQueue()
    benches = [Bench() for _ in range(jobs)]
    for bench in benches:
        idle.put(bench)

    def kill(fault: Planted) -> Kill:
        bench = idle.get()
        try:
            return bench.kill(fault)
        finally:
            idle.put(bench)

    try:
        yield from ThreadPoolExecutor(jobs).map(kill, planted)
    finally:
        for bench in benches:
            bench.close()


@dataclass(frozen=True)
class Counts:
    """The matrix in numbers."""

    planted: int
    caught: int
    misread: int
    named: int
    alone: int

    @property
    def enough(self) -> bool:
        """Whether all faults are caught, and enough of them named."""
        return (
            self.caught == self.planted and self.named >= NAMED * self.misread
        )


def count(results: list[Kill]) -> Counts:
    """Count the faults that were caught, and those that were named."""
    misread = [kill for kill in results if kill.planted.cause]
    return Counts(
        planted=len(results),
        caught=sum(kill.caught for kill in results),
        misread=len(misread),
        named=sum(kill.named for kill in misread),
        alone=sum(kill.alone for kill in misread),
    )


HEAD = """# Kill matrix

Generated by `make kill-matrix`; do not edit.

Each fault is planted into one framework, and the ladder is run with a
trajectory of {steps} steps. A *misread convention* makes a framework use its
own default for one field, whatever the specification has: there is one fault
for each row of `common/spec/conventions.py` and each framework. The other
faults are written by hand (`tests/faults.py`); most of them correspond to no
convention, so that no cause can be named. ● marks the rung that caught the
fault; the column *named* has the conventions that restore agreement.

{counts}
"""


def document(results: list[Kill]) -> str:
    """Return the matrix as Markdown."""
    misread = [kill for kill in results if kill.planted.cause]
    by_hand = [kill for kill in results if not kill.planted.cause]
    parts = [HEAD.format(steps=STEPS, counts="\n".join(_counts(results)))]
    for title, kills in (
        ("Misread conventions", misread),
        ("Faults written by hand", by_hand),
    ):
        if kills:
            parts += [f"## {title}\n", *_table(kills), ""]
    parts += ["## Not planted\n"]
    parts += [f"- `{name}`: {why}." for name, why in UNSEEN.items()]
    return "\n".join(parts) + "\n"


def _counts(results: list[Kill]) -> Iterator[str]:
    counted = count(results)
    yield f"- planted: {counted.planted}, caught: {counted.caught}"
    yield (
        f"- misread conventions: {counted.misread}, named: {counted.named}, "
        f"of which alone and in the right framework: {counted.alone}"
    )
    rungs = Counter(kill.rung for kill in results)
    per_rung = ", ".join(f"{r} {rungs[r]}" for r in RUNGS if rungs[r])
    yield f"- caught on: {per_rung}"
    for kill in results:
        if not kill.caught:
            yield (
                f"- **not caught**: `{kill.planted.title}` in "
                + (LABELS[kill.planted.suspect])
            )


def _table(results: list[Kill]) -> Iterator[str]:
    rungs = RUNGS[: RUNGS.index("initial") + 1]
    yield f"| fault | in | {' | '.join(rungs)} | where | named |"
    yield "|---|---|" + ":-:|" * len(rungs) + "---|---|"
    for kill in results:
        marks = " | ".join("●" if r == kill.rung else " " for r in rungs)
        where = f"`{kill.where}`" if kill.where else ""
        yield (
            f"| `{kill.planted.title}` | {LABELS[kill.planted.suspect]} | "
            f"{marks} | {where} | {_named(kill)} |"
        )


def _named(kill: Kill) -> str:
    if kill.alone:
        return "✓"
    if not kill.causes:
        return "**nothing**" if kill.planted.cause else ""
    names = ", ".join(f"`{n}` in {LABELS[side]}" for n, side in kill.causes)
    return f"✓ among {names}" if kill.named else names


def main(arguments: list[str] | None = None) -> int:
    """Plant the faults, print each result, and write the matrix."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="file to write")
    parser.add_argument(
        "--only", nargs="*", default=[""], help="parts of faults' names"
    )
    parser.add_argument("--jobs", type=int, default=2, help="pairs at once")
    chosen = parser.parse_args(arguments)
    wanted = [
        fault
        for fault in everything()
        if any(part in fault.id for part in chosen.only)
    ]
    results = []
    for kill in kills(wanted, chosen.jobs):
        results.append(kill)
        print(_line(len(results), len(wanted), kill), flush=True)
    print("\n".join(_counts(results)))
    if chosen.out:
        chosen.out.write_text(document(results), "utf-8")
    return 0 if count(results).enough else 1


def _line(done: int, total: int, kill: Kill) -> str:
    causes: Iterable[str] = (f"{name} in {side}" for name, side in kill.causes)
    return (
        f"{done:4}/{total} {kill.seconds:5.1f} s  {kill.planted.title} in "
        f"{kill.planted.suspect}: {kill.rung or 'NOT CAUGHT'}, "
        f"{', '.join(causes) or 'nothing named'}"
    )


if __name__ == "__main__":
    sys.exit(main())
