"""Planted faults: the ladder ends on the right rung, with the right name."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from framework_parity.common.spec.arm import Arm
from framework_parity.comparisons.ladder.ladder import Climb, climb
from framework_parity.comparisons.workers.pool import LABELS, Pair, Worker
from tests.faults import DIVERGING, FAULTS, FAULTS_WHERE_BOTH_DIVERGE, Fault

# Enough for the rate to change and for a last batch to come twelve times.
STEPS = 60

# Where the reference can say which framework left. What the data are and
# how the network is built is said by no third opinion.
INSIDE = ("forward", "gradient", "step", "trajectory")


class Remembering:
    """A sound worker that is asked everything only once."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.answers: dict[Any, Future[Any]] = {}
        self.lock = threading.Lock()

    def submit(
        self, task: str, progress: Any = None, **arguments: Any
    ) -> "Future[Any]":
        asked = (task, *sorted(arguments.items(), key=lambda item: item[0]))
        with self.lock:
            if asked not in self.answers:
                self.answers[asked] = self.worker.submit(task, **arguments)
            return self.answers[asked]


class Laboratory:
    """One sound and one faulty worker of each framework."""

    def __init__(self, sound: Pair, faulty: Pair) -> None:
        self.sound = {
            name: Remembering(worker) for name, worker in sound.workers.items()
        }
        self.faulty = faulty
        self.desk = ThreadPoolExecutor(2)
        self.climbs: dict[tuple[int, str], Future[Climb]] = {}

    def climb(self, fault: Fault, guilty: str) -> Climb:
        """Plant a fault in both frameworks at once, and climb with one."""
        if (id(fault), guilty) not in self.climbs:
            for name in LABELS:
                found = self.desk.submit(self._climb, fault, name)
                self.climbs[id(fault), name] = found
        return self.climbs[id(fault), guilty].result()

    def _climb(self, fault: Fault, guilty: str) -> Climb:
        faulty = self.faulty.workers[guilty]
        faulty.submit("plant", name=fault.plant.__name__).result()
        pair = Pair(backends=())
        pair.workers = {
            name: faulty if name == guilty else self.sound[name]
            for name in LABELS
        }
        return climb(pair, fault.arm, steps=STEPS)


@pytest.fixture(scope="module")
def laboratory(pair: Pair, faulty: Pair) -> Iterator[Laboratory]:
    found = Laboratory(pair, faulty)
    with found.desk:
        yield found


def cases() -> list[Any]:
    """Return each fault in each framework, with the side that has it."""
    found = []
    for faults, where in (
        (FAULTS, ""),
        (FAULTS_WHERE_BOTH_DIVERGE, "diverging-"),
    ):
        for fault in faults:
            for guilty in LABELS:
                name = f"{fault.plant.__name__}-{where}in-{guilty}"
                found.append(pytest.param(fault, guilty, id=name))
    return found


@pytest.mark.parametrize(("fault", "guilty"), cases())
def test_a_fault_is_found_on_its_rung(
    laboratory: Laboratory, fault: Fault, guilty: str
) -> None:
    climbed = laboratory.climb(fault, guilty)
    last = climbed.verdicts[-1]
    assert (last.rung, last.outcome) == (fault.rung, "disagree"), last
    assert fault.where in str(last.where)
    assert all(verdict.agrees for verdict in climbed.verdicts[:-1])
    if fault.rung in INSIDE:
        # Off from the reference, or straying from itself.
        named = rf"{LABELS[guilty]} (is off|strays)"
        assert re.search(named, last.sentence), last.sentence
    if fault.at_step is not None:
        assert last.at_step == fault.at_step


def test_without_a_fault_the_same_climb_agrees(laboratory: Laboratory) -> None:
    """It is the fault that is found, and not how it was planted."""
    for worker in laboratory.faulty.workers.values():
        worker.submit("plant", name="").result()
    climbed = climb(laboratory.faulty, FAULTS[0].arm, steps=STEPS)
    assert all(verdict.agrees for verdict in climbed.verdicts)
    assert climbed.verdicts[-1].rung == "trajectory"


@pytest.mark.parametrize(("arm", "step"), DIVERGING)
def test_what_diverges_alike_agrees_up_to_that_step(
    laboratory: Laboratory, arm: Arm, step: int
) -> None:
    """Nothing is planted: both diverge at one step, and agree before."""
    for worker in laboratory.faulty.workers.values():
        worker.submit("plant", name="").result()
    climbed = climb(laboratory.faulty, arm, steps=STEPS)
    assert all(verdict.agrees for verdict in climbed.verdicts)
    last = climbed.verdicts[-1]
    assert last.rung == "trajectory"
    assert last.horizon == step
    assert last.details == {
        "agrees_up_to": step,
        "blown_up_at": {"torch": step, "keras": step},
    }
    assert last.sentence.startswith(
        f"agree up to step {step}, where both diverge: within "
    )
