"""Verdicts on curves made by hand, where the right verdict is known."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from framework_parity.common.training.record import Curve, Record
from framework_parity.comparisons.ladder.thresholds import (
    FEWEST_STEPS,
    FLOOR_ULPS,
    HORIZON,
    TIMES_FLOOR,
    WINDOW,
)
from framework_parity.comparisons.ladder.trajectory import (
    Trajectory,
    compare_records,
)
from framework_parity.comparisons.ladder.verdict import (
    Verdict,
    outcome_of,
)
from framework_parity.comparisons.report.run.text import headline
from framework_parity.comparisons.workers.worker import Worker
from tests.comparisons.arms import RELU, TANH, arm

STEPS = 100
DRIFT = 1e-12
LOSS = 1.0 / (1.0 + np.arange(STEPS) / 30.0)


def record(loss: Curve, **changes: Any) -> Record:
    """Return the record of a run with this loss, evaluated after step 50."""
    loss = np.asarray(loss)
    made = Record(
        steps={"loss": loss, "rate": np.full(len(loss), 0.1)},
        epochs={"epoch": np.array([1.0, 2.0]), "train_loss": np.ones(2)},
        final={},
        weights={"dense_1/kernel": np.ones((2, 3))},
    )
    return replace(made, **changes)


def judged(torch: Any, keras: Any, drift: Any = DRIFT) -> Trajectory:
    """Compare two losses, each in a framework that drifts from itself."""
    with np.errstate(invalid="ignore"):
        runs = [[record(x), record(x * (1.0 + drift))] for x in (torch, keras)]
    return compare_records("only", runs[0], runs[1])


@pytest.mark.parametrize(
    ("times", "outcome"),
    [
        (0.0, "agree"),
        (1.0, "agree"),
        (0.9 * TIMES_FLOOR, "agree"),
        (1.1 * TIMES_FLOOR, "disagree"),
        (30.0, "disagree"),
        (1e9, "disagree"),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_differences_are_measured_against_the_floor(
    times: float, outcome: str, sign: int
) -> None:
    verdict = judged(LOSS, LOSS * (1.0 + sign * times * DRIFT)).verdict()
    assert verdict.outcome == outcome
    assert verdict.worst_ratio == pytest.approx(times, rel=1e-2)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_a_ratio_does_not_depend_on_the_scale(size: float) -> None:
    keras = LOSS * (1.0 + 5.0 * DRIFT)
    verdict = judged(size * LOSS, size * keras).verdict()
    assert verdict.agrees
    assert verdict.worst_ratio == pytest.approx(5.0, rel=1e-2)


def test_a_few_units_in_the_last_place_agree() -> None:
    """Without any drift the floor is `FLOOR_ULPS` of rounding, not zero."""
    unit = np.finfo(float).eps
    keras = LOSS * (1.0 + FLOOR_ULPS * unit)
    verdict = judged(LOSS, keras, drift=0.0).verdict()
    assert verdict.agrees
    assert 0.5 < verdict.worst_ratio < 2.0


def test_precision_sets_the_unit() -> None:
    """What is rounding in float32 is a difference in float64."""
    keras = LOSS.astype(np.float32) * np.float32(1.0 + 3e-7)
    single = judged(LOSS.astype(np.float32), keras, drift=np.float32(0.0))
    double = judged(LOSS, keras.astype(np.float64), drift=0.0)
    assert single.verdict().agrees
    assert double.verdict().outcome == "disagree"


def test_the_worst_place_and_step_are_named() -> None:
    keras = LOSS.copy()
    keras[70] *= 1.0 + 1e-6
    verdict = judged(LOSS, keras).verdict()
    assert verdict.outcome == "disagree"
    assert (verdict.where, verdict.at_step) == ("loss", 70)
    assert "loss" in verdict.sentence
    assert "step 70" in verdict.sentence


def test_the_verdict_is_symmetric() -> None:
    other = LOSS * (1.0 + 4.0 * DRIFT)
    first, second = (
        judged(LOSS, other).verdict(),
        judged(other, LOSS).verdict(),
    )
    assert first.outcome == second.outcome
    assert first.worst_ratio == pytest.approx(second.worst_ratio, rel=1e-6)


# NaN and infinity.


def broken(at: int, value: float = np.nan) -> Curve:
    """Return the loss of a run that is no number from a step on."""
    return np.where(np.arange(STEPS) < at, LOSS, value)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, np.nan),
        (40, np.nan),
        (STEPS - 1, np.nan),
        (0, np.inf),
        (40, np.inf),
        (STEPS - 1, -np.inf),
    ],
)
@pytest.mark.parametrize("suspect", ["torch", "keras"])
def test_a_non_number_in_one_alone_disagrees(
    suspect: str, at: int, value: float
) -> None:
    sound, faulty = LOSS, broken(at, value)
    pair = (faulty, sound) if suspect == "torch" else (sound, faulty)
    verdict = judged(*pair).verdict()
    assert verdict.outcome == "disagree"
    assert verdict.worst_ratio == np.inf
    assert (verdict.where, verdict.at_step) == ("loss", at)


def test_a_single_nan_before_the_end_disagrees() -> None:
    keras = LOSS.copy()
    keras[40] = np.nan
    verdict = judged(LOSS, keras).verdict()
    assert verdict.outcome == "disagree"
    assert verdict.at_step == 40


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_non_number_in_both_is_a_horizon(value: float) -> None:
    """Both diverge at one step: they agree as far as there are numbers."""
    verdict = judged(broken(40, value), broken(40, value)).verdict()
    assert verdict.agrees
    assert verdict.horizon == 40


def test_diverging_at_two_steps_disagrees() -> None:
    verdict = judged(broken(40), broken(41)).verdict()
    assert verdict.outcome == "disagree"
    assert verdict.at_step == 40


def test_a_nan_in_a_nudged_run_alone_is_no_floor() -> None:
    """A nudged run that breaks must not excuse the run that it belongs to."""
    sound = [record(LOSS), record(LOSS * (1.0 + DRIFT))]
    faulty = [
        record(LOSS * (1.0 + 30.0 * DRIFT)),
        record(broken(10) * (1.0 + 30.0 * DRIFT)),
    ]
    assert compare_records("only", sound, faulty).verdict().outcome == (
        "disagree"
    )


@pytest.mark.parametrize("suspect", ["torch", "keras"])
def test_a_nan_in_the_last_weights_disagrees(suspect: str) -> None:
    """The last update can break weights without a loss that shows it."""
    kernel = np.array([[1.0, np.nan, 1.0]])
    faulty = record(LOSS, weights={"dense_1/kernel": kernel})
    sound = record(LOSS, weights={"dense_1/kernel": np.ones((1, 3))})
    runs = [[sound, sound], [faulty, faulty]]
    verdict = compare_records(
        "only", *(reversed(runs) if suspect == "torch" else runs)
    ).verdict()
    assert verdict.outcome == "disagree"
    assert verdict.where == "dense_1/kernel at the end"


# The horizon.


def chaotic(at: int) -> Curve:
    """Return a relative drift that passes the horizon's share at a step."""
    return HORIZON * 10.0 ** (np.arange(STEPS) - at + 0.5)


def test_nothing_is_claimed_beyond_the_horizon() -> None:
    drift = np.minimum(chaotic(60), 1.0)
    keras = np.where(np.arange(STEPS) < 61, LOSS, 5.0)
    trajectory = judged(LOSS, keras, drift)
    verdict = trajectory.verdict()
    assert trajectory.curves["loss"].horizon == verdict.horizon == 60
    assert verdict.agrees


def test_differences_before_the_horizon_still_count() -> None:
    keras = LOSS.copy()
    keras[20] *= 1.0 + 1e-6
    verdict = judged(LOSS, keras, np.minimum(chaotic(60), 1.0)).verdict()
    assert verdict.outcome == "disagree"
    assert (verdict.at_step, verdict.horizon) == (20, 60)


def test_chaos_from_the_start_is_undecided() -> None:
    drift = np.minimum(chaotic(FEWEST_STEPS - 1), 1.0)
    verdict = judged(LOSS, LOSS, drift).verdict()
    assert verdict.outcome == "undecided"
    assert "chaotic" in verdict.sentence


def test_without_chaos_there_is_no_horizon() -> None:
    verdict = judged(LOSS, LOSS).verdict()
    assert verdict.agrees
    assert verdict.horizon is None


def test_the_floor_never_falls() -> None:
    """Where two runs have once differed, rounding may part them again."""
    drifted = LOSS.copy()
    drifted[30] += 1e-5
    runs = [record(LOSS), record(drifted)]
    floor = compare_records("only", runs, runs).curves["loss"].floor
    assert (np.diff(floor) >= 0).all()
    assert floor[29] < 1e-14 < 1e-6 < floor[99]


# The size that a difference is measured against.


def test_a_single_tiny_loss_does_not_shrink_the_scale() -> None:
    """One batch is fitted exactly: its loss tells nothing about rounding."""
    loss = np.ones(STEPS)
    loss[50] = 1e-9
    verdict = judged(loss, loss + 4e-12, drift=2e-12).verdict()
    assert verdict.agrees
    assert verdict.worst_ratio == pytest.approx(2.0, rel=1e-2)


def test_a_loss_that_has_long_been_tiny_is_its_own_scale() -> None:
    loss = np.where(np.arange(STEPS) < 30, 1.0, 1e-9)
    keras = loss.copy()
    keras[30 + WINDOW :] *= 1.0 + 1e-6
    verdict = judged(loss, keras).verdict()
    assert verdict.outcome == "disagree"
    assert verdict.at_step is not None
    assert verdict.at_step >= 30 + WINDOW - 1


def test_zeros_agree() -> None:
    verdict = judged(np.zeros(STEPS), np.zeros(STEPS)).verdict()
    assert verdict.agrees
    assert verdict.worst_ratio == 0.0


def test_zero_and_a_tiny_number_disagree() -> None:
    verdict = judged(np.zeros(STEPS), np.full(STEPS, 1e-30)).verdict()
    assert verdict.outcome == "disagree"


def test_zero_weights_agree() -> None:
    zeros = {"dense_1/kernel": np.zeros((2, 3))}
    runs = [record(LOSS, weights=zeros)] * 2
    verdict = compare_records("only", runs, runs).verdict()
    assert verdict.agrees
    assert verdict.worst_ratio == 0.0


# What is compared.


def test_a_run_that_is_shorter_disagrees() -> None:
    verdict = judged(LOSS, LOSS[:-1]).verdict()
    assert verdict.outcome == "disagree"
    assert verdict.where == "steps"
    assert "100 and 99 steps" in verdict.sentence


@pytest.mark.parametrize("suspect", ["torch", "keras"])
def test_rounding_may_decide_when_a_run_stops(suspect: str) -> None:
    """A perturbed run of one framework stops where the other one does."""
    sound = record(LOSS), record(LOSS[:-1])
    other = record(LOSS[:-1]), record(LOSS[:-1])
    first, second = (sound, other) if suspect == "torch" else (other, sound)
    verdict = compare_records("only", [*first], [*second]).verdict()
    assert verdict.outcome == "undecided"
    assert "rounding decides" in verdict.sentence


def test_a_third_length_of_a_perturbed_run_is_no_excuse() -> None:
    torch = [record(LOSS), record(LOSS[:-2])]
    keras = [record(LOSS[:-1]), record(LOSS[:-1])]
    assert compare_records("only", torch, keras).verdict().outcome == (
        "disagree"
    )


def changed(**changes: Any) -> Trajectory:
    """Compare a run with the same run, changed in one part."""
    sound, faulty = record(LOSS), record(LOSS, **changes)
    return compare_records("only", [sound, sound], [faulty, faulty])


def test_the_last_weights_are_judged() -> None:
    verdict = changed(
        weights={"dense_1/kernel": np.full((2, 3), 1.0 + 1e-9)}
    ).verdict()
    assert verdict.outcome == "disagree"
    assert verdict.where == "dense_1/kernel at the end"


def test_weights_of_two_shapes_disagree() -> None:
    """A transposed kernel holds the same numbers, in another place."""
    verdict = changed(weights={"dense_1/kernel": np.ones((3, 2))}).verdict()
    assert verdict.outcome == "disagree"
    assert verdict.worst_ratio == np.inf


def test_evaluations_are_judged_at_their_own_step() -> None:
    epochs = {
        "epoch": np.array([1.0, 2.0]),
        "train_loss": np.array([1.0 + 1e-9, 1.0]),
    }
    verdict = changed(epochs=epochs).verdict()
    assert verdict.outcome == "disagree"
    assert (verdict.where, verdict.at_step) == ("train_loss", STEPS // 2)


def test_every_column_of_a_gradient_norm_is_a_curve() -> None:
    weights = {"dense_1/kernel": np.ones(2), "dense_2/kernel": np.ones(2)}
    norms = np.ones((STEPS, 2))
    steps = record(LOSS).steps | {"gradient_norm": norms}
    more = {"weights": weights, "parameters": tuple(weights)}
    sound = record(LOSS, steps=steps, **more)
    off = steps | {"gradient_norm": norms * [1.0, 1.0 + 1e-9]}
    faulty = record(LOSS, steps=off, **more)
    trajectory = compare_records("only", [sound, sound], [faulty, faulty])
    verdict = trajectory.verdict()
    assert verdict.outcome == "disagree"
    assert verdict.where == "gradient_norm of dense_2/kernel"


def test_an_accuracy_is_not_judged() -> None:
    """One sample on a boundary is one rounding error, and a whole count."""

    def evaluated(accuracy: float) -> Record:
        epochs = {
            "epoch": np.array([1.0]),
            "train_loss": np.ones(1),
            "train_accuracy": np.array([accuracy]),
        }
        return record(LOSS, epochs=epochs)

    first, second = evaluated(0.91), evaluated(0.92)
    assert (
        compare_records("only", [first, first], [second, second])
        .verdict()
        .agrees
    )


def test_an_evaluation_has_the_precision_of_its_run() -> None:
    """Two units of float32 are rounding, in an evaluation as in a step."""

    def single(value: float) -> Record:
        made = record(LOSS.astype(np.float32))
        made.epochs["train_loss"] = np.full(2, np.float32(value), float)
        return made

    first, second = single(1.0), single(1.0 + 2.5e-7)
    assert (
        compare_records("only", [first, first], [second, second])
        .verdict()
        .agrees
    )


@pytest.mark.parametrize("suspect", ["torch", "keras"])
def test_a_framework_cannot_raise_its_own_floor(suspect: str) -> None:
    """Noise in one is no rounding: the other shows what rounding does."""
    sound = [record(LOSS), record(LOSS * (1.0 + DRIFT))]
    noise = 1e-6 * np.random.default_rng(0).normal(size=(2, STEPS))
    faulty = [record(LOSS * (1.0 + each)) for each in noise]
    runs = (faulty, sound) if suspect == "torch" else (sound, faulty)
    assert compare_records("only", *runs).verdict().outcome == "disagree"


@pytest.mark.parametrize("suspect", ["torch", "keras"])
@pytest.mark.parametrize(
    ("drift", "outcome"), [(1e-5, "agree"), (1e-8, "disagree")]
)
def test_a_kink_crossed_by_one_run_is_no_fault_of_a_large_drift(
    drift: float, outcome: str, suspect: str
) -> None:
    """From step 60 on, one framework's unmodified run is elsewhere.

    Both frameworks' runs had drifted as far as float32 rounds, where a run
    crosses kinks that others do not, or by much less.
    """
    jump = np.where(np.arange(STEPS) < 60, 0.0, 5e-3)
    runs = {
        name: [record(LOSS), record(LOSS * (1.0 + drift))]
        for name in ("torch", "keras")
    }
    runs[suspect][0] = record(LOSS * (1.0 + jump))
    trajectory = compare_records("only", runs["torch"], runs["keras"])
    assert trajectory.verdict().outcome == outcome
    assert trajectory.verdict().horizon is None


def test_which_epoch_was_best_may_be_a_matter_of_rounding() -> None:
    """A perturbed run that kept another epoch's weights has no drift."""

    def run(best: float, weights: float) -> Record:
        kept = {"dense_1/kernel": np.full((2, 3), weights)}
        return record(LOSS, weights=kept, final={"best_epoch": best})

    sound = [run(4.0, 0.5), run(4.0, 0.5)]
    lucky = [run(4.0, 0.5), run(1.0, 1.0)]
    assert compare_records("only", lucky, sound).verdict().agrees
    drifted = [run(4.0, 0.5), run(4.0, 1.0)]
    verdict = compare_records("only", drifted, sound).verdict()
    assert verdict.outcome == "disagree"
    assert verdict.suspect == "torch"


def test_a_verdict_has_no_truth_value() -> None:
    verdict = Verdict("forward", "deep", "disagree")
    with pytest.raises(TypeError, match=r"\.agrees or \.outcome"):
        bool(verdict)
    assert not verdict.agrees


@pytest.mark.parametrize(("ratio", "expected"), [(1.5, 1.5), (np.inf, None)])
def test_a_verdict_in_json(ratio: float, expected: float | None) -> None:
    """The contract's keys; JSON has no infinity."""
    verdict = Verdict("forward", "deep", "agree", ratio, where="dense_1")
    assert verdict.as_json() == {
        "rung": "forward",
        "arm": "deep",
        "verdict": "agree",
        "worst_ratio_to_floor": expected,
        "at_step": None,
        "horizon": None,
        "where": "dense_1",
        "sentence": "",
    }


@pytest.mark.parametrize(
    ("outcomes", "together"),
    [
        ([], "agree"),
        (["agree", "agree"], "agree"),
        (["agree", "undecided"], "undecided"),
        (["disagree", "undecided", "agree"], "disagree"),
    ],
)
def test_verdicts_together(outcomes: list[Any], together: str) -> None:
    verdicts = [Verdict("data", "deep", outcome) for outcome in outcomes]
    assert outcome_of(verdicts) == together


# A framework against itself.


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("layers", [TANH, RELU], ids=["tanh", "relu"])
def test_a_framework_agrees_with_itself(
    torch_worker: Worker, layers: list[Any], seed: int
) -> None:
    """Nudge against nudge: nothing but rounding is between them."""
    runs = torch_worker.submit(
        "train",
        arm=arm(layers, epochs=40),
        seed=seed,
        dtype="float64",
        nudges=(1, 2, 3, 4, 5),
        gradient_norm=True,
    ).result()
    verdict = compare_records("only", runs[:3], runs[3:]).verdict()
    assert verdict.agrees, verdict.sentence


# Probes.


def probed(values: Any, probe: str = "representations") -> Record:
    looks = {f"{probe}/epoch": np.array([1, 2]), f"{probe}/dense_1": values}
    return record(LOSS, probes=looks)


def judged_probes(
    torch: Any, keras: Any, probe: str = "representations"
) -> Trajectory:
    runs = [
        [probed(x, probe), probed(x * (1.0 + DRIFT), probe)]
        for x in (torch, keras)
    ]
    return compare_records("only", runs[0], runs[1])


LOOKS = np.random.default_rng(0).normal(size=(2, 5, 3))


def test_a_probe_that_sees_something_else_disagrees() -> None:
    assert judged_probes(LOOKS, LOOKS * (1 + 5 * DRIFT)).verdict().agrees
    keras = LOOKS.copy()
    keras[1, 2] += 1e-6
    trajectory = judged_probes(LOOKS, keras)
    verdict = trajectory.verdict()
    assert verdict.outcome == "disagree"
    assert verdict.where == "representations of dense_1 after epoch 2"
    assert verdict.at_step == STEPS
    assert "representations of dense_1 after epoch 2 is" in verdict.sentence
    seen = trajectory.value(probed(keras), verdict)
    assert seen is not None
    assert (seen == keras[1]).all()


def test_shares_of_dead_units_are_not_judged() -> None:
    shares = np.array([0.25, 0.5])
    trajectory = judged_probes(shares, shares + 0.25, "dead_relu")
    assert trajectory.verdict().agrees
    assert not trajectory.probes


def test_beyond_the_horizon_a_probe_is_not_judged() -> None:
    """The first look is after step 50, where the loss is chaotic already."""
    drift = np.where(np.arange(STEPS) < 30, DRIFT, 0.1)
    runs = [
        [
            probed(looks),
            replace(probed(looks), steps=record(LOSS * (1 + drift)).steps),
        ]
        for looks in (LOOKS, LOOKS + 1.0)
    ]
    verdict = compare_records("only", runs[0], runs[1]).verdict()
    assert verdict.horizon == 30
    assert verdict.outcome != "disagree"


def test_the_headline_states_how_many_steps_were_judged() -> None:
    """What lies beyond the horizon is not counted among the steps."""
    calm = judged(LOSS, LOSS)
    wild = judged(LOSS, LOSS, 10.0 ** np.linspace(-13.0, 0.0, STEPS))
    assert wild.horizon is not None
    sentence = headline(together(calm=calm, wild=wild))
    assert f"over at least {wild.horizon} float64 steps" in sentence
    assert f"accuracies: wild (step {wild.horizon})" in sentence
    alone = headline(together(calm=calm))
    assert f"over {STEPS} float64 steps" in alone
    assert "Beyond" not in alone


def together(**trajectories: Trajectory) -> Any:
    """Return a stand-in for a result, with all that a headline needs."""
    return SimpleNamespace(
        claims=[],
        arms=[
            SimpleNamespace(
                arm=SimpleNamespace(name=name),
                ladder=SimpleNamespace(trajectory=trajectory),
                verdicts=[trajectory.verdict()],
                explained=SimpleNamespace(sentence=""),
            )
            for name, trajectory in trajectories.items()
        ],
    )
