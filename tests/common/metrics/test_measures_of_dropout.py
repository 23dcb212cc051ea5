"""Statistics of steps, noise and dropouts have their expected values."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.metrics.registry import STATISTICS, Run
from framework_parity.common.spec.arm import Arm
from framework_parity.common.training.record import Curve, Record
from tests.comparisons.arms import DROPOUT, TANH, arm

DROPPING: Arm = arm(DROPOUT)


def statistic(name: str, **fields: object) -> float:
    """Return a statistic of a record that has these fields."""
    empty: dict[str, Any] = {
        "steps": {},
        "epochs": {},
        "final": {},
        "weights": {},
    }
    record = Record(**(empty | fields))
    return float(STATISTICS[name]((Run(DROPPING, record),), ()))


def test_steps_are_counted() -> None:
    assert statistic("steps", steps={"loss": np.zeros(7)}) == 7.0


def test_gradient_noise_is_the_change_of_the_global_norm() -> None:
    norms = np.array([[90.0, 0.0], [7.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    # Of four steps the last two count: norms of 5 and 10.
    noise = statistic("gradient_noise", steps={"gradient_norm": norms})
    assert noise == 5.0
    norms = np.array([[0.0], [9.0], [1.0], [2.0], [4.0]])
    # The norms from the middle on: 1, 2, 4.
    noise = statistic("gradient_noise", steps={"gradient_norm": norms})
    assert noise == pytest.approx(np.sqrt((1.0 + 4.0) / 2))


def dropped(entered: Curve, left: Curve) -> dict[str, Curve]:
    return {
        "dropped/epoch": np.array([2]),
        "dropped/dropout_1": np.array([[entered, left]]),
    }


ENTERED = np.array([[1.0, -2.0, 3.0, 4.0]])
KEPT = np.array([[1.0, 0.0, 1.0, 1.0]])


def test_a_dropout_that_follows_its_formula_has_no_error() -> None:
    probes = dropped(ENTERED, ENTERED * (KEPT / 0.7))
    assert statistic("dropout_error", probes=probes) == 0.0
    assert statistic("dropout_kept", probes=probes) == 0.75


@pytest.mark.parametrize("factor", [1.0, 0.7, 1 / 0.3])
def test_dropout_with_another_factor_has_an_error(factor: float) -> None:
    probes = dropped(ENTERED, ENTERED * (KEPT * factor))
    error = statistic("dropout_error", probes=probes)
    assert error == pytest.approx(4.0 * abs(factor - 1 / 0.7))


def test_one_unit_in_the_last_place_is_an_error_in_float32() -> None:
    entered = ENTERED.astype(np.float32)
    left = entered * (KEPT / 0.7).astype(np.float32)
    assert left.dtype == np.float32
    assert statistic("dropout_error", probes=dropped(entered, left)) == 0.0
    left[0, 3] = np.nextafter(left[0, 3], np.float32(9))
    assert statistic("dropout_error", probes=dropped(entered, left)) > 0.0


def test_dropout_statistics_need_a_dropout() -> None:
    missing = STATISTICS["dropout_error"].missing_reason
    assert "no probe 'dropped'" in str(missing(DROPPING, ()))
    assert STATISTICS["dropout_kept"].needs[-1](DROPPING) is None
    reason = STATISTICS["dropout_kept"].needs[-1](arm(TANH))
    assert reason == "it has no dropout"
