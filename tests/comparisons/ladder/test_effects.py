"""Paired effects: Student's t by SciPy, and how many seeds decide."""

import math

import numpy as np
import pytest
from scipy import stats

from framework_parity.comparisons.ladder.effects import (
    Effect,
    average,
    paired,
    seeds_needed,
)


@pytest.mark.parametrize("seeds", [2, 3, 5, 20])
def test_an_effect_is_a_paired_t_test(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    after, before = rng.normal(0.4, 1, seeds), rng.normal(0, 1, seeds)
    effect = paired(after, before)
    expected = stats.ttest_rel(after, before)
    assert effect.mean == pytest.approx((after - before).mean())
    assert effect.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    interval = expected.confidence_interval(0.95)
    assert effect.interval == pytest.approx(tuple(interval), rel=1e-9)


def test_a_metric_that_counts_has_the_error_of_its_rounding() -> None:
    """Three equal differences of an accuracy over 100 samples."""
    effect = paired([0.91] * 3, [0.9] * 3, resolution=0.01)
    assert effect.deviation == pytest.approx(0.01 / math.sqrt(6))
    assert 0 < effect.p_value < 0.1
    assert paired([0.91] * 3, [0.9] * 3).p_value == 0.0


def test_the_average_of_two_effects_keeps_the_error_of_rounding() -> None:
    first = paired([0.9] * 2, [0.8] * 2, resolution=0.01)
    both = average(first, first)
    assert both.mean == pytest.approx(0.1)
    assert both.variance_floor == pytest.approx(0.01**2 / 12)


@pytest.mark.parametrize(
    ("differences", "margin", "decision"),
    [
        ((0.30, 0.31, 0.29), 0.02, "shown"),
        ((0.001, -0.001, 0.002), 0.02, "negligible"),
        ((0.1, -0.2, 0.4), 0.02, "undecided"),
        # Shown to differ from 0, and shown not to matter.
        ((0.005, 0.0051, 0.0049), 0.02, "negligible"),
        ((0.005, 0.0051, 0.0049), 0.0, "shown"),
        ((0.0, 0.0, 0.0), 0.02, "negligible"),
        ((math.nan, 0.1, 0.1), 0.02, "undecided"),
        ((0.3,), 0.02, "undecided"),
    ],
)
def test_the_interval_decides(
    differences: tuple[float, ...], margin: float, decision: str
) -> None:
    assert Effect(differences).decision(margin) == decision


@pytest.mark.parametrize(("mean", "needed"), [(1.0, 10), (0.5, 34), (2.0, 5)])
def test_seeds_needed_is_the_power_of_the_t_test(
    mean: float, needed: int
) -> None:
    """Cohen (1988), table 2.3.5: power .8, two-sided .05, one sample."""
    assert seeds_needed(mean, 1.0) == needed


def test_the_seeds_needed_decide_four_times_in_five() -> None:
    rng = np.random.default_rng(0)
    needed = seeds_needed(0.8, 1.0)
    assert needed is not None
    shown = sum(
        Effect(tuple(rng.normal(0.8, 1.0, needed))).p_value < 0.05
        for _ in range(2000)
    )
    assert shown / 2000 == pytest.approx(0.82, abs=0.04)


def test_a_mean_of_zero_is_shown_to_be_negligible() -> None:
    rng = np.random.default_rng(0)
    needed = seeds_needed(0.0, 1.0, margin=0.5)
    assert needed is not None
    shown = sum(
        Effect(tuple(rng.normal(0.0, 1.0, needed))).decision(0.5)
        == "negligible"
        for _ in range(2000)
    )
    assert shown / 2000 == pytest.approx(0.8, abs=0.04)


def test_the_seeds_proposed_are_right_within_a_factor_of_two() -> None:
    """The median, where an effect is not decided; see docs/decisions.md."""
    rng = np.random.default_rng(1)
    for seeds in (5, 8):
        for errors in (1.0, 1.5, 2.0):
            mean = errors / math.sqrt(seeds)
            truth = seeds_needed(mean, 1.0)
            assert truth is not None
            effects = (
                Effect(tuple(rng.normal(mean, 1.0, seeds))) for _ in range(400)
            )
            proposed = [
                effect.seeds_needed() or math.inf
                for effect in effects
                if effect.p_value >= 0.05
            ]
            assert 0.5 <= np.median(proposed) / truth <= 2
