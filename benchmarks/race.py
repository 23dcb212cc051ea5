"""A race: ours and theirs in turn, against the clock, in one process."""

import importlib
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import Any

from benchmarks.cases import CASES, Case
from framework_parity.common.training import loop

# What is close to each other, and so needs many rounds to tell apart.
CLOSE = ("ours", "bare")


def main(framework: str, threads: int, rounds: int, slow_rounds: int) -> None:
    """Print the races of all cases in one framework, as JSON.

    Args:
        framework: `torch` or `keras`.
        threads: how many it may use for one operation.
        rounds: how often each loop runs, after once to warm up.
        slow_rounds: how often a notebook's loop does; 0 leaves it out.
    """
    engine = importlib.import_module(f"{framework}_impl.engine")
    engine.start(threads)
    found = {
        case.name: race(framework, case, rounds, slow_rounds) for case in CASES
    }
    packages = {"torch": ["torch"], "keras": ["keras", "tensorflow"]}
    versions = {name: version(name) for name in packages[framework]}
    print(json.dumps({"versions": versions, "cases": found}))


def race(
    framework: str, case: Case, rounds: int, slow_rounds: int
) -> dict[str, Any]:
    """Return what a step of each loop takes, and ours over theirs.

    Other work on the machine slows neighbours in time alike, so ours is
    divided by what ran in the same round; every other round runs backwards.
    """
    theirs = importlib.import_module(f"benchmarks.{framework}_loops")
    runners = {"ours": ours(framework, case), **theirs.loops(case)}
    times = {n: rounds if n in CLOSE else slow_rounds for n in runners}
    for name, run in runners.items():
        if times[name]:
            run()
    taken: dict[str, list[tuple[float, float]]] = {n: [] for n in runners}
    for number in range(rounds):
        names = [name for name in runners if number < times[name]]
        for name in names if number % 2 else reversed(names):
            taken[name].append(clocked(runners[name], case.steps))
    return {n: result(taken["ours"], taken[n]) for n in runners if taken[n]}


def ours(framework: str, case: Case) -> Callable[[], Any]:
    """Return our training of a case, as `common.training.loop` does it."""
    backend = importlib.import_module(
        f"framework_parity.{framework}_impl.trainer"
    )
    arm = case.arm(framework)
    trainer = backend.Trainer(arm, {"train": case.part()}, "float32")
    trainer.load(loop.initial_weights(arm, 0, "float32"))
    # No loop that one writes by hand evaluates at the end.
    trainer.evaluate = lambda _: {"loss": math.nan}
    return lambda: loop.fit(trainer, arm, 0, case.samples)


def clocked(run: Callable[[], Any], steps: int) -> tuple[float, float]:
    """Return a step's seconds: on the wall, and of all cores' work."""
    wall, work = time.perf_counter(), time.process_time()
    run()
    return (
        (time.perf_counter() - wall) / steps,
        (time.process_time() - work) / steps,
    )


def result(
    ours: list[tuple[float, float]], theirs: list[tuple[float, float]]
) -> dict[str, dict[str, float]]:
    """Return seconds a step, and ours over theirs, round by round."""
    pairs = list(zip(ours, theirs, strict=False))
    return {
        "seconds": spread(wall for wall, _ in theirs),
        "ratio": spread(a[0] / b[0] for a, b in pairs),
        "cpu_seconds": spread(work for _, work in theirs),
        "cpu_ratio": spread(a[1] / b[1] for a, b in pairs),
    }


def spread(values: Iterable[float]) -> dict[str, float]:
    """Return the least, the median and the greatest."""
    found = list(values)
    return {
        "min": min(found),
        "median": statistics.median(found),
        "max": max(found),
    }


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
