"""Claims: each framework answers, and chance is not called a difference."""

import pytest

from framework_parity.common.spec.claims import Claim
from framework_parity.common.training.record import Record
from framework_parity.comparisons.run.claim_verdicts import Judged, judge_claim
from tests.comparisons.arms import TANH, arm

CLAIM = Claim.model_validate("a.test_accuracy > 0.5")
ARM = arm(TANH)

NAN = float("nan")


def judged(
    torch: list[float], keras: list[float], claim: Claim = CLAIM
) -> Judged:
    """Judge the claim on one accuracy for each seed."""
    runs = {
        backend: {"a": [record(value) for value in values]}
        for backend, values in (("torch", torch), ("keras", keras))
    }
    return judge_claim(claim, runs, {"a": ARM})


def record(accuracy: float) -> Record:
    return Record({}, {}, {"test_accuracy": accuracy}, {})


@pytest.mark.parametrize(
    ("torch", "keras", "verdict"),
    [
        ([0.9], [0.8], "holds in both"),
        ([0.4], [0.3], "refuted in both"),
        ([0.6], [0.4], "undecided at 1 seed; "),
        ([0.6, 0.6], [0.4, 0.4], "undecided at 2 seeds; "),
        (
            [0.6, 0.51, 0.4, 0.7, 0.52],
            [0.4, 0.5, 0.6, 0.3, 0.5],
            "undecided at 5 seeds; ",
        ),
        (
            [0.9, 0.8, 0.9, 0.85, 0.9],
            [0.1, 0.2, 0.1, 0.1, 0.2],
            "frameworks disagree",
        ),
        ([NAN], [NAN], "undecided at 1 seed; no number of seeds would"),
        ([NAN] * 2, [0.9] * 2, "frameworks disagree"),
        ([0.4] * 2, [NAN] * 2, "frameworks disagree"),
        ([NAN, 0.9], [0.9] * 2, "undecided at 2 seeds; no number"),
        # One seed of five differs, and the mean is far from chance.
        ([0.9, 0.8, 0.9, 0.9, 0.49], [0.9] * 5, "holds in both"),
        # The mean holds, and it may well be chance.
        ([0.9, 0.4, 0.4, 0.6, 0.6], [0.9] * 5, "undecided at 5 seeds; "),
        ([0.6, 0.4, NAN], [0.6] * 3, "no number of seeds would decide"),
    ],
)
def test_a_claim_has_a_verdict(
    torch: list[float], keras: list[float], verdict: str
) -> None:
    result = judged(torch, keras).verdict
    assert result.startswith(verdict) or result.endswith(verdict)


def test_an_answer_counts_the_seeds_in_which_it_held() -> None:
    answer = judged([0.6, 0.4, 0.9], [0.6, 0.6, 0.6]).answers["torch"]
    assert (answer.held, answer.holds) == (2, None)
    assert answer.value == pytest.approx(1.9 / 3)


def test_more_scatter_between_seeds_needs_more_seeds() -> None:
    few, many = (
        judged([0.5 + s for s in spread], [0.6] * 5).verdict
        for spread in (
            [0.3, 0.2, 0.3, -0.1, 0.0],
            [0.3, -0.3, 0.3, -0.2, 0.1],
        )
    )
    needed = [int(verdict.split()[5]) for verdict in (few, many)]
    assert 5 < needed[0] < needed[1]


@pytest.mark.parametrize(
    ("expression", "value", "holds"),
    [
        ("a.test_accuracy == 0.17", 0.1651, True),
        ("a.test_accuracy == 0.17", 0.1649, False),
        ("a.test_accuracy == 1", 0.999, False),
        ("a.test_accuracy == 1", 1.0, True),
        ("2 * a.test_accuracy - 1 >= 0", 0.5, True),
        ("-a.test_accuracy / 2 < -0.26", 0.5, False),
    ],
)
def test_a_claim_is_arithmetic_of_statistics(
    expression: str, value: float, holds: bool
) -> None:
    claim = Claim(expression=expression)
    answer = judged([value], [value], claim).answers["torch"]
    assert answer.holds == holds


def test_two_epochs_that_are_never_reached_are_equal() -> None:
    never = float("inf")
    later = Claim.model_validate("a.test_accuracy > a.train_accuracy")
    assert later.margin(never, never) == 0.0
    assert not later.holds(later.margin(never, never))
    assert later.margin(never, 3.0) == never
