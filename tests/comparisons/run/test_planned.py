"""The steps of a run, and the time that several take."""

import time
from dataclasses import replace

import pytest

from framework_parity.common.spec.load import parse
from framework_parity.comparisons.run import planned
from framework_parity.comparisons.run.planned import Outlook, planned_steps
from framework_parity.comparisons.run.settings import RunSettings
from tests.comparisons.arms import SMALL

SPEC = parse(SMALL | {"recipe": SMALL["recipe"] | {"epochs": 300}})


def test_all_runs_of_all_arms_are_counted() -> None:
    settings = RunSettings(seeds=4)
    side = SPEC.arm(next(iter(SPEC.arms)))
    samples = side.data.part_sizes()["train"]
    each = -(-samples // 16)
    # 200 steps, in whole epochs.
    held = -(-200 // each)
    arm = 4 * 300 * each + 3 * held * each + 3 * 200
    assert planned_steps(SPEC, settings) == len(SPEC.arms) * arm
    alone = replace(settings, backends=("torch",))
    assert planned_steps(SPEC, alone) == len(SPEC.arms) * 4 * 300 * each
    native = replace(settings, randomness="native")
    arm -= 3 * held * each
    assert planned_steps(SPEC, native) == len(SPEC.arms) * arm


def test_the_time_left_is_that_of_the_steps_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    outlook = Outlook([100, 300, 500])
    assert outlook.title("one", 0) == "one (1 of 3)"
    now[0] = 60.0
    assert outlook.title("two", 1) == "two (2 of 3, about 8 min left)"
    now[0] = 480.0
    assert outlook.title("three", 2) == "three (3 of 3, about 10 min left)"
    assert Outlook([5]).title("alone", 0) == "alone"


def test_durations_are_rough() -> None:
    shown = [planned._duration(s) for s in (1, 89, 5400, 90_000)]
    assert shown == ["1 min", "1 min", "1 h 30 min", "25 h 0 min"]
