"""Schedules: the rate's factor over the steps."""

import math

import pytest

from framework_parity.common.spec.schedules import (
    ConstantRate,
    Cosine,
    StepDecay,
)


@pytest.mark.parametrize("step", [0, 1, 10**9])
def test_constant_stays_one(step: int) -> None:
    assert ConstantRate().factor(step) == 1.0


@pytest.mark.parametrize(
    ("step", "factor"), [(0, 1.0), (9, 1.0), (10, 0.1), (19, 0.1), (20, 0.01)]
)
def test_step_decay_falls_after_every_so_many_steps(
    step: int, factor: float
) -> None:
    result = StepDecay(every=10, by=0.1).factor(step)
    assert result == pytest.approx(factor, rel=1e-15)


def test_step_decay_does_not_rise() -> None:
    with pytest.raises(ValueError, match="less than or equal to 1"):
        StepDecay(every=1, by=2.0)


@pytest.mark.parametrize(
    ("step", "factor"),
    [
        (0, 1.0),
        (25, 0.1 + 0.9 * (1 + math.sqrt(0.5)) / 2),
        (50, 0.55),
        (100, 0.1),
        (101, 0.1),
        (10**6, 0.1),
    ],
)
def test_cosine_falls_to_its_end_and_stays(step: int, factor: float) -> None:
    result = Cosine(steps=100, final=0.1, past_end="stays").factor(step)
    assert result == pytest.approx(factor, rel=1e-14)


def test_a_cosine_that_stays_never_rises() -> None:
    cosine = Cosine(steps=37, past_end="stays")
    factors = [cosine.factor(step) for step in range(60)]
    assert factors == sorted(factors, reverse=True)
    assert factors[37] == 0.0
