"""Two runs that diverge alike agree up to there; made by hand."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from framework_parity.common.training.record import (
    DIVERGED_LOSS,
    Curve,
    Record,
    loss_divergence_step,
)
from framework_parity.comparisons.ladder.divergence import (
    Divergence,
)
from framework_parity.comparisons.ladder.thresholds import (
    FEWEST_STEPS,
    HORIZON,
)
from framework_parity.comparisons.ladder.trajectory import (
    Trajectory,
    compare_records,
)
from framework_parity.comparisons.report.run.text import headline, summary_rows
from tests.comparisons.ladder.test_judge import (
    LOSS,
    STEPS,
    judged,
    record,
    together,
)

DRIFT = 1e-12


def growing(at: int, by: float = 1e9, end: float | None = None) -> Curve:
    """Return a loss that stays as it is and blows up at a step.

    Args:
        at: the first step past `DIVERGED_LOSS` times the first loss.
        by: how many times that it is there.
        end: what it is from there on, instead.
    """
    blown = DIVERGED_LOSS * by if end is None else end
    return np.where(np.arange(STEPS) < at, LOSS, blown)


# Where a run diverges.


@pytest.mark.parametrize(
    ("loss", "at"),
    [
        ([1.0, 2.0, 3.0], None),
        ([1.0, DIVERGED_LOSS, 1.0], None),
        ([1.0, 1.0001 * DIVERGED_LOSS, 1.0], 1),
        ([1.0, np.nan, 1.0], 1),
        ([1.0, 2.0, np.inf], 2),
        ([1.0, 2.0, -np.inf], 2),
        ([1.0, -2.0 * DIVERGED_LOSS], 1),
        ([np.nan, 1.0], 0),
        ([np.inf, 1.0], 0),
        # A loss of nothing is measured in units of 1.
        ([0.0, 0.5 * DIVERGED_LOSS, 2.0 * DIVERGED_LOSS], 2),
        # The size of a negative loss counts, not its sign.
        ([-1.0, 1.0, 2.0 * DIVERGED_LOSS], 2),
    ],
)
def test_where_a_loss_has_blown_up(loss: list[float], at: int | None) -> None:
    assert loss_divergence_step(np.array(loss)) == at


@pytest.mark.parametrize(
    ("torch", "keras", "alike", "at"),
    [
        ((5, 5, 5), (5, 5, 5), True, 5),
        ((5,), (5,), True, 5),
        # Rounding moves the step of PyTorch's own runs as far.
        ((5, 6, 5), (6, 6, 6), True, 5),
        ((5, 7, 5), (6, 6, 6), True, 5),
        # It does not: the later step counts, and those before are judged.
        ((5, 5, 5), (6, 6, 6), False, 6),
        ((5,), (6,), False, 6),
        ((9, 8, 9), (5, 6, 7), False, 9),
        # A nudged run that ends well: whether it diverges is open.
        ((5, None, 5), (5, 5, 5), False, 5),
        ((5, 5, 5), (None, None, None), False, None),
        ((None, 5, 5), (5, 5, 5), False, None),
        ((None,), (None,), False, None),
    ],
)
def test_which_divergences_are_alike(
    torch: Any, keras: Any, alike: bool, at: int | None
) -> None:
    for divergence in (Divergence(torch, keras), Divergence(keras, torch)):
        assert divergence.alike == alike
        assert divergence.at == at
    document = Divergence(torch, keras).as_json()
    assert document == {"torch": torch[0], "keras": keras[0]}


# The verdict.


@pytest.mark.parametrize("end", [None, np.nan, np.inf])
@pytest.mark.parametrize("at", [1, 2, 3, FEWEST_STEPS - 1, FEWEST_STEPS, 40])
def test_two_that_diverge_at_one_step_agree_up_to_there(
    at: int, end: float | None
) -> None:
    loss = growing(at, end=end)
    verdict = judged(loss, loss * (1.0 + 5.0 * DRIFT)).verdict()
    assert verdict.agrees
    assert verdict.horizon == at
    steps = "1 step" if at == 1 else f"{at} steps"
    assert verdict.sentence == (
        f"agree up to step {at}, where both diverge: "
        f"within 5 times the floor over {steps}"
    )
    document = verdict.as_json()
    assert document["verdict"] == "agree"
    assert document["horizon"] == document["agrees_up_to"] == at
    assert document["divergence_steps"] == {"torch": at, "keras": at}


@pytest.mark.parametrize("end", [None, np.nan])
@pytest.mark.parametrize("at", [1, 3, 9, 40])
@pytest.mark.parametrize("suspect", ["torch", "keras"])
def test_a_difference_before_both_diverge_is_found(
    suspect: str, at: int, end: float | None
) -> None:
    """In the last step before it, by 30 times the drift."""
    sound, faulty = growing(at, end=end), growing(at, end=end)
    faulty[at - 1] *= 1.0 + 30.0 * DRIFT
    pair = (faulty, sound) if suspect == "torch" else (sound, faulty)
    verdict = judged(*pair).verdict()
    assert verdict.outcome == "disagree"
    assert (verdict.where, verdict.at_step) == ("loss", at - 1)
    assert verdict.details["agrees_up_to"] is None


@pytest.mark.parametrize("far", [10.0, 1e30])
def test_once_both_have_diverged_nothing_is_compared(far: float) -> None:
    """Saturated units make all the difference to what is left."""
    verdict = judged(growing(4), growing(4, by=1e9 * far)).verdict()
    assert verdict.agrees
    assert verdict.horizon == 4


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (0, np.nan),
        (0, np.inf),
        *product([1, 3, 9, 40, STEPS - 1], [None, np.nan, np.inf]),
    ],
)
@pytest.mark.parametrize("suspect", ["torch", "keras"])
def test_a_framework_that_diverges_alone_disagrees(
    suspect: str, at: int, end: float | None
) -> None:
    sound, faulty = LOSS, growing(at, end=end)
    pair = (faulty, sound) if suspect == "torch" else (sound, faulty)
    verdict = judged(*pair).verdict()
    assert verdict.outcome == "disagree"
    assert verdict.where == "loss"
    # From there on; the largest of finite differences may come later.
    assert verdict.at_step is not None
    assert verdict.at_step >= at
    assert verdict.horizon is None
    assert verdict.details["divergence_steps"][suspect] == at


@pytest.mark.parametrize("end", [None, np.nan])
@pytest.mark.parametrize("at", [1, 4, 40])
@pytest.mark.parametrize("later", [1, 5])
def test_diverging_earlier_than_the_other_disagrees(
    at: int, later: int, end: float | None
) -> None:
    verdict = judged(growing(at, end=end), growing(at + later)).verdict()
    assert verdict.outcome == "disagree"
    assert verdict.where == "loss"
    assert verdict.at_step is not None
    assert at <= verdict.at_step < at + later


def test_rounding_that_moves_the_step_is_no_difference() -> None:
    """A nudged run of either has no number one step earlier than it has."""

    def runs(at: int, nudged: int) -> list[Record]:
        return [record(growing(step, end=np.nan)) for step in (at, nudged)]

    verdict = compare_records("only", runs(6, 5), runs(5, 6)).verdict()
    assert verdict.agrees
    assert verdict.horizon == 5
    assert verdict.details["divergence_steps"] == {"torch": 6, "keras": 5}
    # Where the nudged runs do not move, it is one.
    verdict = compare_records("only", runs(6, 6), runs(5, 5)).verdict()
    assert verdict.outcome == "disagree"


def test_no_number_at_step_0_shows_nothing() -> None:
    verdict = judged(growing(0, end=np.nan), growing(0, end=np.nan)).verdict()
    assert verdict.outcome == "undecided"
    assert verdict.sentence == "both diverge at step 0"
    assert verdict.details["agrees_up_to"] is None


def chaotic(at: int) -> Curve:
    """Return a relative drift that passes the horizon's share at a step."""
    return np.where(np.arange(STEPS) < at, DRIFT, 2.0 * HORIZON)


def test_chaos_before_both_diverge_is_as_undecided_as_without() -> None:
    """What is judged ends where the floor is past 1 %, not where they do."""
    loss = growing(8)
    verdict = judged(loss, loss, chaotic(4)).verdict()
    assert verdict.outcome == "undecided"
    assert verdict.horizon == 4
    assert verdict.sentence == "training is chaotic from step 4 on"
    later = judged(growing(60), growing(60), chaotic(30)).verdict()
    assert later.agrees
    assert later.details["agrees_up_to"] == later.horizon == 30
    assert "training is chaotic from step 30 on" in later.sentence


def test_chaos_without_divergence_stays_undecided() -> None:
    verdict = judged(LOSS, LOSS, chaotic(4)).verdict()
    assert verdict.outcome == "undecided"
    assert verdict.details == {
        "agrees_up_to": None,
        "divergence_steps": {"torch": None, "keras": None},
    }


def test_a_nudged_run_that_does_not_diverge_leaves_it_undecided() -> None:
    """One of PyTorch's own runs ends well: that they diverge is chance."""
    runs = [record(growing(4)), record(LOSS)], [record(growing(4))] * 2
    verdict = compare_records("only", *runs).verdict()
    assert verdict.outcome == "undecided"


def with_gradients(at: int) -> Record:
    """Return a run whose gradient is lost at a step, and its loss after."""
    norms = np.where(np.arange(STEPS)[:, None] < at, np.ones(2), np.nan)
    weights = {"dense_1/kernel": np.ones(2), "dense_1/bias": np.ones(2)}
    run = record(growing(at + 1, end=np.nan), weights=weights)
    steps = run.steps | {"gradient_norm": norms}
    return replace(run, steps=steps, parameters=tuple(weights))


def test_a_gradient_that_is_no_number_is_where_a_run_diverges() -> None:
    """A square root at 0 has a value, and no slope."""
    runs = [with_gradients(6)] * 2
    verdict = compare_records("only", runs, runs).verdict()
    assert verdict.agrees
    assert verdict.details["agrees_up_to"] == 6
    assert verdict.sentence.startswith("agree up to step 6, where both")


@pytest.mark.parametrize("suspect", ["torch", "keras"])
def test_a_gradient_that_is_lost_in_one_alone_disagrees(suspect: str) -> None:
    sound, faulty = [with_gradients(7)] * 2, [with_gradients(6)] * 2
    pair = (faulty, sound) if suspect == "torch" else (sound, faulty)
    verdict = compare_records("only", *pair).verdict()
    assert verdict.outcome == "disagree"
    assert verdict.at_step == 6
    assert verdict.where is not None
    assert verdict.where.startswith("gradient_norm of dense_1")


def test_evaluations_after_the_divergence_are_not_judged() -> None:
    """Those before it are; the first stands behind step 50 of 100."""

    def runs(at: int, loss: float) -> Trajectory:
        first, second = (
            replace(
                record(growing(at)),
                epochs={
                    "epoch": np.array([1.0, 2.0]),
                    "train_loss": np.array([value, 1.0]),
                },
            )
            for value in (1.0, loss)
        )
        return compare_records("only", [first] * 2, [second] * 2)

    assert runs(40, 1.1).verdict().agrees
    verdict = runs(60, 1.1).verdict()
    assert verdict.outcome == "disagree"
    assert (verdict.where, verdict.at_step) == ("train_loss", 50)


# How it is reported.


def test_the_headline_names_the_arms_that_diverge_in_both() -> None:
    calm, lost = judged(LOSS, LOSS), judged(growing(5), growing(5))
    sentence = headline(together(calm=calm, lost=lost))
    assert f"agree: over {STEPS} float64 steps" in sentence
    assert sentence.endswith(
        "Where training diverges in both frameworks, at the same step, they "
        "agree up to that step: lost (step 5)."
    )
    assert "chaotic" not in sentence
    alone = headline(together(lost=judged(growing(1), growing(1))))
    assert "agree: over 1 float64 step, no difference" in alone


def test_the_table_states_the_step_up_to_which_they_agree() -> None:
    result: Any = together(lost=judged(growing(5), growing(5)))
    [arm] = result.arms
    arm.arm.parameter_count = 12
    arm.sides = dict.fromkeys(("torch", "keras"), arm.arm)
    arm.records = {}
    result.metric = "train_loss"
    [row] = summary_rows(result)
    assert row[-1] == "agree up to step 5"
