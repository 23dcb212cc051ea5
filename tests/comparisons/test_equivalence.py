"""The statistics rung: known values, simulated seeds, and a real pair."""

import math
from typing import Any

import numpy as np
import pytest

from framework_parity.common.training.record import Record
from framework_parity.comparisons.ladder.ladder import RUNGS, run_ladder
from framework_parity.comparisons.ladder.statistics import (
    Equivalence,
    compare_samples,
    own_seeds,
    train_independently,
)
from framework_parity.comparisons.ladder.thresholds import (
    BLOWN_UP,
    CHANCE,
    EQUIVALENT,
    FEWEST_SEEDS,
    POWER,
    SEEDS,
)
from framework_parity.comparisons.workers.pool import LABELS, WorkerPair
from tests.comparisons.arms import SPIRAL, arm


def ended(value: float, metric: str = "test_accuracy") -> Record:
    """Return the record of a run that ended with this metric."""
    return Record(
        steps={"loss": np.ones(3)},
        epochs={},
        final={"test_loss": 0.5, metric: value},
        weights={},
    )


def blown_up(loss: float = math.nan) -> Record:
    """Return that of a run that left training."""
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
    # count, of which the other has no spread, degrees, t, P
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
def test_p_is_that_of_the_tables(
    count: int, constant: bool, degrees: int, t: float, p: float, sign: int
) -> None:
    """Two equal spreads have 2n - 2 degrees of freedom, one has n - 1."""
    spread = 0.01
    error = spread * math.sqrt((1 if constant else 2) / count)
    other = around(0.5, 0.0 if constant else spread, count)
    margin = 10 * error
    near = around(0.5 + sign * (margin - t * error), spread, count)
    found = judged(near, other, margin)
    assert found.p_equivalent == pytest.approx(p, rel=1e-3)
    far = around(0.5 + sign * (margin + t * error), spread, count)
    found = judged(far, other, margin)
    assert found.p_different == pytest.approx(p, rel=1e-3)


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
    found = judged(around(0.0, 3.0, 6), around(1.0, 1.0, 8), margin=4.0)
    t = 3.0 / math.sqrt(1.625)
    assert found.p_equivalent == pytest.approx(tail(t, freedom), rel=1e-4)
    far = 5.0 / math.sqrt(1.625)
    both = tail(-t, freedom) + tail(far, freedom)
    assert found.p_different == pytest.approx(min(both, 1.0), rel=1e-4)


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
    found = judged(
        around(0.8, spread, 10), around(0.8 + sign * apart, spread, 10)
    )
    assert found.outcome == outcome
    assert (found.seeds_needed is None) == (outcome != "undecided")


def test_a_sentence_says_means_spread_margin_and_p() -> None:
    torch, keras = around(0.9, 0.01, 10), around(0.905, 0.02, 10)
    said = judged(torch, keras).sentence
    assert "0.9 ± 0.01 in PyTorch, 0.905 ± 0.02 in Keras" in said
    assert "of 10 runs each" in said
    assert "equivalent within 0.02 (p = 0.02" in said
    said = judged(torch, keras, margin=0.01).sentence
    assert "nothing is shown" in said
    assert "it would likely take" in said
    said = judged(torch, keras + 0.1).sentence
    assert "further apart than 0.02 (p = " in said


def test_the_margin_of_a_loss_is_a_share_of_its_mean() -> None:
    torch, keras = around(2.0, 0.01, 10), around(2.1, 0.01, 10)
    found = judged(torch, keras, metric="test_loss")
    assert found.margin == pytest.approx(0.205)
    assert found.outcome == "agree"
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
    found = judged(torch, keras)
    assert found.outcome == outcome
    assert "nan" not in found.sentence


@pytest.mark.parametrize(
    ("torch", "keras", "outcome", "says"),
    [
        ([None] * 10, [0.9] * 10, "disagree", "PyTorch diverges more often"),
        ([0.9] * 10, [None] * 10, "disagree", "Keras diverges more often"),
        ([None] * 10, [None] * 10, "agree", "every run diverges in both"),
        ([None] * 4, [None] * 4, "undecided", "fewer than 5 that end"),
        ([None] * 9 + [0.9], [None] * 10, "undecided", "fewer than 5"),
        ([0.9] * 10, [0.9] * 9 + [None], "undecided", "as many diverge"),
        ([0.9] * 10, [0.5] * 9 + [None], "disagree", "1 in Keras diverged"),
        ([0.9] * 10, [0.9] * 7 + [None] * 3, "undecided", "as many diverge"),
    ],
)
def test_diverged_runs_are_counted_and_compared(
    torch: Any, keras: Any, outcome: str, says: str
) -> None:
    found = judged(torch, keras)
    assert found.outcome == outcome
    assert says in found.sentence
    assert "nan" not in found.sentence


def test_how_often_each_diverges_is_fishers_exact_test() -> None:
    """5 of 5 against 0 of 5: one table of C(10, 5) = 252 on each side."""
    found = judged([None] * 5, [0.9] * 5)
    assert found.p_diverged == pytest.approx(2 / 252)


@pytest.mark.parametrize("loss", [math.nan, math.inf, 10 * BLOWN_UP])
def test_a_loss_out_of_all_bounds_has_diverged(loss: float) -> None:
    """Though its accuracy is a number."""
    runs = [ended(0.9)] * 9 + [blown_up(loss)]
    found = compare_samples(runs, [ended(0.9)] * 10)
    assert found.torch.diverged == 1
    assert found.torch.mean == pytest.approx(0.9)


@pytest.mark.parametrize("backend", list(LABELS))
def test_seeds_are_of_ones_own_and_more_of_them_only_add(backend: str) -> None:
    mine = own_seeds(backend, 3, 20)
    other = own_seeds(next(b for b in LABELS if b != backend), 3, 20)
    assert len(set(mine) | set(other)) == 40
    assert own_seeds(backend, 3, 5) == mine[:5]


# How often it errs, over simulated seeds.


def share(outcome: str, apart: float, seeds: int, spread: Any) -> float:
    """Return how often samples with this true difference come out so."""
    rng = np.random.default_rng(0)
    times = 400
    wide = np.broadcast_to(spread, 2)
    found = [
        judged(
            rng.normal(0.8, wide[0], seeds),
            rng.normal(0.8 + apart, wide[1], seeds),
        ).outcome
        for _ in range(times)
    ]
    return found.count(outcome) / times


@pytest.mark.parametrize("spread", [0.01, 0.03, (0.005, 0.03)], ids=str)
@pytest.mark.parametrize("seeds", [5, SEEDS])
def test_it_errs_no_more_often_than_it_says(seeds: int, spread: Any) -> None:
    """At the margin itself, where either answer is wrong most often.

    Three standard errors of a share of 400 are allowed above the level.
    """
    for outcome, level in (("agree", EQUIVALENT), ("disagree", CHANCE)):
        allowed = level + 3 * math.sqrt(level * (1 - level) / 400)
        assert share(outcome, 0.02, seeds, spread) <= allowed


@pytest.mark.parametrize("spread", [0.01, 0.02])
def test_equal_frameworks_are_never_accused(spread: float) -> None:
    assert share("disagree", 0.0, SEEDS, spread) == 0.0


@pytest.mark.parametrize(
    ("apart", "outcome"),
    [(0.0, "agree"), (0.01, "agree"), (0.03, "disagree")],
)
@pytest.mark.parametrize("spread", [0.02, 0.05])
def test_so_many_seeds_as_it_proposes_show_something(
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


# Deep enough that the width of the initial weights matters after 8 epochs.
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


def test_two_frameworks_on_their_own_are_equivalent(pair: WorkerPair) -> None:
    ladder = run_ladder(pair, DEEP, steps=14, level="statistics")
    assert tuple(verdict.rung for verdict in ladder.verdicts) == RUNGS
    for verdict in ladder.verdicts:
        assert verdict.agrees, f"{verdict.rung}: {verdict.sentence}"
    found = ladder.statistics
    assert found is not None
    assert found.metric == "test_accuracy"
    assert found.torch.runs == found.keras.runs == SEEDS
    assert min(found.torch.spread, found.keras.spread) > 0.0
    document = ladder.verdicts[-1].as_json()
    assert document["worst_ratio_to_floor"] is None
    assert document["keras"]["mean"] == found.keras.mean


@pytest.mark.parametrize("suspect", list(LABELS))
def test_weights_of_its_own_that_are_too_wide_are_found_without_sharing(
    pair: WorkerPair, suspect: str
) -> None:
    """Every lower rung starts both from the same weights and sees nothing.

    The initial weights show it at once, and the seeds by what comes of it.
    """
    setup = "tests.faults:own_weights_too_wide"
    with WorkerPair((suspect,), {suspect: setup}) as faulty:
        both = WorkerPair(backends=())
        both.workers = pair.workers | faulty.workers
        ladder = run_ladder(both, DEEP, steps=14, level="statistics", seeds=5)
        apart = train_independently(both, DEEP, 5)
    assert all(verdict.agrees for verdict in ladder.verdicts[:-1])
    last = ladder.verdicts[-1]
    assert (last.rung, last.outcome) == ("initial", "disagree"), last.sentence
    assert last.where == "dense_1/kernel"
    assert last.suspect == suspect
    found = compare_samples(apart["torch"], apart["keras"])
    assert found.outcome == "disagree"
    assert "further apart than" in found.sentence


DROPPING = arm(
    [{"dense": 12}, "tanh", {"dropout": 0.3}, {"dense": 3}],
    SPIRAL,
    epochs=2,
)


def test_every_run_is_one_of_its_own(pair: WorkerPair) -> None:
    """Within a framework, between the two, and again the same."""
    found = train_independently(pair, DROPPING, 3)
    assert list(found) == list(LABELS)
    digests = [r.digest() for records in found.values() for r in records]
    assert len(set(digests)) == 6
    first = [r.steps["loss"][0] for rs in found.values() for r in rs]
    assert len(set(first)) == 6
    again = train_independently(pair, DROPPING, 2)
    assert [r.digest() for r in again["keras"]] == digests[3:5]
    assert [r.digest() for r in again["torch"]] == digests[:2]


def test_progress_counts_over_all_seeds(pair: WorkerPair) -> None:
    said: list[tuple[str, int, int]] = []
    train_independently(
        pair, DROPPING, 3, progress=lambda *at: said.append(at)
    )
    for backend in LABELS:
        mine = [at[1:] for at in said if at[0] == backend]
        assert mine == sorted(mine)
        assert mine[-1][0] == mine[-1][1]
