"""All runs of an arm: those that are trained together are in their places."""

from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from framework_parity.common.spec.arm import Arm
from framework_parity.common.training.record import Record
from framework_parity.comparisons.ladder.thresholds import NUDGES
from framework_parity.comparisons.run import training
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.run.training import ArmTraining
from framework_parity.comparisons.workers.worker import (
    LABELS,
    WorkerError,
    WorkerPair,
)
from tests.cases import MLP, arm
from tests.tolerances import TRAINED, assert_close

SMALL = arm(MLP, epochs=3, precision="float64")


def arm_training(
    pair: WorkerPair, each: Arm, seeds: int, **settings: str
) -> ArmTraining:
    chosen = replace(RunSettings(seeds=seeds), **settings)  # type: ignore[arg-type]
    sides = dict.fromkeys(pair.workers, each)
    return ArmTraining(pair, sides, chosen, lambda _: None)


def test_runs_trained_together_are_in_their_places(
    pair: WorkerPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds, compared = arm_training(pair, SMALL, 13).submit().wait()
    monkeypatch.setattr(training, "is_batched", lambda *_: False)
    alone, compared_alone = arm_training(pair, SMALL, 13).submit().wait()
    for name in pair.workers:
        assert len(seeds[name]) == 13
        assert len(compared[name]) == 1 + len(NUDGES)
        assert seeds[name][0] is compared[name][0]
        for runs, expected in (
            (seeds[name], alone[name]),
            (compared[name], compared_alone[name]),
        ):
            for record, other in zip(runs, expected, strict=True):
                assert_close(record.steps, other.steps, TRAINED)
                assert_close(record.weights, other.weights, TRAINED)
        # The run that is judged is the plain one of the framework.
        assert seeds[name][0].digest() == alone[name][0].digest()


@pytest.mark.parametrize(
    ("seeds", "settings", "layers", "expected"),
    [
        (13, {}, MLP, True),
        (12, {}, MLP, False),
        (13, {"randomness": "native"}, MLP, False),
        (13, {"dtype": "bfloat16"}, MLP, False),
        (13, {}, [{"reshape": [5, 1]}, {"lstm": 3}], False),
    ],
    ids=["many", "few", "native", "mixed", "recurrent"],
)
def test_many_runs_are_trained_together(
    seeds: int,
    settings: dict[str, str],
    layers: list[object],
    expected: bool,
    pair: WorkerPair,
) -> None:
    asked = arm_training(pair, arm(layers), seeds, **settings)
    assert asked._is_batched() == expected


class Bare:
    """A worker whose tasks end when they are told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Future[Any]]] = []

    def submit(self, task: str, *_: Any, **given: Any) -> "Future[Any]":
        self.asked.append((f"{task} {given.get('seed', '')}", Future()))
        return self.asked[-1][1]


@pytest.fixture
def bare() -> Any:
    """Two workers that do nothing."""
    return SimpleNamespace(workers={name: Bare() for name in LABELS})


def trained(seed: int) -> list[Record]:
    return [Record({"loss": np.zeros(seed)}, {}, {}, {}, ())]


def test_a_framework_does_not_wait_for_the_other_between_runs(
    bare: Any,
) -> None:
    runs = arm_training(bare, SMALL, 3).submit()
    for worker in bare.workers.values():
        assert [name for name, _ in worker.asked] == [
            *("train 0", "train 1", "train 2")
        ]
    for worker in bare.workers.values():
        for seed, (_, future) in enumerate(worker.asked):
            future.set_result(trained(seed))
    seeds, first = runs.wait()
    for name in LABELS:
        steps = [len(record.steps["loss"]) for record in seeds[name]]
        assert steps == [0, 1, 2]
        assert first[name] == [seeds[name][0]]


def test_a_failed_run_is_the_cause_and_the_others_are_cancelled(
    bare: Any,
) -> None:
    runs = arm_training(bare, SMALL, 3).submit()
    torch, keras = (worker.asked for worker in bare.workers.values())
    torch[0][1].set_exception(WorkerError("the first"))
    with pytest.raises(WorkerError, match="the first"):
        runs.cancel()
    assert all(future.cancelled() for _, future in [*torch[1:], *keras])
