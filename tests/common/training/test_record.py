"""Records: a digest depends on every bit except the duration."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from framework_parity.common.training.record import Record, digest


def record() -> Record:
    return Record(
        steps={"loss": np.array([3.0, 2.0, 1.0])},
        epochs={"epoch": np.array([1.0]), "train_loss": np.array([2.5])},
        final={"test_loss": 2.0},
        weights={"dense_1/kernel": np.array([[1.0, 2.0]])},
        grid=np.array([0.25, 0.5]),
        seconds=1.0,
    )


def just_above(value: Any) -> Any:
    return np.nextafter(value, np.inf)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": {"loss": just_above(np.array([3.0, 2.0, 1.0]))}},
        {"steps": {"loss": np.array([3.0, 2.0])}},
        {"steps": {"loss": np.array([3, 2, 1], np.float32)}},
        {"steps": {"loss": np.array([3.0, 2.0, 1.0]).view(np.int64)}},
        {"steps": {"losses": np.array([3.0, 2.0, 1.0])}},
        {"steps": {}},
        {"epochs": {"epoch": np.array([1.0]), "train_loss": np.array([-2.5])}},
        {"final": {"test_loss": just_above(2.0)}},
        {"final": {"train_loss": 2.0}},
        {"final": {"test_loss": 2.0, "epochs": 1.0}},
        {"weights": {"dense_1/kernel": np.array([[1.0], [2.0]])}},
        {"weights": {"dense_1/kernel": np.array([[2.0, 1.0]])}},
        {"weights": {"dense_2/kernel": np.array([[1.0, 2.0]])}},
        {"grid": None},
        {"grid": np.array([0.25, 0.75])},
    ],
    ids=str,
)
def test_digest_notices_every_change(change: dict[str, Any]) -> None:
    changed = dataclasses.replace(record(), **change)
    assert changed.digest() != record().digest()


def test_digest_does_not_depend_on_the_duration() -> None:
    slower = dataclasses.replace(record(), seconds=99.0)
    assert slower.digest() == record().digest()


def test_digest_does_not_depend_on_the_order_of_names() -> None:
    zeros, ones = np.zeros(2), np.ones(2)
    assert digest({"a": zeros, "b": ones}) == digest({"b": ones, "a": zeros})


def test_digest_depends_on_numbers_but_not_on_their_layout() -> None:
    matrix = np.arange(6.0).reshape(2, 3)
    assert digest({"a": matrix}) == digest({"a": np.asfortranarray(matrix)})
    assert digest({"a": matrix}) != digest({"a": matrix.T})


@pytest.mark.parametrize(
    ("losses", "step"),
    [
        ([3.0, 2.0], None),
        ([3.0, np.nan, 1.0], 1),
        ([np.inf, np.nan], 0),
        ([3.0, -np.inf], 1),
    ],
)
def test_record_knows_the_step_at_which_it_diverged(
    losses: Any, step: int | None
) -> None:
    curves = {"loss": np.array(losses)}
    changed = dataclasses.replace(record(), steps=curves)
    assert changed.diverged_at == step
