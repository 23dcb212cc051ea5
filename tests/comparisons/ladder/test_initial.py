"""The rung of initial weights: sound draws pass, wrong ones are named."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.conventions import CONVENTIONS, Convention
from framework_parity.common.training.loop import initial_weights
from framework_parity.common.training.record import Tensors
from framework_parity.comparisons.ladder.initial_weights import (
    TESTS,
    draws,
    examine,
    judge_draws,
)
from framework_parity.comparisons.ladder.interventions import (
    starts_elsewhere,
    switched,
)
from framework_parity.comparisons.ladder.thresholds import ALPHA_INITIAL
from framework_parity.comparisons.workers.worker import LABELS, WorkerPair
from tests.cases import arm
from tests.comparisons.arms import DIGITS, RESIDUAL
from tests.comparisons.arms import arm as judged
from tests.examples import example

LEVEL = ALPHA_INITIAL / TESTS

DRAWN = [
    row
    for row in CONVENTIONS
    if (other := switched(example(row, row.torch), row, row.keras))
    and starts_elsewhere(example(row, row.torch), other)
]


def as_common_draws(arm: Arm, count: int, first: int = 0) -> list[Tensors]:
    """Return float32 weights as NumPy draws them, under seeds of its own."""
    seeds = range(1000 + first, 1000 + first + count)
    return [initial_weights(arm, seed, "float32") for seed in seeds]


def enough(arm: Arm) -> int:
    """Return seeds for 1,500 values of a kernel of 300, or of a few."""
    return 5 if any(np.prod(s) >= 300 for s in arm.tensors.values()) else 40


def test_every_convention_of_initialisers_is_among_those_drawn() -> None:
    names = {row.name for row in DRAWN}
    drawn = {
        row.name
        for row in CONVENTIONS
        if "initializer" in row.field and row.torch != row.keras
    }
    assert drawn < names
    assert {"prelu_initial", "depthwise_conv2d_fan_in"} < names
    assert "adam_epsilon" not in names


@pytest.mark.parametrize("side", list(LABELS))
@pytest.mark.parametrize("row", DRAWN, ids=lambda row: row.name)
def test_each_initial_convention_is_told_from_the_other(
    row: Convention, side: str
) -> None:
    mine = example(row, getattr(row, side))
    other = example(row, row.keras if side == "torch" else row.torch)
    weights = {side: as_common_draws(mine, enough(mine))}
    assert judge_draws(mine, weights).agrees
    verdict = judge_draws(other, weights)
    assert verdict.outcome == "disagree"
    assert verdict.suspect == side
    assert str(verdict.where) in verdict.sentence
    assert LABELS[side] in verdict.sentence


@pytest.mark.parametrize("count", [15, 300, 3000])
def test_sound_draws_have_small_p_as_rarely_as_expected(count: int) -> None:
    """Seven tests, each of which errs in one case of a hundred."""
    rng = np.random.default_rng(0)
    p = [
        examine(rng.normal(size=count), rng.normal(size=10 * count)).p
        for _ in range(400)
    ]
    assert np.mean(np.array(p) < 0.01) < 0.01 * TESTS + 3 * 0.013
    assert min(p) > 1e-5


def test_a_truncated_normal_is_told_by_its_tails() -> None:
    rng = np.random.default_rng(0)
    whole = rng.normal(size=30_000)
    cut = whole[abs(whole) < 2] / 0.88
    assert examine(whole[:1500], cut).p < LEVEL
    assert examine(cut[:1500], whole).p < LEVEL


@pytest.mark.parametrize("wrong", [1e-7, np.nan, 1.0])
def test_a_constant_must_match_exactly(wrong: float) -> None:
    values: np.ndarray = np.zeros(9, np.float32)
    assert examine(values, np.zeros(90)).p == 1.0
    values[3] = wrong
    assert examine(values, np.zeros(90)).p == 0.0


def test_a_constant_is_compared_in_the_precision_of_the_weights() -> None:
    assert examine(np.full(4, 0.1, np.float32), np.full(9, 0.1)).p == 1.0


def test_nan_in_the_weights_is_a_difference() -> None:
    values = np.array([0.1, np.nan, 0.2])
    assert examine(values, np.random.default_rng(0).normal(size=30)).p == 0.0


INITIALIZERS: list[Any] = [
    "ones",
    {"constant": 0.1},
    {"normal": 0.2},
    {"truncated_normal": {"stddev": 1.5, "bounds": "absolute"}},
    "he_uniform",
    {"lecun_normal": {"truncated": True}},
    {"orthogonal": 1.5},
]
NETWORKS = {
    **{
        str(spec): arm(
            [
                {"dense": {"units": 8, "kernel_initializer": spec}},
                {"prelu": {"slopes": "per_number"}},
                {"dense": {"units": 3, "bias_initializer": "fan_in_uniform"}},
            ],
            (40,),
        )
        for spec in INITIALIZERS
    },
    "residual": judged(RESIDUAL, DIGITS),
}
FAST = ("he_uniform",)
"""Of the others, the distributions are tested in `tests.backends`."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in FAST else pytest.mark.slow)
        for name in NETWORKS
    ],
)
def test_both_frameworks_draw_as_the_spec_says(
    pair: WorkerPair, name: str
) -> None:
    network = replace(NETWORKS[name])
    weights = draws(pair, network)
    verdict = judge_draws(network, weights)
    assert verdict.agrees, verdict.sentence
    first, second = (each[0] for each in weights.values())
    drawn = [n for n, v in first.items() if np.ptp(v) > 0]
    # No two seeds and no two frameworks draw the same numbers.
    for tensor in drawn:
        assert not np.array_equal(first[tensor], second[tensor])
        assert not np.array_equal(first[tensor], weights["torch"][1][tensor])
