"""Train in both frameworks, beside what a person would write instead."""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from framework_parity.comparisons.workers.worker import ENVIRONMENT, LABELS

# By number of threads: the rounds of this project's loop and the bare loop,
# and the rounds of the loops usual in notebooks.
ROUNDS = {1: (5, 2), 2: (3, 0)}
QUICK_ROUNDS = {1: (3, 1)}


def main() -> None:
    """Run the benchmarks of both frameworks, and write and print them."""
    parser = argparse.ArgumentParser("python -m benchmarks", None, __doc__)
    parser.add_argument("--out", type=Path, help="the JSON file to write")
    parser.add_argument("--repeats", type=int, help="rounds of each race")
    parser.add_argument("--quick", action="store_true", help="fewer races")
    arguments = parser.parse_args()
    rounds = QUICK_ROUNDS if arguments.quick else ROUNDS
    races = [
        raced(framework, threads, arguments.repeats or many, few)
        for threads, (many, few) in rounds.items()
        for framework in LABELS
    ]
    machine = {
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }
    if arguments.out:
        text = json.dumps({"machine": machine, "races": races}, indent=1)
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(text + "\n")
    for race in races:
        Console().print(table(race))


def raced(framework: str, threads: int, *rounds: int) -> dict[str, Any]:
    """Run the benchmarks of one framework in a process of its own.

    Args:
        framework: `torch` or `keras`.
        threads: the number of threads of one operation.
        *rounds: the numbers of rounds; see `benchmarks.race.main`.

    Returns:
        The versions, and the results by case; see `benchmarks.race.race`.
    """
    print(f"{LABELS[framework]}, threads: {threads}", file=sys.stderr)
    load = os.getloadavg()[0]
    numbers = map(str, (threads, *rounds))
    child = subprocess.run(
        [sys.executable, "-m", "benchmarks.race", framework, *numbers],
        stdout=subprocess.PIPE,
        env=os.environ | ENVIRONMENT,
        check=True,
    )
    about = {"framework": framework, "threads": threads, "load_before": load}
    return about | json.loads(child.stdout.splitlines()[-1])


def table(race: dict[str, Any]) -> Table:
    """Return the results of one framework as a table for the terminal."""
    versions = ", ".join(f"{k} {v}" for k, v in race["versions"].items())
    load = f"load before: {race['load_before']:.1f}"
    shown = Table(
        *("case", "against", "ours", "theirs", "ours/theirs", "CPU time"),
        title=f"µs a step: {versions}, threads: {race['threads']}, {load}",
        caption="ratios: median, least..greatest",
        box=box.SIMPLE,
    )
    for case, results in race["cases"].items():
        project, *others = results.items()
        for name, result in others:
            shown.add_row(
                *(case, name),
                *(microseconds(value) for value in (project[1], result)),
                *(ratio(result[kind]) for kind in ("ratio", "cpu_ratio")),
            )
    return shown


def microseconds(result: dict[str, dict[str, float]]) -> str:
    """Format the median time of a step."""
    return f"{result['seconds']['median'] * 1e6:.0f}"


def ratio(spread: dict[str, float]) -> str:
    """Format a ratio with its range."""
    return "{median:.2f}  {min:.2f}..{max:.2f}".format(**spread)


if __name__ == "__main__":
    main()
