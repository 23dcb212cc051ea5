"""Diagnosis: the convention that restores the agreement is named."""

import json
from typing import Any

import pytest

from framework_parity.comparisons.ladder.diagnosis import Cause, diagnose
from framework_parity.comparisons.ladder.ladder import Climb, climb
from framework_parity.comparisons.workers.pool import LABELS, Pair
from tests.cases import arm
from tests.comparisons.arms import TANH
from tests.comparisons.arms import arm as judged

STEPS = 30
DENSE = [{"dense": 3}]
EPSILON = {"adam": {"lr": 0.01, "epsilon": 1e-2}}


def diagnosed(
    pair: Pair, faulty: Pair, fault: str, guilty: str, network: Any
) -> tuple[Climb, list[Cause]]:
    """Plant a fault in one framework, climb and ask for the causes."""
    both = Pair(backends=())
    worker = faulty.workers[guilty]
    worker.submit("plant", name=fault).result()
    both.workers = {
        name: worker if name == guilty else pair.workers[name]
        for name in LABELS
    }
    climbed = climb(both, network, steps=STEPS)
    return climbed, diagnose(both, climbed, steps=STEPS)


def test_what_agrees_has_no_causes(pair: Pair) -> None:
    climbed = climb(pair, judged(TANH), level="step")
    assert climbed.verdicts[-1].agrees
    assert diagnose(pair, climbed) == []


@pytest.mark.parametrize("guilty", list(LABELS))
def test_a_value_that_is_neither_default_is_tried_against_both(
    pair: Pair, faulty: Pair, guilty: str
) -> None:
    network = arm(DENSE, optimizer=EPSILON)
    fault = f"misread:adam_epsilon:{guilty}"
    climbed, causes = diagnosed(pair, faulty, fault, guilty, network)
    assert climbed.verdicts[-1].outcome == "disagree"
    [cause] = causes
    assert cause.convention.name == "adam_epsilon"
    assert cause.framework == guilty
    read = getattr(cause.convention, guilty)
    assert (cause.said, cause.read) == (0.01, read)
    seen = f"behaves as if adam.epsilon were {read} instead of 0.01"
    assert f"{LABELS[guilty]} {seen}" in cause.sentence
    assert cause.convention.sentence in cause.sentence
    assert all(each in cause.sentence for each in cause.convention.sources)
    document = json.loads(json.dumps(cause.as_json()))
    assert document["cause"] == "adam_epsilon"
    assert document["restores"] is True
    assert document["change"][guilty] == read
    assert sorted(document["change"].values()) == sorted([read, 0.01])


@pytest.mark.parametrize("guilty", list(LABELS))
def test_each_meaning_taken_for_the_other_is_named_in_the_guilty_framework(
    pair: Pair, faulty: Pair, guilty: str
) -> None:
    """Told either value it is wrong; the reference knows which it is."""
    network = judged(TANH)
    fault = "epsilon_placement_swapped"
    _, causes = diagnosed(pair, faulty, fault, guilty, network)
    named = [(each.convention.name, each.framework) for each in causes]
    assert named == [("adam_epsilon_placement", guilty)]


@pytest.mark.parametrize("fault", ["tanh_approximated", "another_order"])
def test_what_is_no_convention_is_not_called_one(
    pair: Pair, faulty: Pair, fault: str
) -> None:
    climbed, causes = diagnosed(pair, faulty, fault, "keras", judged(TANH))
    assert climbed.verdicts[-1].outcome == "disagree"
    assert causes == []
