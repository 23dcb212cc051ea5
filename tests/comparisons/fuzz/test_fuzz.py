"""Fuzzing finds what is planted, makes it small, and saves it."""

from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings

from framework_parity.common.spec.architecture import layer_nodes
from framework_parity.common.spec.layers.activations import Softmax
from framework_parity.common.spec.load import load
from framework_parity.comparisons.fuzz import strategies
from framework_parity.comparisons.fuzz.fuzz import (
    Fuzzed,
    _Done,
    _drawn,
    _shrunk,
    fuzz,
)
from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.ladder.precision import train_in
from framework_parity.comparisons.ladder.verdict import Verdict
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.faulty import planted

FUZZ = "framework_parity.comparisons.fuzz.fuzz"

# What is noise depends on the processor: these do not run on every commit.
OF_NOISE: dict[str, Any] = {
    "best_epoch_by_rounding": pytest.mark.slow,
    "cancellation_in_bfloat16": pytest.mark.slow,
    "constant_channel_under_l1": pytest.mark.slow,
    "noise_under_vanishing_weights": pytest.mark.slow,
    "norm_of_equal_numbers": pytest.mark.slow,
    "penalty_of_noise": pytest.mark.slow,
    "signs_that_cancel_under_l1": pytest.mark.slow,
    "slope_of_equal_numbers_normalized": pytest.mark.slow,
    "penalty_of_noise_under_adam": pytest.mark.slow,
}
FOUND = [
    pytest.param(path, id=path.stem, marks=OF_NOISE.get(path.stem, ()))
    for path in sorted((Path(__file__).parent / "fuzzed").glob("*.yaml"))
]


@pytest.mark.parametrize("path", FOUND)
def test_explained_findings_of_fuzzing_are_no_disagreement(
    pair: WorkerPair, path: Path
) -> None:
    spec = load(path)
    arm, dtype = spec.arm("fuzzed"), spec.recipe.precision
    verdicts = run_ladder(pair, arm, steps=20).verdicts
    if dtype != "float64":
        verdicts.append(train_in(pair, arm, dtype, steps=20)[1])
    disagreements = [v.sentence for v in verdicts if v.outcome == "disagree"]
    assert disagreements == []


def test_networks_are_drawn_that_may_follow_padding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A softmax over the steps may not, neither alone nor after a residual.
    monkeypatch.setattr(strategies, "_ACTIVATIONS", [Softmax])

    @settings(max_examples=100, database=None, derandomize=True, deadline=None)
    @given(strategies.networks((4, 3), longest=2, padded=True))
    def drawn(network: tuple[Any, ...]) -> None:
        layer_nodes(network, (4, 3), padded=True)

    drawn()


def fuzzed(fault: str, out: Path, count: int) -> Fuzzed:
    setup = {"keras": f"tests.{fault}"}
    return fuzz(count, 0, jobs=1, steps=5, out=out, setup=setup)


def test_a_planted_fault_is_shrunk_saved_and_replayed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pair: WorkerPair,
    faulty: WorkerPair,
) -> None:
    monkeypatch.setattr(f"{FUZZ}.SHRINKING", 2.0)
    monkeypatch.setattr(f"{FUZZ}.MOST_SHRUNK", 1)
    fault = "data_through_float32"
    result = fuzzed(f"faults:{fault}", tmp_path, 2)
    assert result.verdict == "disagree"
    assert result.outcomes["disagree"] == result.count == 2
    [failure] = result.failures
    assert failure.verdict.rung == "data"
    # Data differ without any layer: at most an image is flattened, and there
    # is an output.
    assert len(failure.spec.arm("fuzzed").layers) <= 2
    assert failure.path is not None
    replayed = load(failure.path)
    assert replayed == failure.spec
    with planted(fault, "keras", pair, faulty) as both:
        last = run_ladder(both, replayed.arm("fuzzed"), steps=5).verdicts[-1]
        assert (last.rung, last.outcome) == ("data", "disagree")
    verdicts = run_ladder(pair, replayed.arm("fuzzed"), steps=5).verdicts
    assert all(verdict.agrees for verdict in verdicts)


@pytest.mark.parametrize(
    ("misfortune", "message"),
    [
        pytest.param(
            "fail_on_residual",
            "Keras broke in 'inspect_step': ZeroDivisionError",
            marks=pytest.mark.slow,
        ),
        # Each try costs new workers.
        pytest.param(
            "die_on_residual",
            "Keras worker died in 'inspect_step' with status 9",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_framework_that_breaks_on_a_spec_does_not_agree(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    misfortune: str,
    message: str,
) -> None:
    monkeypatch.setattr(f"{FUZZ}.SHRINKING", 2.0)
    monkeypatch.setattr(f"{FUZZ}.MOST_SHRUNK", 2)
    result = fuzzed(f"comparisons.misfortunes:{misfortune}", tmp_path, 8)
    assert 0 < result.outcomes["disagree"] < result.count == 8
    for failure in result.failures:
        assert failure.verdict.rung == "worker"
        assert message in failure.verdict.sentence
        assert failure.path is not None
        assert "residual" in failure.path.read_text("utf-8")
        assert load(failure.path) == failure.spec


def test_progress_counts_results_as_they_arrive() -> None:
    reports: list[tuple[int, int, int]] = []
    done = _Done(4, lambda *counts: reports.append(counts))
    futures: list[Future[Any]] = [Future() for _ in range(4)]
    for future in futures:
        future.add_done_callback(done)
    futures[2].set_result(("agree", None))
    futures[0].set_result(("disagree", None))
    futures[1].set_exception(ValueError())
    assert futures[3].cancel()
    assert reports == [(1, 4, 0), (2, 4, 1)]


def test_a_seed_draws_the_same_specs_and_another_draws_others() -> None:
    once, again, other = (
        [spec.content_hash for spec, _ in _drawn(30, seed)]
        for seed in (5, 5, 6)
    )
    assert once == again
    assert len(set(once)) == 30
    # The simplest of all is tried in every round.
    assert len(set(once) & set(other)) < 5


def test_a_disagreement_that_does_not_come_again_is_kept_as_drawn() -> None:
    [(spec, number)] = _drawn(1, 0)
    verdict = Verdict("gradient", "fuzzed", "disagree")
    agreeing: Any = SimpleNamespace(
        run_ladder=lambda _: [Verdict("gradient", "fuzzed", "agree")]
    )
    failure = _shrunk(agreeing, spec, number, verdict)
    assert failure.spec == spec
    assert failure.verdict is verdict
    assert failure.verdict.outcome == "disagree"
