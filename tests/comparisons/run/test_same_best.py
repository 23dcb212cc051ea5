"""Which arm is the best: the claim is judged on both frameworks together."""

import numpy as np
import pytest

from framework_parity.common.spec.claims import SameBest
from framework_parity.common.spec.load import parse
from framework_parity.common.training.record import Record
from framework_parity.comparisons.run.claim_verdicts import Judged, judge_claim

CLAIM = SameBest.model_validate({"same_best": "test_accuracy"})

Values = dict[str, list[float]]

HIGH, LOW = [0.9, 0.8, 0.9, 0.8, 0.85], [0.5, 0.45, 0.55, 0.5, 0.5]
CLEAR: Values = {"a": HIGH, "b": LOW}
OTHER: Values = {"a": LOW, "b": HIGH}
SLIGHT: Values = {"a": HIGH, "b": [0.91, 0.79, 0.89, 0.8, 0.85]}
NEAR: Values = {"a": HIGH, "b": [0.8, 0.91, 0.91, 0.82, 0.86]}


def record(value: float) -> Record:
    return Record({}, {}, {"test_accuracy": value, "test_loss": value}, {})


def judged(claim: SameBest = CLAIM, **runs: Values) -> Judged:
    """Judge the claim on the values of each framework, arm and seed."""
    records = {
        backend: {
            arm: [record(v) for v in each] for arm, each in values.items()
        }
        for backend, values in runs.items()
    }
    experiment = parse(
        {
            "name": "two",
            "dialect": "keras",
            "data": "spiral",
            "recipe": {
                "loss": "cross_entropy",
                "optimizer": "sgd",
                "epochs": 1,
            },
            "arms": {name: [{"dense": 3}] for name in ("a", "b")},
        }
    )
    arms = {name: experiment.arm(name) for name in experiment.arms}
    return judge_claim(claim, records, arms)


@pytest.mark.parametrize(
    ("torch", "keras", "verdict"),
    [
        (CLEAR, CLEAR, "holds in both"),
        (OTHER, OTHER, "holds in both"),
        (CLEAR, OTHER, "frameworks disagree"),
        (CLEAR, NEAR, "frameworks disagree"),
        (SLIGHT, NEAR, "undecided at 5 seeds"),
        ({**CLEAR, "b": [np.nan] * 5}, CLEAR, "holds in both"),
        ({**CLEAR, "a": [np.nan] * 5}, CLEAR, "undecided at 5 seeds"),
    ],
)
def test_both_name_the_same_arm_or_not(
    torch: Values, keras: Values, verdict: str
) -> None:
    assert judged(torch=torch, keras=keras).verdict.startswith(verdict)


def test_an_answer_names_the_arm_and_its_value() -> None:
    result = judged(torch=CLEAR, keras=OTHER)
    answer = result.answers["torch"]
    assert answer.names == "a"
    assert answer.value == pytest.approx(0.85)
    assert answer.bound == pytest.approx(0.5)
    assert answer.held == 5
    assert result.as_json()["keras"]["names"] == "b"


def test_the_lowest_loss_is_the_best() -> None:
    least = SameBest.model_validate({"same_best": "test_loss"})
    result = judged(least, torch=CLEAR, keras=CLEAR)
    assert result.answers["torch"].names == "b"
    answer = judged(least, torch=CLEAR, keras=OTHER).answers["torch"]
    assert answer.margins == pytest.approx((0.4, 0.35, 0.35, 0.3, 0.35))
    assert answer.held == 5


def test_one_framework_alone_is_undecided() -> None:
    assert judged(torch=CLEAR).verdict.startswith("undecided")


def test_the_name_and_the_sentence_say_what_is_compared() -> None:
    assert CLAIM.name == "same_best_test_accuracy"
    assert CLAIM.sentence == "The same arm has the best test accuracy in both."
    assert CLAIM.expression == "same best test_accuracy"


def test_one_framework_alone_is_undecided_for_lack_of_the_other() -> None:
    result = judged(torch=CLEAR)
    assert result.verdict == "undecided; it is asked of both frameworks"
