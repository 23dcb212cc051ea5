"""Fuzzing finds what is planted, makes it small, and saves it."""

from pathlib import Path
from typing import Any

import pytest

from framework_parity.common.spec.load import load
from framework_parity.comparisons.fuzz.fuzz import Fuzzed, _drawn, fuzz
from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.workers.pool import WorkerPair

# What is noise is another processor's to say: these are not for every commit.
OF_NOISE: dict[str, Any] = {
    "best_epoch_by_rounding": pytest.mark.slow,
    "constant_channel_under_l1": pytest.mark.slow,
    "noise_under_vanishing_weights": pytest.mark.slow,
    "penalty_of_noise": pytest.mark.slow,
    "signs_that_cancel_under_l1": pytest.mark.slow,
    "penalty_of_noise_under_adam": pytest.mark.slow,
}
FOUND = [
    pytest.param(path, id=path.stem, marks=OF_NOISE.get(path.stem, ()))
    for path in sorted((Path(__file__).parent / "fuzzed").glob("*.yaml"))
]


@pytest.mark.parametrize("path", FOUND)
def test_what_fuzzing_found_and_was_explained_is_no_disagreement(
    pair: WorkerPair, path: Path
) -> None:
    verdicts = run_ladder(pair, load(path).arm("fuzzed"), steps=20).verdicts
    parted = [v.sentence for v in verdicts if v.outcome == "disagree"]
    assert parted == []


def planted(fault: str, out: Path, count: int) -> Fuzzed:
    setup = {"keras": f"tests.{fault}"}
    return fuzz(count, 0, jobs=1, steps=5, out=out, setup=setup)


def test_a_planted_fault_is_shrunk_saved_and_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pair: WorkerPair
) -> None:
    monkeypatch.setattr(
        "framework_parity.comparisons.fuzz.fuzz.SHRINKING", 10.0
    )
    fault = "faults:data_through_float32"
    found = planted(fault, tmp_path, 2)
    assert found.verdict == "disagree"
    assert found.outcomes["disagree"] == found.count == 2
    for failure in found.failures:
        assert failure.verdict.rung == "data"
        # Nothing in a network is needed for data to differ: an image is
        # flattened, and there is an output.
        assert len(failure.spec.arm("fuzzed").layers) <= 2
        assert failure.path is not None
        replayed = load(failure.path)
        assert replayed == failure.spec
    with WorkerPair(setup={"keras": f"tests.{fault}"}, threads=1) as faulty:
        last = run_ladder(faulty, replayed.arm("fuzzed"), steps=5).verdicts[-1]
        assert (last.rung, last.outcome) == ("data", "disagree")
    verdicts = run_ladder(pair, replayed.arm("fuzzed"), steps=5).verdicts
    assert all(verdict.agrees for verdict in verdicts)


@pytest.mark.parametrize(
    ("misfortune", "said"),
    [
        ("fail_on_residual", "Keras broke in 'survey': ZeroDivisionError"),
        # Each try costs new workers.
        pytest.param(
            "die_on_residual",
            "Keras worker died in 'survey' with status 9",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_framework_that_breaks_on_a_spec_does_not_agree(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    misfortune: str,
    said: str,
) -> None:
    monkeypatch.setattr(
        "framework_parity.comparisons.fuzz.fuzz.SHRINKING", 5.0
    )
    found = planted(f"comparisons.misfortunes:{misfortune}", tmp_path, 8)
    assert 0 < found.outcomes["disagree"] < found.count == 8
    for failure in found.failures:
        assert failure.verdict.rung == "worker"
        assert said in failure.verdict.sentence
        assert failure.path is not None
        assert "residual" in failure.path.read_text("utf-8")
        assert load(failure.path) == failure.spec


def test_a_seed_draws_the_same_specs_and_another_draws_others() -> None:
    once, again, other = (
        [spec.content_hash for spec, _ in _drawn(30, seed)]
        for seed in (5, 5, 6)
    )
    assert once == again
    assert len(set(once)) == 30
    # The simplest of all is tried in every round.
    assert len(set(once) & set(other)) < 5
