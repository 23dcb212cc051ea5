"""Planted faults: the ladder ends on the right rung, with the right name."""

import re
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from framework_parity.common.spec.arm import Arm
from framework_parity.comparisons.ladder.ladder import LadderResult, run_ladder
from framework_parity.comparisons.workers.worker import (
    LABELS,
    Worker,
    WorkerPair,
)
from tests.faults import DIVERGING, FAULTS, FAULTS_WHERE_BOTH_DIVERGE, Fault

# Enough for the rate to change and for a last batch to come twelve times.
STEPS = 60

# The rungs on which the reference tells which framework deviates. What the
# data are and how the network is built is checked by no third implementation.
INSIDE = ("forward", "gradient", "step", "trajectory")


class Remembering:
    """A sound worker that runs every task only once."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.answers: dict[Any, Future[Any]] = {}
        self.lock = threading.Lock()

    def submit(
        self, task: str, progress: Any = None, **arguments: Any
    ) -> "Future[Any]":
        key = (task, *sorted(arguments.items(), key=lambda item: item[0]))
        with self.lock:
            if key not in self.answers:
                self.answers[key] = self.worker.submit(task, **arguments)
            return self.answers[key]


class PlantedFaults:
    """One sound and one faulty worker of each framework."""

    def __init__(self, sound: WorkerPair, faulty: WorkerPair) -> None:
        # A worker has more methods, which the ladder does not use.
        self.sound: dict[str, Any] = {
            name: Remembering(worker) for name, worker in sound.workers.items()
        }
        self.faulty = faulty

    def run_ladder(self, fault: Fault, suspect: str) -> LadderResult:
        """Plant a fault in one framework, and return the ladder."""
        faulty = self.faulty.workers[suspect]
        faulty.submit("plant", name=fault.plant.__name__).result()
        pair = WorkerPair(backends=())
        pair.workers = {
            name: faulty if name == suspect else self.sound[name]
            for name in LABELS
        }
        return run_ladder(pair, fault.arm, steps=STEPS)


@pytest.fixture(scope="module")
def plants(pair: WorkerPair, faulty: WorkerPair) -> PlantedFaults:
    return PlantedFaults(pair, faulty)


def cases() -> list[Any]:
    """Return each fault in each framework, with the framework that has it.

    The frameworks take turns; the other one of each fault is slow. The kill
    matrix plants all of them.
    """
    params: list[Any] = []
    for faults, where in (
        (FAULTS, ""),
        (FAULTS_WHERE_BOTH_DIVERGE, "diverging-"),
    ):
        for number, fault in enumerate(faults):
            for index, suspect in enumerate(LABELS):
                name = f"{fault.plant.__name__}-{where}in-{suspect}"
                slow = pytest.mark.slow if index != number % 2 else ()
                params.append(
                    pytest.param(fault, suspect, id=name, marks=slow)
                )
    return params


@pytest.mark.parametrize(("fault", "suspect"), cases())
def test_a_fault_is_found_on_its_rung(
    plants: PlantedFaults, fault: Fault, suspect: str
) -> None:
    ladder = plants.run_ladder(fault, suspect)
    last = ladder.verdicts[-1]
    assert (last.rung, last.outcome) == (fault.rung, "disagree"), last
    assert fault.where in str(last.where)
    assert all(verdict.agrees for verdict in ladder.verdicts[:-1])
    if fault.rung in INSIDE:
        # Off from the reference, or drifting from itself.
        named = rf"{LABELS[suspect]}(?: deviates|'s own run-to-run drift)"
        assert re.search(named, last.sentence), last.sentence
    if fault.at_step is not None:
        assert last.at_step == fault.at_step


def test_without_a_fault_the_same_ladder_agrees(plants: PlantedFaults) -> None:
    """It is the fault that is found, and not how it was planted."""
    for worker in plants.faulty.workers.values():
        worker.submit("plant", name="").result()
    ladder = run_ladder(plants.faulty, FAULTS[0].arm, steps=STEPS)
    assert all(verdict.agrees for verdict in ladder.verdicts)
    assert ladder.verdicts[-1].rung == "trajectory"


@pytest.mark.parametrize(("arm", "step"), DIVERGING)
def test_arms_that_diverge_alike_agree_up_to_that_step(
    plants: PlantedFaults, arm: Arm, step: int
) -> None:
    """Nothing is planted: both diverge at one step, and agree before."""
    for worker in plants.faulty.workers.values():
        worker.submit("plant", name="").result()
    ladder = run_ladder(plants.faulty, arm, steps=STEPS)
    assert all(verdict.agrees for verdict in ladder.verdicts)
    last = ladder.verdicts[-1]
    assert last.rung == "trajectory"
    assert last.horizon == step
    assert last.details == {
        "agrees_up_to": step,
        "divergence_steps": {"torch": step, "keras": step},
    }
    assert last.sentence.startswith(
        f"agree up to step {step}, where both diverge: within "
    )
