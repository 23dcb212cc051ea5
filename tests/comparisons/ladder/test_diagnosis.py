"""Diagnosis: the convention that restores the agreement is named."""

import json
from typing import Any

import pytest

from framework_parity.comparisons.ladder.diagnosis import Cause, diagnose
from framework_parity.comparisons.ladder.ladder import LadderResult, run_ladder
from framework_parity.comparisons.workers.worker import LABELS, WorkerPair
from tests.cases import arm
from tests.comparisons.arms import TANH
from tests.comparisons.arms import arm as judged
from tests.comparisons.faulty import planted

STEPS = 30
DENSE = [{"dense": 3}]
EPSILON = {"adam": {"lr": 0.01, "epsilon": 1e-2}}


def diagnosed(
    pair: WorkerPair,
    faulty: WorkerPair,
    fault: str,
    suspect: str,
    network: Any,
) -> tuple[LadderResult, list[Cause]]:
    """Plant a fault in one framework, run the ladder and diagnose it."""
    with planted(fault, suspect, pair, faulty) as both:
        ladder = run_ladder(both, network, steps=STEPS)
        return ladder, diagnose(both, ladder, steps=STEPS)


def test_an_arm_that_agrees_has_no_causes(pair: WorkerPair) -> None:
    ladder = run_ladder(pair, judged(TANH), level="step")
    assert ladder.verdicts[-1].agrees
    assert diagnose(pair, ladder) == []


@pytest.mark.parametrize(
    "suspect", [pytest.param("torch", marks=pytest.mark.slow), "keras"]
)
def test_a_value_that_is_neither_default_is_tried_against_both(
    pair: WorkerPair, faulty: WorkerPair, suspect: str
) -> None:
    network = arm(DENSE, optimizer=EPSILON)
    fault = f"misread:adam_epsilon:{suspect}"
    ladder, causes = diagnosed(pair, faulty, fault, suspect, network)
    assert ladder.verdicts[-1].outcome == "disagree"
    [cause] = causes
    assert cause.convention.name == "adam_epsilon"
    assert cause.framework == suspect
    read = getattr(cause.convention, suspect)
    assert (cause.specified, cause.read) == (0.01, read)
    seen = f"behaves as if adam.epsilon were {read} instead of 0.01"
    assert f"{LABELS[suspect]} {seen}" in cause.sentence
    assert cause.convention.sentence in cause.sentence
    assert all(each in cause.sentence for each in cause.convention.sources)
    document = json.loads(json.dumps(cause.as_json()))
    assert document["cause"] == "adam_epsilon"
    assert document["restores"] is True
    assert document["change"][suspect] == read
    assert sorted(document["change"].values()) == sorted([read, 0.01])


@pytest.mark.parametrize(
    "suspect", ["torch", pytest.param("keras", marks=pytest.mark.slow)]
)
def test_swapped_meanings_are_named_in_the_faulty_framework(
    pair: WorkerPair, faulty: WorkerPair, suspect: str
) -> None:
    """It is wrong under either value; the reference tells which one it is."""
    network = judged(TANH)
    fault = "epsilon_placement_swapped"
    _, causes = diagnosed(pair, faulty, fault, suspect, network)
    named = [(each.convention.name, each.framework) for each in causes]
    assert named == [("adam_epsilon_placement", suspect)]


@pytest.mark.parametrize(
    "fault",
    [
        "tanh_approximated",
        pytest.param("another_order", marks=pytest.mark.slow),
    ],
)
def test_a_fault_that_is_no_convention_has_no_causes(
    pair: WorkerPair, faulty: WorkerPair, fault: str
) -> None:
    ladder, causes = diagnosed(pair, faulty, fault, "keras", judged(TANH))
    assert ladder.verdicts[-1].outcome == "disagree"
    assert causes == []
