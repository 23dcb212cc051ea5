"""A judge that cries wolf is none: on a thousand sound pairs it is quiet."""

from pathlib import Path

import pytest

from framework_parity.comparisons.workers.pool import WorkerPair
from tests.climbs import Job, Memory, climb_all, ladder, outcome, sentence
from tests.comparisons.quiet import (
    CACHE,
    COUNT,
    LONG_STEPS,
    quiet_jobs,
    report,
)

# All of them short; the long ones wait for the thousand.
SAMPLE = range(1, 9)


def test_the_pairs_are_of_all_sorts_and_always_the_same() -> None:
    jobs, again = quiet_jobs(100), quiet_jobs(40)
    assert [job.key for job in jobs[:40]] == [job.key for job in again]
    assert len({job.key for job in jobs}) == 100
    assert {job.threads for job in jobs} == {1, 2}
    assert len({job.seed for job in jobs}) > 50
    assert LONG_STEPS in {job.steps for job in jobs if job.threads == 1}
    assert LONG_STEPS in {job.steps for job in jobs if job.threads == 2}
    assert len({job.arm.recipe.batch_size for job in jobs}) > 5
    assert len({job.arm.data.source.size for job in jobs}) > 20
    assert len({type(job.arm.recipe.optimizer) for job in jobs}) == 8


@pytest.fixture(scope="module")
def jobs() -> list[Job]:
    return quiet_jobs(max(SAMPLE) + 1)


@pytest.mark.parametrize("number", SAMPLE)
def test_a_sound_pair_is_not_accused(
    pair: WorkerPair, jobs: list[Job], number: int
) -> None:
    found = ladder(pair, jobs[number])
    assert outcome(found) != "disagree", sentence(found)


@pytest.mark.slow
def test_a_thousand_sound_pairs_are_not_accused(
    request: pytest.FixtureRequest,
) -> None:
    """What `make quiet` has done already is not done again."""
    jobs = quiet_jobs()
    memory = Memory(Path(request.config.rootpath) / CACHE)
    found = climb_all(jobs, memory, watch=print)
    print("\n".join(report(jobs, found)))
    assert len({job.key for job in jobs}) == len(found) == COUNT
    accused = [
        job.name for job in jobs if outcome(found[job.key]) == "disagree"
    ]
    assert not accused
    # A judge that decides nothing is quiet, too.
    agreed = [each for each in found.values() if outcome(each) == "agree"]
    assert len(agreed) > 0.9 * COUNT
