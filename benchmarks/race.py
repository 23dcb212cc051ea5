"""Time this project's loop and ordinary loops in turn, in one process."""

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

# The loops of similar speed, which need many rounds to compare.
CLOSE = ("ours", "bare")


def main(framework: str, threads: int, rounds: int, slow_rounds: int) -> None:
    """Print the results of all cases in one framework, as JSON.

    Args:
        framework: `torch` or `keras`.
        threads: the number of threads of one operation.
        rounds: the number of timed runs of this project's loop and the bare
            loop, after one to warm up.
        slow_rounds: the same for the other loops; 0 leaves them out.
    """
    engine = importlib.import_module(
        f"framework_parity.{framework}_impl.engine"
    )
    engine.start(threads)
    races = {
        case.name: race(framework, case, rounds, slow_rounds) for case in CASES
    }
    packages = {"torch": ["torch"], "keras": ["keras", "tensorflow"]}
    versions = {name: version(name) for name in packages[framework]}
    print(json.dumps({"versions": versions, "cases": races}))


def race(
    framework: str, case: Case, rounds: int, slow_rounds: int
) -> dict[str, Any]:
    """Time each loop of a case.

    Other work on the machine slows runs that are close in time by the same
    factor, so a ratio is of two runs of the same round. Every other round
    is run in reverse order.

    Args:
        framework: `torch` or `keras`.
        case: the network and its training.
        rounds: see `main`.
        slow_rounds: see `main`.

    Returns:
        For each loop, the times and ratios of `result`.
    """
    module = importlib.import_module(f"benchmarks.{framework}_loops")
    runners = {"ours": ours(framework, case), **module.loops(case)}
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
    """Return this project's training of a case, `common.training.loop`."""
    backend = importlib.import_module(
        f"framework_parity.{framework}_impl.trainer"
    )
    arm = case.arm(framework)
    trainer = backend.Trainer(arm, {"train": case.part()}, "float32")
    trainer.load(loop.initial_weights(arm, 0, "float32"))
    # The ordinary loops do not evaluate at the end.
    trainer.evaluate = lambda _: {"loss": math.nan}
    return lambda: loop.fit(trainer, arm, case.samples, loop.Run(0))


def clocked(run: Callable[[], Any], steps: int) -> tuple[float, float]:
    """Return the seconds per step: wall time, and CPU time of all cores."""
    wall, work = time.perf_counter(), time.process_time()
    run()
    return (
        (time.perf_counter() - wall) / steps,
        (time.process_time() - work) / steps,
    )


def result(
    ours: list[tuple[float, float]], theirs: list[tuple[float, float]]
) -> dict[str, dict[str, float]]:
    """Summarise a loop's seconds per step, and this project's over them.

    Args:
        ours: wall and CPU seconds per step of this project, by round.
        theirs: those of the other loop.
    """
    pairs = list(zip(ours, theirs, strict=False))
    return {
        "seconds": spread(wall for wall, _ in theirs),
        "ratio": spread(a[0] / b[0] for a, b in pairs),
        "cpu_seconds": spread(work for _, work in theirs),
        "cpu_ratio": spread(a[1] / b[1] for a, b in pairs),
    }


def spread(values: Iterable[float]) -> dict[str, float]:
    """Return the minimum, the median and the maximum."""
    numbers = list(values)
    return {
        "min": min(numbers),
        "median": statistics.median(numbers),
        "max": max(numbers),
    }


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
