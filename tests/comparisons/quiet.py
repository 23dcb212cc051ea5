"""Sound pairs of all kinds, for which the ladder must raise no alarm.

`python -m tests.comparisons.quiet` runs the ladder on a thousand of them.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import Phase

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.experiment import Experiment
from framework_parity.comparisons.fuzz.fuzz import round_of_specs
from tests.comparisons.arms import (
    DIGITS,
    DROPOUT,
    IMAGES,
    LINE,
    RELU,
    RESIDUAL,
    TANH,
    arm,
)
from tests.ladder_jobs import (
    Job,
    JobResult,
    ResultCache,
    counted,
    outcome,
    run_jobs,
    sentence,
)

CACHE = Path("build/quiet.json")
COUNT = 1000

# One pair in `LONG` is trained for `LONG_STEPS` steps.
LONG, LONG_STEPS = 10, 300
SHORT_STEPS = (30, 60)

# Of ten pairs, so many are drawn field by field.
DRAWN = 6

NETWORKS: dict[str, tuple[list[Any], str]] = {
    "tanh": (TANH, "spiral"),
    "relu": (RELU, "spiral"),
    "dropout": (DROPOUT, "spiral"),
    "images": (IMAGES, "digits"),
    "residual": (RESIDUAL, "digits"),
    "line": (LINE, "polynomial"),
}
SAMPLES = {"spiral": (30, 400), "digits": (100, 500), "polynomial": (20, 200)}

OPTIMIZERS: tuple[Any, ...] = (
    {"sgd": 0.1},
    {"sgd": {"lr": 0.05, "momentum": 0.9}},
    {"sgd": {"lr": 0.05, "momentum": 0.9, "nesterov": True}},
    {"sgd": {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.01}},
    {"rmsprop": 0.003},
    {"adam": 0.01},
    {"adam": {"lr": 0.003, "amsgrad": True}},
    {"adamw": 0.01},
    {"adagrad": 0.05},
    {"adadelta": 1.0},
    {"adamax": 0.01},
    {"nadam": 0.01},
)
SCHEDULES: tuple[Any, ...] = (
    "constant",
    {"step_decay": {"every": 20, "by": 0.95}},
    {"cosine": 400},
    {"warmup_cosine": {"warmup": 10, "steps": 400}},
)
EXTRAS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"clipping": {"by_global_norm": 1.0}},
    {"penalty": {"l2": 0.001}},
    {"accumulation": {"batches": 2}},
)
BATCHES = (4, 8, 16, 32, 64, "full")


def quiet_jobs(count: int = COUNT) -> list[Job]:
    """Return so many different pairs; the first ones are always the same."""
    rng = np.random.default_rng(7)
    drawn = drawn_arms()
    return [
        Job(
            f"{number:03} {name}",
            network,
            seed=int(rng.integers(1000)),
            steps=steps_of(number, rng),
            threads=int(rng.integers(1, 3)),
        )
        for number in range(count)
        for name, network in [
            ("drawn", next(drawn)) if number % 10 < DRAWN else fixed(rng)
        ]
    ]


def steps_of(number: int, rng: np.random.Generator) -> int:
    """Return how long a pair's trajectory is."""
    low, high = SHORT_STEPS
    short = int(rng.integers(low, high + 1))
    return short if (number // 10 + number) % LONG else LONG_STEPS


def drawn_arms() -> Iterator[Arm]:
    """Yield arms that are drawn field by field, none of them twice."""
    known: set[str] = set()
    number = 5_000_011
    while True:
        specs: list[Experiment] = []
        round_of_specs(number, specs.append, Phase.generate)
        for spec in specs:
            if spec.content_hash not in known:
                known.add(spec.content_hash)
                yield spec.arm("fuzzed")
        number += 1


def fixed(rng: np.random.Generator) -> tuple[str, Arm]:
    """Return one of the networks of `NETWORKS`, in another size."""

    def one_of(things: Any) -> Any:
        return things[int(rng.integers(len(things)))]

    name = one_of(list(NETWORKS))
    layers, source = NETWORKS[name]
    samples = int(rng.integers(*SAMPLES[source]))
    data = {source: {"samples": samples}}
    if source == "digits":
        data |= {k: v for k, v in DIGITS.items() if k != "digits"}
    line = {"loss": "mean_squared_error"} if source == "polynomial" else {}
    return name, arm(
        widened(layers, int(rng.integers(3, 40))),
        data,
        one_of(["torch", "keras"]),
        optimizer=one_of(OPTIMIZERS),
        schedule=one_of(SCHEDULES),
        batch_size=one_of(BATCHES),
        **line,
        **one_of(EXTRAS),
    )


def widened(layers: list[Any], width: int) -> list[Any]:
    """Return a network whose dense layers, but for the last, are so wide."""
    return [
        {"dense": width} if list(layer) == ["dense"] else layer
        for layer in layers[:-1]
    ] + layers[-1:]


def report(jobs: list[Job], records: dict[str, JobResult]) -> list[str]:
    """Return the counts, and a line for each pair that does not agree."""
    known = [(job, records[job.key]) for job in jobs if job.key in records]
    lines = [counted([each for _, each in known])]
    return lines + [
        f"{job.name} (seed {job.seed}, {job.steps} steps, {job.threads} "
        f"threads): {outcome(each)}: {sentence(each)}"
        for job, each in known
        if outcome(each) != "agree"
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run the ladders not run yet; return 1 if any pair disagrees."""
    parser = argparse.ArgumentParser("python -m tests.comparisons.quiet")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--at-most", type=int)
    options = parser.parse_args(arguments)
    jobs = quiet_jobs(options.count)
    records = run_jobs(
        jobs,
        ResultCache(options.cache),
        pairs=options.pairs,
        at_most=options.at_most,
        watch=lambda line: print(line, file=sys.stderr, flush=True),
    )
    print("\n".join(report(jobs, records)))
    return int("disagree" in map(outcome, records.values()))


if __name__ == "__main__":
    sys.exit(main())
