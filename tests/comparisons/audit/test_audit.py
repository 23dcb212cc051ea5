"""The audit: the search on made-up numbers, then small and real audits."""

import json
import re
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from html import unescape
from itertools import combinations
from math import comb
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import numpy as np
import pytest

from framework_parity.api.audit import audit
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.training.record import Record
from framework_parity.comparisons.audit import audit as auditing
from framework_parity.comparisons.audit import sweep
from framework_parity.comparisons.audit.causes import LARGEST_SET, DefaultsMix
from framework_parity.comparisons.audit.naive_port import NaivePort, naive_port
from framework_parity.comparisons.audit.result import AuditResult
from framework_parity.comparisons.audit.settings import AuditSettings
from framework_parity.comparisons.audit.sweep import (
    Drift,
    MixRuns,
    Sweep,
)
from framework_parity.comparisons.ladder.ladder import LadderResult
from framework_parity.comparisons.ladder.verdict import Verdict
from framework_parity.comparisons.report.audit import text
from framework_parity.comparisons.report.audit.document import (
    document as document_of,
)
from framework_parity.comparisons.run import settings
from tests.comparisons.cli.test_cli import parity

KEPT, KERNEL = "batch_norm_running_decay", "dense_kernel_initializer"
PAIR = frozenset({KEPT, KERNEL})
SEEDS = 5
SETTINGS = AuditSettings(profile="full", seeds=SEEDS)

Score = Callable[[DefaultsMix, Experiment], float]
"""A made-up test accuracy."""

WRITTEN = {
    "name": "tried",
    "dialect": "keras",
    "data": {"spiral": {"samples": 600}},
    "recipe": {
        "loss": "cross_entropy",
        "optimizer": {
            "adam": {
                "lr": 0.01,
                "epsilon": 1e-7,
                "epsilon_placement": "epsilon",
            }
        },
        "batch_size": 16,
        "epochs": 8,
        "shuffle": "each_epoch",
        "early_stopping": {"patience": 2, "counting": "reaches"},
    },
    "arms": {"only": [{"dense": 4}, "batch_norm", {"dense": 3}]},
}


def record(accuracy: float, epochs: float = 8.0) -> Record:
    losses = np.linspace(1.0, 0.5, 10)
    return Record(
        steps={"loss": losses},
        epochs={
            "epoch": np.arange(1.0, 3.0),
            "train_loss": np.ones(2),
            "validation_loss": np.ones(2) * 1.5,
        },
        final={
            "train_loss": 1.0 - accuracy,
            "test_accuracy": accuracy,
            "epochs": epochs,
        },
        weights={},
    )


class MadeUp:
    """A laboratory that makes up its numbers from a mix and its recipe.

    A run's metric is the score, plus a part that all runs of its seed
    share, plus noise of its own.
    """

    def __init__(self, port: NaivePort, score: Score, noise: float) -> None:
        self.score, self.noise = score, noise
        self.shared = np.linspace(-0.02, 0.02, SEEDS)
        names = sorted(row.name for row in port.conventions)
        mixes = [
            frozenset(part)
            for size in range(len(names) + 1)
            for part in combinations(names, size)
        ]
        self.mixes = {key_of_mix(port.mixed(mix)): mix for mix in mixes}
        self.runs = {"torch": 0, "keras": 0}
        self.asked: list[DefaultsMix] = []

    def ask(
        self, experiments: Iterable[Experiment], backend: str = ""
    ) -> None:
        self.asked += [self.mixes[key_of_mix(spec)] for spec in experiments]

    def measured(self, spec: Experiment, backend: str = "torch") -> MixRuns:
        middle = self.score(self.mixes[key_of_mix(spec)], spec)
        stopped = spec.recipe.early_stopping is not None
        epochs = 3.0 if stopped else 8.0
        mix = sorted(self.mixes[key_of_mix(spec)])
        key = crc32(f"{mix} {stopped}".encode())
        draws = np.random.default_rng(key).normal(size=SEEDS)
        values = middle + self.shared + self.noise * draws
        return MixRuns(tuple(record(v, epochs) for v in values))

    def drift(self, spec: Experiment, base: Experiment) -> Drift:
        return Drift(0.1, 4, 0.2)


def key_of_mix(spec: Experiment) -> str:
    """Return a key of the mix, whatever the options of the recipe."""
    dump = spec.model_dump(mode="json")
    return json.dumps([dump["arms"], dump["recipe"]["optimizer"]])


def search_made_up(
    score: Score, noise: float = 0.005, written: Any = WRITTEN
) -> AuditResult:
    """Search in made-up numbers."""
    port = naive_port(written)
    experiment = port.mixed(frozenset())
    verdict = Verdict("trajectory", "only", "agree", 1.25)
    ladder = LadderResult(experiment.arm("only"), [verdict])
    result = AuditResult(port, experiment, ladder, SETTINGS)
    lab: Any = MadeUp(port, score, noise)
    auditing._measure(result, lab)
    return result


def together(mix: DefaultsMix, spec: Experiment) -> float:
    """Only the pair fails, and only with early stopping."""
    fails = mix >= PAIR and spec.recipe.early_stopping is not None
    return 0.5 if fails else 0.9


def test_a_pair_that_only_fails_together_is_found() -> None:
    result = search_made_up(together)
    assert result.search is not None
    assert result.causes is not None
    assert result.search.sets == (PAIR,)
    assert set(result.causes.undone_by) == {
        frozenset({KEPT}),
        frozenset({KERNEL}),
    }
    assert all(abs(s.alone.mean) < 0.02 for s in result.switches)
    assert {s.convention.name for s in result.switches[:2]} == PAIR
    sentences = text.sentences(result)
    assert "of 0.897 (" in sentences[0]
    assert "of 0.502 (" in sentences[0]
    assert re.search(
        f"{KEPT} and {KERNEL} together cause it: −0.(39|40)", sentences[1]
    )
    assert "each alone is harmless" in sentences[1]
    pairs = comb(len(result.switches), 2)
    assert f"no other of {pairs} sets of 2 causes it" in sentences[1]
    assert (
        f"switching back either {KEPT} or {KERNEL} removes it" in sentences[1]
    )


def test_an_option_that_amplifies_is_found_by_removing_it() -> None:
    result = search_made_up(together)
    amplifies = {o.name: o.amplifies for o in result.options}
    assert amplifies == {"early_stopping": True}
    sentence = text.sentences(result)[2]
    assert "early_stopping amplifies it" in sentence
    assert "after 3 of 8 epochs" in sentence
    assert "the difference shrinks from 0.396" in sentence


def test_options_that_do_not_amplify_are_not_named() -> None:
    result = search_made_up(lambda mix, _: 0.5 if mix >= PAIR else 0.9)
    assert not any(option.amplifies for option in result.options)
    assert "No option of the recipe" in text.sentences(result)[2]


def test_the_four_corners_are_measured_in_both_frameworks() -> None:
    result = search_made_up(together)
    corners = {corner.mix: corner.runs for corner in result.corners}
    for size in range(3):
        for part in combinations(sorted(PAIR), size):
            assert set(corners[frozenset(part)]) == {"torch", "keras"}
    assert len(corners) == len(result.corners)


def test_the_better_port_may_be_keras() -> None:
    everything = naive_port(WRITTEN).corners["keras"]
    result = search_made_up(lambda mix, _: 0.9 if KEPT in mix else 0.4)
    assert result.good == everything
    assert result.search is not None
    assert result.search.sets == (frozenset({KEPT}),)
    assert result.share(result.switches[0].alone.mean) == pytest.approx(
        1.0, abs=0.02
    )
    sentence = text.sentences(result)[1]
    assert f"{KEPT} alone causes it: −0.503 (95 % interval" in sentence


def test_two_ways_to_fail_are_both_found() -> None:
    result = search_made_up(lambda mix, _: 0.5 if mix & PAIR else 0.9)
    assert result.search is not None
    assert result.causes is not None
    assert set(result.search.sets) == {frozenset({KEPT}), frozenset({KERNEL})}
    assert result.causes.undone_by == (PAIR,)
    assert (
        "1 other set of that size also causes it" in text.sentences(result)[1]
    )


def test_a_gap_that_may_be_chance_is_not_searched() -> None:
    result = search_made_up(together, noise=0.3)
    assert result.causes is not None
    assert result.causes.decision == "undecided"
    assert not result.gap_is_real
    assert result.search is None
    sentences = text.sentences(result)
    assert "is significant is undecided at 5 seeds" in sentences[1]
    assert "No option of the recipe was tried" in sentences[2]
    document = document_of(result)
    assert document["amplifiers"] == document["makes"] == []
    low, high = document["gap_interval"]
    assert low < 0 < high
    assert document["seeds_needed"] > SEEDS


def test_a_negligible_gap_is_reported_as_negligible() -> None:
    result = search_made_up(lambda mix, _: 0.9, noise=0.002)
    assert result.causes is not None
    assert result.causes.decision == "negligible"
    assert result.search is None
    sentence = text.sentences(result)[1]
    assert "is negligible: the interval lies within ±0.020" in sentence


def test_parts_that_cost_something_are_not_called_harmless() -> None:
    """Each alone costs 0.06, and both together 0.4."""

    def score(mix: DefaultsMix, spec: Experiment) -> float:
        return 0.9 - (0.4 if mix >= PAIR else 0.06 * len(mix & PAIR))

    result = search_made_up(score)
    assert result.search is not None
    assert result.search.sets == (PAIR,)
    sentence = text.sentences(result)[1]
    assert "harmless" not in sentence
    assert f"{KEPT} alone changes it by −0.0" in sentence
    rows = {s.convention.name: s for s in result.switches}
    assert {rows[name].decision(result.margin) for name in PAIR} == {"shown"}


def test_a_single_difference_is_the_cause_however_noisy_the_seeds() -> None:
    words = json.loads(json.dumps(WRITTEN))
    dense = {"units": 3, "bias_initializer": "zeros"}
    words["arms"] = {"only": [{"dense": dense}]}
    words["recipe"]["optimizer"] = {"sgd": 0.1}
    result = search_made_up(
        lambda mix, _: 0.4 if mix else 0.9, noise=0.4, written=words
    )
    (only,) = result.port.conventions
    assert result.causes is not None
    assert result.causes.only
    assert result.cause == frozenset({only.name})
    sentences = text.sentences(result)
    assert "1 convention differs" in sentences[0]
    assert sentences[1].startswith(
        f"{only.name} is the only difference, so it is"
    )


def test_a_diverging_port_is_compared_by_its_share_of_diverged_runs() -> None:
    result = search_made_up(lambda mix, _: np.nan if KEPT in mix else 0.9)
    assert result.metric == "diverged"
    assert result.gap.mean == 1.0
    assert result.cause == frozenset({KEPT})
    document = document_of(result)
    json.dumps(document, allow_nan=False)
    assert document["gap"] == 1.0


def test_a_gap_that_no_small_set_makes_is_reported() -> None:
    full = naive_port(WRITTEN).corners["keras"]
    assert len(full) > LARGEST_SET
    result = search_made_up(lambda mix, _: 0.9 - 0.4 * (mix == full))
    assert result.search is not None
    assert result.search.sets == ()
    assert "No set of up to 3 conventions" in text.sentences(result)[1]


def test_a_limited_search_tries_the_strongest_sets_and_reports_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(auditing.MOST_SETS, "full", 5)
    result = search_made_up(together)
    assert result.search is not None
    pairs = comb(len(result.switches), 2)
    assert (result.search.tried, result.search.possible) == (3, pairs)
    assert result.search.sets == (PAIR,)
    assert (
        f"of {pairs} sets of 2, the strongest 3" in text.sentences(result)[1]
    )


def test_the_document_is_json_and_keeps_the_contract() -> None:
    document = document_of(search_made_up(together))
    json.dumps(document, allow_nan=False)
    assert document["command"] == "audit"
    assert document["verdict"] == "agree"
    assert document["aligned_residual"] == 1.25
    assert document["makes"] == [sorted(PAIR)]
    assert document["amplifiers"] == ["early_stopping"]
    assert len(document["sentences"]) == 3
    row = document["conventions"][0]
    assert set(row["sources"]) == {"torch", "keras"}
    assert row["sentence"].endswith(".")
    assert {"effect", "share", "max_drift", "first_step_past_floor"} <= set(
        row
    )


def test_nothing_is_trained_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []

    class Counting:
        def __init__(self, backend: str, **settings: Any) -> None:
            self.backend = backend

        def submit(self, task: str, **arguments: Any) -> "Future[Any]":
            trained.append((self.backend, arguments["seed"]))
            done: Future[Any] = Future()
            done.set_result([record(0.5)] * (1 + len(arguments["nudges"])))
            return done

        def close(self) -> None:
            pass

    monkeypatch.setattr(sweep, "Worker", Counting)
    port = naive_port(WRITTEN)
    torch, again = port.mixed(frozenset()), port.mixed(frozenset())
    both: Any = SimpleNamespace(
        workers={side: Counting(side) for side in ("torch", "keras")},
        options={},
    )
    with Sweep(both, 2, jobs=2) as lab:
        lab.ask([torch, again])
        lab.measured(again)
        assert trained == [("torch", 0), ("torch", 1)]
        lab.measured(torch, "keras")
        assert len(trained) == 4
        assert lab.runs == {"torch": 2, "keras": 2}


def test_one_seed_is_refused() -> None:
    with pytest.raises(SpecError, match="from 2 to 1,000"):
        audit("naive_port", seeds=1)


@pytest.mark.usefixtures("shared_workers")
def test_an_aligned_run_that_disagrees_ends_the_audit_with_status_1(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def disagree(pair: Any, arm: Any, **more: Any) -> LadderResult:
        verdict = Verdict(
            "step", arm.name, "disagree", np.inf, sentence="planted"
        )
        return LadderResult(arm, [verdict])

    monkeypatch.setattr(auditing, "run_ladder", disagree)
    file = tmp_path / "tried.json"
    file.write_text(json.dumps(WRITTEN), "utf-8")
    command = ("audit", str(file), "--json", "--out", str(tmp_path / "out"))
    assert parity(*command) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "disagree"
    assert document["conventions"] == []
    assert document["aligned_residual"] is None
    assert "planted" in document["sentence"]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the aligned run's trajectory short."""
    monkeypatch.setitem(settings.TRAJECTORY, "quick", 60)


@pytest.mark.usefixtures("short", "shared_workers")
def test_a_complete_spec_has_no_naive_port(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    complete = naive_port(WRITTEN).sides["torch"]
    file = tmp_path / "complete.json"
    file.write_text(json.dumps(complete), "utf-8")
    out = tmp_path / "out"
    assert parity("audit", str(file), "--json", "--out", str(out)) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["sentences"][0].startswith("Nothing differs")
    assert document["conventions"] == []
    assert document["aligned_residual"] <= 10
    assert "Nothing differs" in (out / "report.html").read_text("utf-8")


@pytest.mark.usefixtures("short", "shared_workers")
def test_a_small_audit_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = json.loads(json.dumps(WRITTEN))
    layers = [{"dense": {"units": 3, "bias": False}}, "sigmoid"]
    words["arms"] = {"only": layers}
    words["recipe"].pop("early_stopping")
    file = tmp_path / "small.json"
    file.write_text(json.dumps(words), "utf-8")
    out = tmp_path / "out"
    command = ["audit", str(file), "--seeds", "2", "--jobs", "1"]
    command += ["--out", str(out)]
    assert parity(*command) == 0
    output = capsys.readouterr()
    assert KERNEL in output.out
    document = json.loads((out / "result.json").read_text("utf-8"))
    [warning] = document["warnings"]
    assert warning.startswith("arms.only: sigmoid_1 is applied before")
    assert output.err.startswith(f"warning: {warning}\n")
    assert warning in unescape((out / "report.html").read_text("utf-8"))
    assert document["runs"]["keras"] == 4
    confirmed = document["confirmed_within"]
    assert confirmed["test_accuracy"] == confirmed["epochs"] == 0.0
    assert confirmed["train_loss"] < 1e-12
    rows = {row["convention"]: row for row in document["conventions"]}
    # The kernel is drawn differently, so the very first loss differs.
    assert rows[KERNEL]["first_step_past_floor"] == 0
    # A bias that is not there has no initialiser to speak of.
    assert rows["dense_bias_initializer"]["max_drift"] == 0.0
    assert rows["dense_bias_initializer"]["first_step_past_floor"] is None
    page = (out / "report.html").read_text("utf-8")
    for outside in ("<script", "<link", "src=", "@import", "url(http"):
        assert outside not in page
    assert page.count("<svg") == 2


@pytest.mark.slow
def test_the_showcase() -> None:
    result = audit("naive_port")
    document = document_of(result)
    assert document["verdict"] == "agree"
    assert document["makes"] == [sorted(PAIR)]
    assert document["amplifiers"] == ["early_stopping"]
    corners = {corner.mix: corner.runs["torch"] for corner in result.corners}
    for mix in ((), (KEPT,), (KERNEL,)):
        assert corners[frozenset(mix)].mean("test_accuracy") > 0.9
    assert corners[PAIR].mean("test_accuracy") < 0.6
    assert max(corners[PAIR].values("epochs")) < 20
    confirmed = document["confirmed_within"]
    assert confirmed["test_accuracy"] == confirmed["epochs"] == 0.0
    rows = {row["convention"]: row for row in document["conventions"]}
    # Only evaluation uses it, so it changes no training loss.
    assert rows[KEPT]["max_drift"] == 0.0
    assert rows[KEPT]["max_drift_of_evaluations"] > 0.1


@pytest.mark.slow
def test_the_digits_have_small_effects_and_no_residual() -> None:
    document = document_of(audit("naive_port", dataset="digits"))
    assert document["verdict"] == "agree"
    assert document["aligned_residual"] <= 10
    # Over five seeds the gap is -0.014 with a standard error of 0.005, so that
    # its interval, to -0.001, just excludes 0.
    assert abs(document["gap"]) < 0.03
    assert document["gap_interval"][1] == pytest.approx(-0.0008, abs=0.005)
    assert abs(document["effects_sum"]) < 0.1
