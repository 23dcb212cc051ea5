"""The loop: epochs, evaluations and early stopping, for any trainer."""

import math
from typing import Any

import numpy as np
import pytest

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.recipe import EarlyStopping
from framework_parity.common.training import loop
from framework_parity.common.training.batches import Segment
from framework_parity.common.training.loop import Patience
from tests.cases import arm

NAN = math.nan


@pytest.mark.parametrize(
    ("values", "rule", "best", "stopped"),
    [
        ([5, 4, 3, 2], {"patience": 1}, 4, None),
        ([5, 4, 4, 3], {"patience": 1}, 2, 3),
        ([5, 6, 7, 8], {"patience": 1}, 1, 2),
        ([5, 4, 3, 4, 4, 4, 4], {"patience": 2}, 3, 5),
        ([5, 6, 4, 6, 3], {"patience": 2}, 5, None),
        ([5, 5, 5, 5], {"patience": 3}, 1, 4),
        ([5, 4.6, 4.3, 4.1], {"patience": 9, "min_delta": 0.5}, 3, None),
        ([5, 4.5, 4, 3.5], {"patience": 2, "min_delta": 0.5}, 3, None),
        ([5, 4.9, 4.8, 4.7], {"patience": 3, "min_delta": 1}, 1, 4),
        ([NAN, NAN, NAN], {"patience": 2}, 0, 2),
        ([5, NAN, 4, NAN, NAN], {"patience": 2}, 3, 5),
        ([math.inf, 5, 6], {"patience": 2}, 2, None),
        ([-math.inf, 5, 6], {"patience": 2}, 1, 3),
        ([5, 6, 7, 8], {"patience": 0}, 1, 2),
        ([NAN, NAN, NAN], {"patience": 1}, 0, 2),
        ([5, 6, 7, 8], {"patience": 0, "counting": "exceeds"}, 1, 2),
        ([5, 6, 7, 8], {"patience": 1, "counting": "exceeds"}, 1, 3),
        ([5, 5, 5, 5], {"patience": 3, "counting": "exceeds"}, 1, None),
        ([1, 5, 4, 6, 6], {"patience": 2, "start_from_epoch": 1}, 3, 5),
        ([5, 4, 3, 2], {"patience": 2, "baseline": 1}, 4, None),
        ([5, 4, 3, 4], {"patience": 2, "baseline": 1}, 3, 4),
        ([5, 4, 3, 4], {"patience": 2, "baseline": 4}, 3, None),
    ],
    ids=str,
)
def test_patience_follows_its_rule(
    values: list[float], rule: Any, best: int, stopped: int | None
) -> None:
    rule = {"counting": "reaches"} | rule
    patience = Patience(EarlyStopping(**rule))
    ended = None
    for epoch, value in enumerate(values, 1):
        patience.improved(epoch, value)
        if patience.spent:
            ended = epoch
            break
    assert (patience.best_epoch, ended) == (best, stopped)


def test_an_accuracy_improves_when_it_rises() -> None:
    rule = EarlyStopping(
        monitor="validation_accuracy", patience=2, counting="reaches"
    )
    patience = Patience(rule)
    values = [0.5, 0.7, 0.6, 0.8]
    improved = [
        patience.improved(n, value) for n, value in enumerate(values, 1)
    ]
    assert improved == [True, True, False, True]


class Scripted:
    """A trainer with predefined losses.

    Its one weight counts the epochs, so that restored weights are recognised.
    """

    def __init__(self, losses: list[float], steps: int) -> None:
        self.losses, self.per_epoch = losses, steps
        self.taken, self.loaded = 0, 0
        self.evaluated: list[str] = []

    @property
    def epoch(self) -> int:
        return self.taken // self.per_epoch

    def steps(self, segment: Segment) -> dict[str, Any]:
        self.taken += len(segment)
        return {"loss": np.zeros(len(segment)), "rate": segment.rates}

    def evaluate(self, part: str) -> dict[str, float]:
        self.evaluated.append(part)
        return {"loss": self.losses[self.epoch - 1]}

    def weights(self) -> dict[str, Any]:
        return {"epoch": np.array([self.loaded or self.epoch])}

    def load(self, weights: dict[str, Any]) -> None:
        self.loaded = int(weights["epoch"][0])

    def predict(self, x: Any) -> Any:
        return x.sum(1)


def example(**recipe: Any) -> Arm:
    plain = arm([{"dense": 3}], **recipe)
    data = plain.data.model_copy(update={"validation": 0.25})
    return Arm(plain.name, plain.layers, data, plain.recipe)


def fit(losses: list[float], **recipe: Any) -> tuple[Scripted, Any]:
    stopped = example(epochs=len(losses), batch_size=36, **recipe)
    samples = stopped.data.part_sizes()["train"]
    assert samples == 36
    # It has only the methods that are used here.
    trainer: Any = Scripted(losses, 1)
    record = loop.fit(trainer, stopped, samples, loop.Run(0))
    return trainer, record


def test_training_stops_early_and_records_the_epoch() -> None:
    _, record = fit([5, 4, 3, 4, 4, 9], early_stopping={"patience": 2})
    assert record.final["epochs"] == 5
    assert record.final["best_epoch"] == 3
    assert record.epochs["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert record.epochs["validation_loss"].tolist() == [5, 4, 3, 4, 4]
    assert record.weights["epoch"] == 5


def test_best_weights_are_restored() -> None:
    rule = {"patience": 2, "restore_best": True}
    _, record = fit([5, 4, 3, 4, 4, 9], early_stopping=rule)
    assert record.weights["epoch"] == 3


def test_best_weights_are_restored_without_early_stop() -> None:
    rule = {"patience": 9, "restore_best": True}
    _, record = fit([5, 3, 4, 4], early_stopping=rule)
    assert record.final["epochs"] == 4
    assert record.weights["epoch"] == 2


def test_nothing_is_restored_if_all_losses_are_nan() -> None:
    rule = {"patience": 2, "restore_best": True}
    trainer, record = fit([NAN, NAN, NAN], early_stopping=rule)
    assert record.final["best_epoch"] == 0
    assert record.weights["epoch"] == 2
    assert trainer.loaded == 0


@pytest.mark.parametrize(
    ("every", "epochs"),
    [(1, [1, 2, 3, 4, 5]), (2, [2, 4, 5]), (5, [5]), (9, [5]), (0, [5])],
)
def test_evaluations_follow_the_recipe(every: int, epochs: list[int]) -> None:
    _, record = fit([1.0] * 5, evaluate_every=every)
    assert record.epochs["epoch"].tolist() == epochs
    assert record.final["epochs"] == 5


def test_test_part_is_evaluated_once_at_the_end() -> None:
    trainer, record = fit([3, 2, 1])
    assert trainer.evaluated.count("test") == 1
    assert trainer.evaluated[-1] == "test"
    assert "test_loss" not in record.epochs
    assert record.final["test_loss"] == 1


def test_record_holds_the_values_of_the_spec() -> None:
    _, record = fit([3, 2, 1])
    assert record.final["parameters"] == 5 * 3 + 3
    assert "best_epoch" not in record.final
    assert record.steps["rate"].tolist() == [0.1] * 3
    assert record.grid is None


def test_progress_counts_all_steps() -> None:
    calls: list[tuple[int, int]] = []
    plain = example(epochs=4, batch_size=10)
    trainer: Any = Scripted([1.0] * 4, 4)
    loop.fit(
        trainer,
        plain,
        36,
        loop.Run(0),
        progress=lambda done, total: calls.append((done, total)),
    )
    assert calls[-1] == (16, 16)
    assert [done for done, _ in calls] == sorted({done for done, _ in calls})


def test_grid_reaches_a_tenth_beyond_the_points() -> None:
    points = loop.grid(np.array([[0.0, 10.0], [1.0, 30.0]]))
    assert points.shape == (101 * 101, 2)
    np.testing.assert_allclose(points.min(0), [-0.1, 8.0])
    np.testing.assert_allclose(points.max(0), [1.1, 32.0])
    assert (np.diff(points[:101, 0]) > 0).all()
    assert (points[:101, 1] == points[0, 1]).all()


def test_the_rates_fall_on_a_plateau_beside_the_schedule() -> None:
    rule = {"patience": 1, "by": 0.5, "threshold": 0.0}
    _, record = fit(
        [5, 4, 4, 4, 3, 3, 9],
        plateau=rule,
        schedule={"step_decay": {"every": 4, "by": 0.1}},
    )
    falls = np.array([1, 1, 1, 0.5, 0.25, 0.25, 0.125])
    decays = np.array([1, 1, 1, 1, 0.1, 0.1, 0.1])
    expected = 0.1 * falls * decays
    np.testing.assert_allclose(record.steps["rate"], expected, rtol=1e-15)


def test_a_checkpoint_ends_with_the_best_weights_and_their_metrics() -> None:
    trainer, record = fit([5, 3, 4, 3, 4], checkpoint="validation_loss")
    assert record.final["epochs"] == 5
    assert record.final["best_epoch"] == 2
    assert record.weights["epoch"] == trainer.loaded == 2


def test_checkpoint_ignores_min_delta() -> None:
    rule = {"patience": 2, "min_delta": 1.0}
    _, record = fit(
        [5, 4.5, 4.2, 3.9, 2],
        early_stopping=rule,
        checkpoint="validation_loss",
    )
    assert record.final["epochs"] == 3
    assert record.final["best_epoch"] == 3
    assert record.weights["epoch"] == 3


def test_epochs_that_are_never_reached_cost_nothing() -> None:
    """Early stopping ends a run that may take a thousand million epochs."""
    stretches = loop._stretches(example(epochs=10**9), 10**9, {2})
    result = [next(stretches) for _ in range(3)]
    assert result == [
        (range(1), True),
        (range(1, 2), True),
        (range(2, 3), True),
    ]
    rare = loop._stretches(example(evaluate_every=4), 10, {3, 4})
    assert list(rare) == [
        (range(3), False),
        (range(3, 4), True),
        (range(4, 8), True),
        (range(8, 10), True),
    ]
