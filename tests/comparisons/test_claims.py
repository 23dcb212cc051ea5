"""Claims: each framework answers, and chance is not called a difference."""

import numpy as np
import pytest

from common.claims import Claim
from common.record import Record
from comparisons.claims import Judged, judge

CLAIM = Claim.model_validate("a.test_accuracy > 0.5")


def judged(torch: list[float], keras: list[float]) -> Judged:
    """Judge the claim on one accuracy for each seed."""
    runs = {
        backend: {"a": [record(value) for value in values]}
        for backend, values in (("torch", torch), ("keras", keras))
    }
    return judge(CLAIM, runs)


def record(accuracy: float) -> Record:
    return Record({}, {}, {"test_accuracy": accuracy}, {})


@pytest.mark.parametrize(
    ("torch", "keras", "verdict"),
    [
        ([0.9], [0.8], "holds in both"),
        ([0.4], [0.3], "refuted in both"),
        ([0.6], [0.4], "undecided at 1 seed"),
        ([0.6, 0.6], [0.4, 0.4], "undecided at 2 seeds"),
        ([0.6, 0.51, 0.4, 0.7, 0.52], [0.4, 0.5, 0.6, 0.3, 0.5], "undecided"),
        ([0.9, 0.8, 0.9, 0.85, 0.9], [0.1, 0.2, 0.1, 0.1, 0.2], "disagree"),
        ([np.nan], [np.nan], "refuted in both"),
    ],
)
def test_a_claim_has_a_verdict(
    torch: list[float], keras: list[float], verdict: str
) -> None:
    assert verdict in judged(torch, keras).verdict


def test_an_answer_says_in_how_many_seeds_it_held() -> None:
    answer = judged([0.6, 0.4, 0.9], [0.6, 0.6, 0.6]).answers["torch"]
    assert (answer.held, answer.holds) == (2, True)
    assert answer.value == pytest.approx(1.9 / 3)
