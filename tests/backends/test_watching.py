"""Early stopping and plateaus against the frameworks' own callbacks."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.spec.recipe import (
    Counting,
    EarlyStopping,
    Monitor,
    Plateau,
)
from framework_parity.common.training.loop import Patience, Reduction
from framework_parity.comparisons.workers.worker import WorkerPair

RUNS = range(60)


def curve(rng: np.random.Generator, epochs: int = 40) -> list[float]:
    """Return losses that fall on average, fluctuate, and sometimes tie."""
    path = 3 + np.cumsum(rng.normal(-0.02, 0.15, epochs))
    values = np.round(path, 2).tolist()
    if rng.random() < 0.2:
        values[int(rng.integers(1, epochs))] = float("nan")
    return values


def plateau_of(rng: np.random.Generator, backend: str) -> dict[str, Any]:
    """Return the arguments of the framework, and those of this project."""
    patience, cooldown = (int(n) for n in rng.integers(0, 4, 2))
    shared: dict[str, Any] = {
        "patience": patience,
        "cooldown": cooldown,
        "min_lr": float(rng.choice([0.0, 0.05])),
    }
    threshold = float(rng.choice([0.001, 0.055]))
    by = float(rng.choice([0.1, 0.5]))
    if backend == "torch":
        mode = str(rng.choice(["relative", "absolute"]))
        least = float(rng.choice([1e-8, 0.08]))
        theirs: dict[str, Any] = {
            "threshold": threshold,
            "threshold_mode": mode[:3],
        }
        theirs |= {"eps": least}
        ours: dict[str, Any] = {
            "counting": "exceeds",
            "last_cooldown": "ignored",
        }
        ours |= {"threshold_mode": mode, "least_change": least}
    else:
        theirs = {"min_delta": threshold}
        ours = {"counting": "reaches", "last_cooldown": "counted"}
        ours |= {"threshold_mode": "absolute", "least_change": 0.0}
    return {
        "theirs": shared | theirs | {"factor": by},
        "ours": shared | ours | {"by": by, "threshold": threshold},
    }


@pytest.mark.parametrize("monitor", ["validation_loss", "validation_accuracy"])
@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_plateau_equals_the_frameworks_reduce_lr_on_plateau(
    backend: str, monitor: Monitor, pair: WorkerPair
) -> None:
    rng = np.random.default_rng(0)
    rising = monitor.endswith("accuracy")
    reduced = 0
    for _ in RUNS:
        values = [-v + 9 if rising else v for v in curve(rng)]
        arguments = plateau_of(rng, backend)
        future = pair.workers[backend].submit(
            "live_plateau",
            values=values,
            lr=1.0,
            mode="max" if rising else "min",
            **arguments["theirs"],
        )
        rule = Reduction(Plateau(monitor=monitor, **arguments["ours"]), 1.0)
        rates = []
        for value in values:
            rule.take(value)
            rates.append(rule.rate)
        np.testing.assert_allclose(rates, future.result(), rtol=1e-15)
        reduced += len(set(rates)) > 2
    assert reduced > len(RUNS) / 3


@pytest.mark.parametrize("monitor", ["validation_loss", "validation_accuracy"])
def test_early_stopping_equals_keras_early_stopping(
    monitor: Monitor, pair: WorkerPair
) -> None:
    rng = np.random.default_rng(0)
    rising = monitor.endswith("accuracy")
    stopped = 0
    for _ in RUNS:
        values = [-v if rising else v for v in curve(rng)]
        baseline = [None, -2.9 if rising else 2.9][int(rng.integers(2))]
        shared: dict[str, Any] = {
            "patience": int(rng.integers(0, 5)),
            "min_delta": float(rng.choice([0.0, 0.055])),
            "start_from_epoch": int(rng.integers(0, 4)),
            "baseline": baseline,
        }
        future = pair.workers["keras"].submit(
            "live_stopping",
            values=values,
            mode="max" if rising else "min",
            **shared,
        )
        rule = EarlyStopping(monitor=monitor, counting="reaches", **shared)
        patience, ended = Patience(rule), None
        for epoch, value in enumerate(values, 1):
            patience.improved(epoch, value)
            if patience.spent:
                ended = epoch
                break
        assert (ended, patience.best_epoch) == future.result()
        stopped += ended is not None
    assert stopped > len(RUNS) / 3


def test_exceeds_equals_reaches_with_one_more_epoch_of_patience() -> None:
    rng = np.random.default_rng(0)
    for _ in RUNS:
        values, patience = curve(rng), int(rng.integers(0, 5))
        ends = []
        rules: list[tuple[Counting, int]] = [
            ("exceeds", patience),
            ("reaches", patience + 1),
        ]
        for counting, n in rules:
            rule = Patience(EarlyStopping(patience=n, counting=counting))
            spent = []
            for epoch, value in enumerate(values, 1):
                rule.improved(epoch, value)
                spent.append(rule.spent)
            ends.append(spent.index(True) if any(spent) else None)
        assert ends[0] == ends[1]
