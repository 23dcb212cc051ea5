"""The statistics rung: known values, simulated seeds, and a real pair."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from framework_parity.common.training.record import DIVERGED_LOSS, Record
from framework_parity.comparisons.ladder.ladder import RUNGS, run_ladder
from framework_parity.comparisons.ladder.statistics import (
    Equivalence,
    compare_samples,
    own_seeds,
    train_independently,
)
from framework_parity.comparisons.ladder.thresholds import (
    ALPHA_DIFFERENCE,
    ALPHA_EQUIVALENCE,
    FEWEST_SEEDS,
    POWER,
    SEEDS,
)
from framework_parity.comparisons.workers.worker import LABELS, WorkerPair
from tests.comparisons.arms import SPIRAL, arm
from tests.comparisons.faulty import planted


def ended(value: float, metric: str = "test_accuracy") -> Record:
    """Return the record of a run that ended with this metric."""
    return Record(
        steps={"loss": np.ones(3)},
        epochs={},
        final={"test_loss": 0.5, metric: value},
        weights={},
    )


def blown_up(loss: float = math.nan) -> Record:
    """Return the record of a run that diverged."""
    final = {"test_loss": loss, "test_accuracy": 0.1}
    return Record({"loss": np.ones(3)}, {}, final, {})


def judged(
    torch: Any,
    keras: Any,
    margin: float | None = None,
    metric: str = "test_accuracy",
) -> Equivalence:
    """Compare two sets of final values; None is a run that blew up."""
    runs = [
        [blown_up() if v is None else ended(float(v), metric) for v in values]
        for values in (torch, keras)
    ]
    return compare_samples(runs[0], runs[1], margin)


def around(mean: float, spread: float, count: int) -> Any:
    """Return an even number of values with this mean and deviation."""
    signs = np.tile([1.0, -1.0], count // 2)
    return mean + signs * spread * math.sqrt((count - 1) / count)


# P(T > t), from the tables of Student's distribution.
TABLE = [
    # count, whether Keras's values have no spread, degrees, t, P
    (10, False, 18, 1.7341, 0.05),
    (10, False, 18, 2.5524, 0.01),
    (6, False, 10, 1.8125, 0.05),
    (6, False, 10, 2.7638, 0.01),
    (16, False, 30, 1.6973, 0.05),
    (10, True, 9, 1.8331, 0.05),
    (6, True, 5, 2.0150, 0.05),
    (6, True, 5, 3.3649, 0.01),
]


@pytest.mark.parametrize(("count", "constant", "degrees", "t", "p"), TABLE)
@pytest.mark.parametrize("sign", [1, -1])
def test_p_matches_the_tables(
    count: int, constant: bool, degrees: int, t: float, p: float, sign: int
) -> None:
    """Two equal spreads have 2n - 2 degrees of freedom, one has n - 1."""
    spread = 0.01
    error = spread * math.sqrt((1 if constant else 2) / count)
    keras = around(0.5, 0.0 if constant else spread, count)
    margin = 10 * error
    near = around(0.5 + sign * (margin - t * error), spread, count)
    result = judged(near, keras, margin)
    assert result.p_equivalent == pytest.approx(p, rel=1e-3)
    far = around(0.5 + sign * (margin + t * error), spread, count)
    result = judged(far, keras, margin)
    assert result.p_different == pytest.approx(p, rel=1e-3)


def tail(t: float, freedom: float) -> float:
    """Integrate the density of Student's t from t on, by hand."""
    x = t + np.linspace(0.0, 1.0, 200_001)[:-1] ** 3 * 2000.0
    y = (1 + x**2 / freedom) ** (-(freedom + 1) / 2)
    gamma = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    area = float((np.diff(x) * (y[1:] + y[:-1]) / 2).sum())
    return area * math.exp(gamma) / math.sqrt(freedom * math.pi)


def test_unequal_spreads_and_counts_have_welchs_degrees() -> None:
    """Of deviations 3, 1 with n = 6, 8: a = 1.5, b = 0.125."""
    freedom = 1.625**2 / (1.5**2 / 5 + 0.125**2 / 7)
    result = judged(around(0.0, 3.0, 6), around(1.0, 1.0, 8), margin=4.0)
    t = 3.0 / math.sqrt(1.625)
    assert result.p_equivalent == pytest.approx(tail(t, freedom), rel=1e-4)
    far = 5.0 / math.sqrt(1.625)
    both = tail(-t, freedom) + tail(far, freedom)
    assert result.p_different == pytest.approx(min(both, 1.0), rel=1e-4)


@pytest.mark.parametrize(
    ("apart", "spread", "outcome"),
    [
        (0.000, 0.01, "agree"),
        (0.010, 0.01, "agree"),
        (0.018, 0.01, "undecided"),
        (0.022, 0.01, "undecided"),
        (0.040, 0.01, "disagree"),
        (0.000, 0.05, "undecided"),
        (0.040, 0.05, "undecided"),
        (0.100, 0.05, "disagree"),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_not_shown_is_undecided(
    apart: float, spread: float, outcome: str, sign: int
) -> None:
    result = judged(
        around(0.8, spread, 10), around(0.8 + sign * apart, spread, 10)
    )
    assert result.outcome == outcome
    assert (result.seeds_needed is None) == (outcome != "undecided")


def test_a_sentence_states_means_spreads_margin_and_p() -> None:
    torch, keras = around(0.9, 0.01, 10), around(0.905, 0.02, 10)
    sentence = judged(torch, keras).sentence
    assert "0.9 ± 0.01 in PyTorch, 0.905 ± 0.02 in Keras" in sentence
    assert "of 10 runs each" in sentence
    assert "equivalent within 0.02 (p = 0.02" in sentence
    sentence = judged(torch, keras, margin=0.01).sentence
    assert "undecided, since neither" in sentence
    assert "it would likely take" in sentence
    sentence = judged(torch, keras + 0.1).sentence
    assert "differ by more than 0.02 (p = " in sentence


def test_the_margin_of_a_loss_is_a_share_of_its_mean() -> None:
    torch, keras = around(2.0, 0.01, 10), around(2.1, 0.01, 10)
    result = judged(torch, keras, metric="test_loss")
    assert result.margin == pytest.approx(0.205)
    assert result.outcome == "agree"
    assert judged(torch, keras, 0.01, "test_loss").outcome == "disagree"


@pytest.mark.parametrize(
    ("torch", "keras", "outcome"),
    [
        ([1.0] * 6, [1.0] * 6, "agree"),
        ([1.0] * 6, [0.99] * 6, "agree"),
        ([1.0] * 6, [0.9] * 6, "disagree"),
        ([1.0] * 6, around(1.0, 0.001, 6), "agree"),
        ([1.0] * (FEWEST_SEEDS - 1), [0.5] * (FEWEST_SEEDS - 1), "undecided"),
        ([1.0], [1.0], "undecided"),
    ],
)
def test_runs_that_all_end_alike(torch: Any, keras: Any, outcome: str) -> None:
    result = judged(torch, keras)
    assert result.outcome == outcome
    assert "nan" not in result.sentence


@pytest.mark.parametrize(
    ("torch", "keras", "outcome", "says"),
    [
        ([None] * 10, [0.9] * 10, "disagree", "PyTorch diverges more often"),
        ([0.9] * 10, [None] * 10, "disagree", "Keras diverges more often"),
        ([None] * 10, [None] * 10, "agree", "every run diverges in both"),
        ([None] * 4, [None] * 4, "undecided", "fewer than 5 runs do not"),
        ([None] * 9 + [0.9], [None] * 10, "undecided", "fewer than 5"),
        ([0.9] * 10, [0.9] * 9 + [None], "undecided", "not shown to be equal"),
        ([0.9] * 10, [0.5] * 9 + [None], "disagree", "1 in Keras diverged"),
        (
            [0.9] * 10,
            [0.9] * 7 + [None] * 3,
            "undecided",
            "not shown to be equal",
        ),
    ],
)
def test_diverged_runs_are_counted_and_compared(
    torch: Any, keras: Any, outcome: str, says: str
) -> None:
    result = judged(torch, keras)
    assert result.outcome == outcome
    assert says in result.sentence
    assert "nan" not in result.sentence


def test_how_often_each_diverges_is_fishers_exact_test() -> None:
    """5 of 5 against 0 of 5: one table of C(10, 5) = 252 on each side."""
    result = judged([None] * 5, [0.9] * 5)
    assert result.p_diverged == pytest.approx(2 / 252)


def test_a_negative_first_loss_does_not_count_as_a_divergence() -> None:
    """A custom loss may start below 0; its size is what bounds the last."""
    run = replace(ended(0.9), steps={"loss": np.array([-2.0])})
    assert compare_samples([run] * 5, [ended(0.9)] * 5).torch.diverged == 0


@pytest.mark.parametrize("loss", [math.nan, math.inf, 10 * DIVERGED_LOSS])
def test_a_loss_out_of_all_bounds_has_diverged(loss: float) -> None:
    """Though its accuracy is a number."""
    runs = [ended(0.9)] * 9 + [blown_up(loss)]
    result = compare_samples(runs, [ended(0.9)] * 10)
    assert result.torch.diverged == 1
    assert result.torch.mean == pytest.approx(0.9)


@pytest.mark.parametrize("backend", list(LABELS))
def test_each_framework_has_its_own_seeds_and_asking_for_more_adds_to_them(
    backend: str,
) -> None:
    seeds = own_seeds(backend, 3, 20)
    other_seeds = own_seeds(next(b for b in LABELS if b != backend), 3, 20)
    assert len(set(seeds) | set(other_seeds)) == 40
    assert own_seeds(backend, 3, 5) == seeds[:5]


# How often it errs, over simulated seeds.


def share(outcome: str, apart: float, seeds: int, spread: Any) -> float:
    """Return how often samples with this true difference have this outcome."""
    rng = np.random.default_rng(0)
    times = 400
    wide = np.broadcast_to(spread, 2)
    outcomes: list[str] = [
        judged(
            rng.normal(0.8, wide[0], seeds),
            rng.normal(0.8 + apart, wide[1], seeds),
        ).outcome
        for _ in range(times)
    ]
    return outcomes.count(outcome) / times


@pytest.mark.parametrize("spread", [0.01, 0.03, (0.005, 0.03)], ids=str)
@pytest.mark.parametrize("seeds", [5, SEEDS])
def test_it_errs_no_more_often_than_its_level(seeds: int, spread: Any) -> None:
    """At the margin itself, where either answer is wrong most often.

    Three standard errors of a share of 400 are allowed above the level.
    """
    for outcome, level in (
        ("agree", ALPHA_EQUIVALENCE),
        ("disagree", ALPHA_DIFFERENCE),
    ):
        allowed = level + 3 * math.sqrt(level * (1 - level) / 400)
        assert share(outcome, 0.02, seeds, spread) <= allowed


@pytest.mark.parametrize("spread", [0.01, 0.02])
def test_equal_frameworks_never_disagree(spread: float) -> None:
    assert share("disagree", 0.0, SEEDS, spread) == 0.0


@pytest.mark.parametrize(
    ("apart", "outcome"),
    [(0.0, "agree"), (0.01, "agree"), (0.03, "disagree")],
)
@pytest.mark.parametrize("spread", [0.02, 0.05])
def test_the_proposed_number_of_seeds_has_the_promised_power(
    apart: float, outcome: str, spread: float
) -> None:
    """With about the power that is promised."""
    few = judged(
        around(0.8, spread, 6), around(0.8 + apart, spread, 6)
    ).seeds_needed
    assert few is not None
    assert share(outcome, apart, few, spread) == pytest.approx(POWER, abs=0.06)


# The rung itself, with both frameworks.


def normal(stddev: float) -> dict[str, Any]:
    return {"kernel_initializer": {"normal": stddev}}


# So deep that the width of the initial weights matters after 8 epochs.
DEEP = arm(
    [
        "flatten",
        *[{"dense": {"units": 24, **normal(0.2)}}, "tanh"] * 3,
        {"dense": {"units": 10, **normal(0.2)}},
    ],
    {"digits": None, "test": 0.5, "validation": 0.1},
    "keras",
    optimizer={"sgd": 0.2},
    batch_size=64,
    epochs=8,
)


def test_independently_trained_frameworks_are_equivalent(
    pair: WorkerPair,
) -> None:
    ladder = run_ladder(pair, DEEP, steps=14, level="statistics")
    assert tuple(verdict.rung for verdict in ladder.verdicts) == RUNGS
    for verdict in ladder.verdicts:
        assert verdict.agrees, f"{verdict.rung}: {verdict.sentence}"
    statistics = ladder.statistics
    assert statistics is not None
    assert statistics.metric == "test_accuracy"
    assert statistics.torch.runs == statistics.keras.runs == SEEDS
    assert min(statistics.torch.spread, statistics.keras.spread) > 0.0
    document = ladder.verdicts[-1].as_json()
    assert document["worst_ratio_to_floor"] is None
    assert document["keras"]["mean"] == statistics.keras.mean


@pytest.mark.parametrize(
    "suspect", ["torch", pytest.param("keras", marks=pytest.mark.slow)]
)
def test_initial_weights_that_are_too_wide_are_found_without_sharing(
    pair: WorkerPair, faulty: WorkerPair, suspect: str
) -> None:
    """Every lower rung starts both from the same weights and sees nothing.

    The initial weights show it directly, and the seeds show its effect.
    """
    with planted("own_weights_too_wide", suspect, pair, faulty) as both:
        ladder = run_ladder(both, DEEP, steps=14, level="statistics", seeds=5)
        apart = train_independently(both, DEEP, 5)
    assert all(verdict.agrees for verdict in ladder.verdicts[:-1])
    last = ladder.verdicts[-1]
    assert (last.rung, last.outcome) == ("initial", "disagree"), last.sentence
    assert last.where == "dense_1/kernel"
    assert last.suspect == suspect
    result = compare_samples(apart["torch"], apart["keras"])
    assert result.outcome == "disagree"
    assert "differ by more than" in result.sentence


DROPPING = arm(
    [{"dense": 12}, "tanh", {"dropout": 0.3}, {"dense": 3}],
    SPIRAL,
    epochs=2,
)


def test_independent_runs_all_differ_and_repeat(pair: WorkerPair) -> None:
    """Within a framework, between the two, and again the same."""
    runs = train_independently(pair, DROPPING, 3)
    assert list(runs) == list(LABELS)
    digests = [r.digest() for records in runs.values() for r in records]
    assert len(set(digests)) == 6
    first = [r.steps["loss"][0] for rs in runs.values() for r in rs]
    assert len(set(first)) == 6
    again = train_independently(pair, DROPPING, 2)
    assert [r.digest() for r in again["keras"]] == digests[3:5]
    assert [r.digest() for r in again["torch"]] == digests[:2]


def test_progress_counts_over_all_seeds(pair: WorkerPair) -> None:
    reports: list[tuple[str, int, int]] = []
    train_independently(
        pair, DROPPING, 3, progress=lambda *at: reports.append(at)
    )
    for backend in LABELS:
        counts = [at[1:] for at in reports if at[0] == backend]
        assert counts == sorted(counts)
        assert counts[-1][0] == counts[-1][1]
