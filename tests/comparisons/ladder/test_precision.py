"""A training below float64 is judged by its own floor and shows faults."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.choices import Dtype
from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.ladder.noise_floor import compare_tensor
from framework_parity.comparisons.ladder.precision import train_in
from framework_parity.comparisons.ladder.thresholds import (
    EPSILON,
    TIMES_FLOOR,
)
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.cases import MLP, arm
from tests.comparisons.faulty import planted
from tests.examples import watched

EXAMPLE = arm(MLP)


def test_a_tensor_in_bfloat16_is_judged_by_its_last_place() -> None:
    """3 %, of the larger, is a unit of 2⁻⁵; in float32 it is no rounding."""
    x = np.array([1.0, -2.0, 3.0], dtype=np.float32)
    perturbed_runs: Any = ([(x, x)], [(x, x)])
    near = x * np.float32(1.03)
    assert compare_tensor(x, near, perturbed_runs).worst()[0] > TIMES_FLOOR
    mixed = compare_tensor(x, near, perturbed_runs, unit=EPSILON["bfloat16"])
    assert mixed.worst()[0] == pytest.approx(0.03 / 1.03 / 2.0**-5, rel=1e-5)
    far = compare_tensor(x, 2 * x, perturbed_runs, unit=EPSILON["bfloat16"])
    assert far.worst()[0] > TIMES_FLOOR


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_sound_frameworks_agree(dtype: Dtype, pair: WorkerPair) -> None:
    trajectory, verdict = train_in(pair, EXAMPLE, dtype)
    assert (verdict.rung, verdict.outcome) == (dtype, "agree")
    assert trajectory.steps == (21, 21)  # seven epochs of three


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("suspect", ["torch", "keras"])
def test_a_planted_fault_is_a_disagreement(
    suspect: str, dtype: Dtype, pair: WorkerPair, faulty: WorkerPair
) -> None:
    with planted("labels_shifted_in_loss", suspect, pair, faulty) as both:
        _, verdict = train_in(both, EXAMPLE, dtype)
    assert verdict.outcome == "disagree"


def test_early_stopping_is_left_out(pair: WorkerPair) -> None:
    """Early stopping would end this training after its second epoch."""
    stopped = watched(
        MLP, early_stopping={"patience": 1, "min_delta": 9.0}, epochs=9
    )
    trajectory, verdict = train_in(pair, stopped, "float32", steps=24)
    assert trajectory.steps == (24, 24)
    assert verdict.outcome == "agree"
    watching = run_ladder(pair, stopped, steps=24).trajectory
    assert watching is not None
    assert max(watching.steps) < 24
