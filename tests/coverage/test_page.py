"""The coverage page lists every element and every fault."""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from framework_parity.common.spec.arm import Arm
from framework_parity.comparisons.ladder.ladder import RUNGS
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.workers import pool
from framework_parity.comparisons.workers.worker import WorkerPair
from tests import ladder_jobs
from tests.cases import arm
from tests.coverage import emission
from tests.coverage.__main__ import CACHE, PAGE, covered
from tests.coverage.elements import (
    CONVENTION_VALUES,
    choices,
    kinds,
    on_ranks,
)
from tests.coverage.page import TITLES, Page
from tests.coverage.rows import case_jobs, convention_jobs, precision_jobs
from tests.ladder_jobs import (
    Job,
    JobResult,
    ResultCache,
    outcome,
    run_job,
    run_jobs,
)

ROOT = Path(__file__).parents[2]

Listed = set[tuple[str, str]]


def listed(text: str) -> Listed:
    """Return the headings of a page with the first cells below each."""
    result: Listed = set()
    heading = ""
    for line in text.splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("| "):
            cells = re.split(r"(?<!\\) \| ", line[2:])
            name = cells[1] if heading == "Conventions" else cells[0]
            result.add((heading, name.strip("`")))
    return result


def demanded() -> Listed:
    """Return what a page of the present code lists."""
    result = {(TITLES[kind.family], kind.name) for kind in kinds()}
    result |= {("Values", choice.name) for choice in choices()}
    result |= {("Precisions", kind.name) for kind in kinds()}
    result |= {("Ranks", each.name) for each in on_ranks()}
    return result | {
        ("Conventions", f"{row.field} = {value}")
        for row, _, value in CONVENTION_VALUES
    }


def test_the_committed_page_lists_every_element() -> None:
    """A new element has no row until `make coverage` has run."""
    page = ROOT / PAGE
    assert page.exists(), "run `make coverage`, and commit what it writes"
    text = page.read_text("utf-8")
    missing = sorted(demanded() - listed(text))
    assert not missing, f"run `make coverage`; the page lacks {missing}"
    # "disagree" may appear in the introduction, but in no cell.
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert not [line for line in lines if "disagree" in line]


def test_every_kind_and_every_value_has_a_case() -> None:
    from tests.coverage.elements import covered as held

    jobs = [*case_jobs(), *convention_jobs().values()]
    present = set().union(*(held(job.arm) for job in jobs))
    assert not [kind.name for kind in kinds() if kind.cls not in present]
    assert not [choice.name for choice in choices() if choice not in present]
    assert not [each.name for each in on_ranks() if each not in present]


# --- The page itself, on made-up results. ---


def agreed(job: Job, **changes: Any) -> JobResult:
    """Return a result that agrees on every rung at half the floor."""
    verdicts = {
        rung: {
            "rung": rung,
            "verdict": "agree",
            "worst_ratio_to_floor": 0.5,
            "sentence": "fine",
        }
        for rung in RUNGS
    }
    parts = ("layers", "loss", "optimizer", "schedule", "clipping", "penalty")
    outcomes = {part: {"emitted": "", "read": ""} for part in parts}
    result = {
        "verdicts": verdicts,
        "code": {"torch": outcomes, "keras": outcomes},
    }
    return result | changes


def page(absences: Any = None, **doctored: JobResult) -> Page:
    """Return a page on which all jobs agree, except those in `doctored`."""
    cases, conventions = case_jobs(), convention_jobs()
    results = {
        job.key: agreed(job) | doctored.get(job.name.replace("-", "_"), {})
        for job in (*conventions.values(), *cases)
    }
    precise = precision_jobs()
    for jobs in precise.values():
        for job in jobs:
            verdict = agreed(job)["verdicts"]["trajectory"]
            override = doctored.get(
                f"{job.name.replace('-', '_')}_{job.dtype}", {}
            )
            results[job.key] = {"verdicts": {job.dtype: verdict | override}}
    return Page(
        cases, conventions, results, absences or {}, "Made up.", precise
    )


def test_a_page_without_faults_lists_everything_once() -> None:
    made = page()
    text = made.text()
    assert made.faults == []
    assert demanded() <= listed(text)
    row = next(x for x in text.splitlines() if x.startswith("| adadelta |"))
    assert row.startswith("| adadelta | ✓ ✓ | ✓ ✓ | ✓ ✓ | – | – | 0.5 | 0.5")
    assert "No function of either backend is absent." in text


def lost(rung: str) -> JobResult:
    verdicts = agreed(case_jobs()[0])["verdicts"]
    verdicts[rung] = verdicts[rung] | {
        "verdict": "disagree",
        "worst_ratio_to_floor": 99.0,
        "sentence": "p is 99 times the floor",
    }
    return {"verdicts": verdicts}


def test_a_disagreement_is_a_fault_and_stands_on_every_row() -> None:
    made = page(selu_wide=lost("gradient"))
    text = made.text()
    assert made.faults == [
        "selu-wide: disagree: gradient: p is 99 times the floor",
    ]
    row = next(x for x in text.splitlines() if x.startswith("| selu |"))
    assert row.split(" | ")[4:7] == ["0.5", "disagree", "0.5"]
    gelu_row = next(x for x in text.splitlines() if x.startswith("| gelu |"))
    assert "disagree" not in gelu_row


def test_a_disagreement_in_a_precision_is_a_fault() -> None:
    lost = {"verdict": "disagree", "sentence": "the loss is 30 floors off"}
    made = page(spatial_dropout_bfloat16=lost)
    text = made.text()
    assert made.faults == [
        "spatial_dropout in bfloat16: trajectory: the loss is 30 floors off"
    ]
    assert "| spatial_dropout | 0.5 | disagree |" in text


def test_a_broken_worker_is_a_fault() -> None:
    made = page(spiral={"error": "the worker died"})
    made.text()
    assert made.faults == [
        "spiral: disagree: the worker died",
        "spiral: no case in which both agree",
    ]


def test_a_case_that_did_not_run_is_a_named_fault() -> None:
    made = page()
    cases, conventions = case_jobs(), convention_jobs()
    [gone] = [job for job in cases if job.name == "polynomial"]
    results = {k: v for k, v in made.results.items() if k != gone.key}
    precise = precision_jobs()
    partly = Page(cases, conventions, results, {}, "Made up.", precise)
    partly.text()
    assert partly.missing == [gone]
    assert partly.faults == [
        "polynomial was not run",
        "polynomial: no case in which both agree",
    ]


def test_a_failing_emission_is_a_fault() -> None:
    by_backend = agreed(case_jobs()[0])["code"]
    silent = by_backend["torch"] | {
        "loss": {"emitted": "KeyError: 'p'", "read": ""}
    }
    made = page(
        huber_0_3_={},
        **{"huber_0.3": {"code": by_backend | {"torch": silent}}},
    )
    text = made.text()
    assert "torch.emitted.huber: KeyError: 'p'" in made.faults
    row = next(x for x in text.splitlines() if x.startswith("| huber |"))
    assert " 5 of 6 ✓ " in row


def test_a_gap_is_listed_with_its_reason() -> None:
    gaps = {
        "torch": {"activations.mish": ["never", "there is none"]},
        "keras": {"reading.read_penalty": ["notimpl", "nobody asked"]},
    }
    made = page(gaps)
    text = made.text()
    assert made.faults == []
    assert "| mish | PyTorch never: there is none | – |" in text
    assert not [row for row in made.rows if "mish" in row.job.name]
    assert "| selu | ✓ ✓ |" in text
    assert "| PyTorch | `activations.mish` | never | there is none |" in text
    assert "| Keras | `reading.read_penalty` | notimpl |" in text
    assert "| penalty | ✓ ✓ |" in text


# --- Cached and interrupted runs. ---


def tiny(**recipe: Any) -> Arm:
    return arm([{"dense": 3}], **recipe)


def test_keys_change_with_what_the_result_depends_on() -> None:
    job = Job("a", tiny())
    assert job.key == Job("b", tiny()).key
    others = [
        replace(job, seed=1),
        replace(job, steps=9),
        replace(job, threads=2),
        replace(job, emits=True),
        replace(job, dtype="bfloat16"),
        Job("a", tiny(batch_size=8)),
        Job("a", arm([{"dense": 3}], samples=65)),
    ]
    assert len({job.key, *(other.key for other in others)}) == 8


def test_cached_results_are_not_run_again(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    job = Job("a", tiny())
    ResultCache(file, "now").keep(job.key, agreed(job))
    lines: list[str] = []
    results = run_jobs([job], ResultCache(file, "now"), watch=lines.append)
    assert results == {job.key: agreed(job)}
    assert lines == []
    assert ResultCache(file, "later").results == {}


class NoPair:
    """A stand-in for a pair of workers that records each start."""

    started: ClassVar[list[int]] = []

    def __init__(
        self, backends: Any, setup: Any, threads: int, *rest: Any, **more: Any
    ) -> None:
        self.started.append(threads)

    def __enter__(self) -> "NoPair":
        return self

    def __exit__(self, *reason: object) -> None:
        pass

    def alive(self) -> bool:
        return True

    def busy(self) -> dict[str, float]:
        return {}


@pytest.fixture
def seeds_run(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Run jobs without workers; return the seeds that were run.

    Seed 13 ends with an error.
    """
    seeds: list[int] = []

    def fake_run(pair: Any, job: Job) -> JobResult:
        seeds.append(job.seed)
        return {"error": "status -9"} if job.seed == 13 else agreed(job)

    monkeypatch.setattr(NoPair, "started", [])
    monkeypatch.setattr(pool, "WorkerPair", NoPair)
    monkeypatch.setattr(ladder_jobs, "run_job", fake_run)
    return seeds


def test_run_jobs_stops_and_continues(
    seeds_run: list[int], tmp_path: Path
) -> None:
    jobs = [Job(str(n), tiny(), seed=n) for n in range(3)]
    jobs.append(Job("doubled", tiny(), seed=0))
    file = tmp_path / "known.json"
    first = run_jobs(jobs, ResultCache(file), pairs=1, at_most=1)
    assert [*first] == [jobs[0].key]
    lines: list[str] = []
    results = run_jobs(jobs, ResultCache(file), pairs=1, watch=lines.append)
    assert lines == ["1/2 agree 1", "2/2 agree 2"]
    assert seeds_run == [0, 1, 2]
    assert len(results) == 3


def test_a_broken_run_is_reported_and_repeated(
    seeds_run: list[int], tmp_path: Path
) -> None:
    jobs = [Job(str(n), tiny(), seed=n) for n in (12, 13, 14)]
    memory = ResultCache(tmp_path / "known.json")
    for _ in range(2):
        results = run_jobs(jobs, memory, pairs=1)
        outcomes = [outcome(results[job.key]) for job in jobs]
        assert outcomes == ["agree", "disagree", "agree"]
    assert seeds_run == [12, 13, 14, 13]


def test_workers_are_renewed_and_have_their_threads(
    seeds_run: list[int], tmp_path: Path
) -> None:
    number = pool.LIFETIME + 1
    jobs = [Job("a", tiny(), seed=n + 20, threads=2) for n in range(number)]
    jobs.append(Job("a", tiny(), seed=1, threads=1))
    results = run_jobs(jobs, ResultCache(tmp_path / "known.json"), pairs=1)
    assert len(results) == number + 1
    assert NoPair.started == [1, 2, 2]


def test_one_arm_through_ladder_emission_and_reading(
    pair: WorkerPair,
) -> None:
    job = Job("a", tiny(), steps=6, emits=True)
    result = run_job(pair, job)
    absent = pair.ask("absences")
    assert outcome(result) == "agree"
    reached = RUNGS[: RUNGS.index("trajectory") + 1]
    assert [*result["verdicts"]] == [*reached]
    for backend in ("torch", "keras"):
        parts = result["code"][backend]
        assert parts["layers"]["emitted"] == ""
        assert parts["loss"]["emitted"] == ""
        for status, reason in absent[backend].values():
            assert status in ("notyet", "notimpl", "never")
            assert reason


def test_emitted_code_may_not_import_this_project() -> None:
    assert emission.run("x = 1", {})["x"] == 1
    for text in (
        "import framework_parity.common.spec.layers",
        "from tests import cases",
    ):
        assert "AssertionError: imports" in emission.tried(
            partial(emission.run, text, {})
        )


@pytest.mark.slow
def test_everything_agrees_on_every_rung(
    request: pytest.FixtureRequest,
) -> None:
    """Results that `make coverage` has cached are not computed again."""
    document = covered(Path(request.config.rootpath) / CACHE)
    document.text()
    assert document.faults == []
    for row in document.rows:
        for rung in RUNGS:
            if row.outcome(rung) == "agree":
                assert row.ratio(rung) <= TIMES_FLOOR, (row.job.name, rung)
