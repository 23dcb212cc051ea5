"""False alarms: none of a thousand sound pairs is a disagreement."""

from pathlib import Path

import pytest

from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.quiet import (
    CACHE,
    COUNT,
    LONG_STEPS,
    quiet_jobs,
    report,
)
from tests.ladder_jobs import (
    Job,
    ResultCache,
    outcome,
    run_job,
    run_jobs,
    sentence,
)

# All of them short; the long ones are among the thousand.
SAMPLE = range(1, 6)


def test_the_pairs_are_of_all_kinds_and_always_the_same() -> None:
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
def test_a_sound_pair_does_not_disagree(
    pair: WorkerPair, jobs: list[Job], number: int
) -> None:
    record = run_job(pair, jobs[number])
    assert outcome(record) != "disagree", sentence(record)


@pytest.mark.slow
def test_a_thousand_sound_pairs_do_not_disagree(
    request: pytest.FixtureRequest,
) -> None:
    """Pairs that `make quiet` has run already are not run again."""
    jobs = quiet_jobs()
    memory = ResultCache(Path(request.config.rootpath) / CACHE)
    records = run_jobs(jobs, memory, watch=print)
    print("\n".join(report(jobs, records)))
    assert len({job.key for job in jobs}) == len(records) == COUNT
    disagreements = [
        job.name for job in jobs if outcome(records[job.key]) == "disagree"
    ]
    assert not disagreements
    # Most pairs agree: being always undecided raises no alarm either.
    agreed = [each for each in records.values() if outcome(each) == "agree"]
    assert len(agreed) > 0.9 * COUNT
