"""Updates of the reference, compared with formulas and with hand results."""

import json
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from framework_parity.common.spec.clipping import ByGlobalNorm, ByNorm, ByValue
from framework_parity.common.spec.node import SpecNode, defaults_from, members
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.spec.penalties import Penalty
from framework_parity.common.training.batches import (
    Segment,
    segments,
    steps_per_epoch,
)
from tests.cases import OPTIMIZERS, Case, arm
from tests.common.formulas import MOVES, path
from tests.common.reference.test_reference import first_step
from tests.tolerances import ROUNDING, assert_close

KINDS: dict[str, type[SpecNode]] = {k.kind(): k for k in members(Optimizer)}


def singles(example: Any, epochs: int) -> Any:
    """Return the steps of some epochs, one by one."""
    samples = example.data.part_sizes()["train"]
    for segment in segments(example, samples, 0, range(epochs)):
        for step in range(len(segment)):
            yield Segment(
                segment.indices[step : step + 1],
                segment.rates[step : step + 1],
            )


def test_every_optimiser_has_a_formula() -> None:
    assert set(MOVES) == set(KINDS)


@pytest.mark.parametrize("case", OPTIMIZERS, ids=lambda case: case.id)
def test_six_steps_match_the_formula(case: Case) -> None:
    example = case.arm
    trainer, _ = first_step(example)
    spec: Any = example.recipe.optimizer
    schedule = example.recipe.schedule
    samples = example.data.part_sizes()["train"]
    epoch = steps_per_epoch(example.recipe, samples)
    start, seen, values = trainer.weights(), [], []
    for single in list(singles(example, 6))[:6]:
        seen.append(trainer.gradients(single)[1])
        trainer.steps(single)
        values.append(trainer.weights())
    for name, value in start.items():
        decays = spec.decay_applies_to == "all" or name.endswith("kernel")
        for index in np.ndindex(value.shape):
            gradients = [float(g[name][index]) for g in seen]
            rates = [schedule.rate(t, spec.lr, epoch) for t in range(6)]
            expected = path(
                spec, decays, float(value[index]), gradients, rates
            )
            result = [float(v[name][index]) for v in values]
            # If centred, v - a² cancels; the root doubles the remaining error.
            np.testing.assert_allclose(
                result, expected, rtol=1e-11, atol=1e-13
            )


# --- Two steps by hand: gradients 3 and 4 at rates 0.1 and 0.2, from p = 1.


@pytest.mark.parametrize(
    ("optimizer", "by_hand"),
    [
        ({"sgd": {"weight_decay": 0.5}}, [1 - 0.05 - 0.3]),
        # g = 3.5, then b = 0.9 · 3.5 + 4 + 0.5 · 0.65.
        (
            {
                "sgd": {
                    "momentum": 0.9,
                    "velocity": "of_gradients",
                    "weight_decay": 0.5,
                    "decay": "coupled",
                }
            },
            [0.65, 0.65 - 0.2 * (3.15 + 4.325)],
        ),
        # v = -0.3, then -0.27 - 0.8; p shrinks by 5 %, then by 10 %.
        (
            {
                "sgd": {
                    "momentum": 0.9,
                    "velocity": "of_steps",
                    "weight_decay": 0.5,
                    "decay": "decoupled",
                }
            },
            [0.65, 0.65 * 0.9 - 1.07],
        ),
        # a = 16 + 9, then 25 + 16 (and 8 more in the root).
        (
            {
                "adagrad": {
                    "initial_accumulator": 16.0,
                    "epsilon": 1.0,
                    "epsilon_placement": "outside_root",
                }
            },
            [1 - 0.3 / 6],
        ),
        (
            {
                "adagrad": {
                    "initial_accumulator": 16.0,
                    "epsilon": 8.0,
                    "epsilon_placement": "inside_root",
                }
            },
            [1 - 0.3 / 33**0.5, 1 - 0.3 / 33**0.5 - 0.8 / 7],
        ),
        # v = 4.5, then 2.25 + 8 (and 5.75 more in the root).
        (
            {
                "rmsprop": {
                    "rho": 0.5,
                    "epsilon": 5.75,
                    "epsilon_placement": "inside_root",
                }
            },
            [1 - 0.3 / 10.25**0.5, 1 - 0.3 / 10.25**0.5 - 0.8 / 4],
        ),
        # u = 3, then max(1.5, 4); m/(1 - βᵗ) = 3, then (1.5/2 + 2)/0.75.
        (
            {
                "adamax": {
                    "beta_1": 0.5,
                    "beta_2": 0.5,
                    "epsilon": 1.0,
                    "epsilon_placement": "after_maximum",
                }
            },
            [1 - 0.3 / 4, 0.925 - 0.2 * (2.75 / 0.75) / 5],
        ),
        # The first corrected moments are g and g² themselves.
        (
            {"adam": {"epsilon": 2.0, "epsilon_placement": "epsilon"}},
            [1 - 0.3 / 5],
        ),
        (
            {"adamw": {"weight_decay": 0.5, "epsilon": 1e-300}},
            [0.95 - 0.1],
        ),
    ],
    ids=str,
)
def test_two_steps_by_hand(optimizer: Any, by_hand: list[float]) -> None:
    [kind] = optimizer
    with defaults_from("keras"):
        spec: Any = KINDS[kind].model_validate(optimizer)
    p = np.array([1.0])
    state = spec.start(p)
    for step, value in enumerate(by_hand, 1):
        g, rate = [(3.0, 0.1), (4.0, 0.2)][step - 1]
        decay = spec.weight_decay
        p = spec.update(p, state, np.array([g]), rate, step, decay)
        assert_close(p, [value], ROUNDING)


@pytest.mark.parametrize("decay_applies_to", ["all", "kernels"])
def test_decay_depends_on_the_name_of_a_parameter(
    decay_applies_to: str,
) -> None:
    with defaults_from("keras"):
        spec = KINDS["sgd"].model_validate(
            {
                "sgd": {
                    "weight_decay": 0.1,
                    "decay_applies_to": decay_applies_to,
                }
            }
        )
    names = ["a/kernel", "a/bias", "a/gamma", "a/beta", "a/embedding"]
    kept = ["a/kernel", "a/embedding"]
    decayed = [name for name in names if spec.decays(name)]  # type: ignore[attr-defined]
    assert decayed == (names if decay_applies_to == "all" else kept)


# --- Specifications with the same meaning are equal. ---


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({"velocity": "of_steps"}, {"velocity": "of_gradients"}, True),
        ({"decay": "decoupled"}, {"decay": "coupled"}, True),
        ({"decay_applies_to": "kernels"}, {}, True),
        (
            {"weight_decay": 0.1, "decay": "decoupled"},
            {"weight_decay": 0.1, "decay": "coupled"},
            True,
        ),
        (
            {"momentum": 0.9, "weight_decay": 0.1, "decay": "decoupled"},
            {"momentum": 0.9, "weight_decay": 0.1, "decay": "coupled"},
            False,
        ),
        (
            {"weight_decay": 0.1, "decay_applies_to": "kernels"},
            {"weight_decay": 0.1},
            False,
        ),
        (
            {"momentum": 0.9, "velocity": "of_steps"},
            {"momentum": 0.9, "velocity": "of_gradients"},
            False,
        ),
    ],
    ids=str,
)
def test_field_without_effect_does_not_change_the_spec(
    first: Any, second: Any, same: bool
) -> None:
    with defaults_from("keras"):
        specs = [
            KINDS["sgd"].model_validate({"sgd": fields})
            for fields in (first, second)
        ]
    assert (specs[0] == specs[1]) == same
    assert (hash(specs[0]) == hash(specs[1])) == same
    for spec in specs:
        again = json.loads(spec.model_dump_json())
        assert KINDS["sgd"].model_validate(again) == spec


@pytest.mark.parametrize("kind", KINDS)
def test_specs_without_decay_are_equal(kind: str) -> None:
    specs = []
    for decay in {"coupled", "decoupled", "factored"} - (
        {"coupled"} if kind == "adamw" else set()
    ):
        with defaults_from("keras"):
            fields = {
                "decay": decay,
                "weight_decay": 0,
                "decay_applies_to": "kernels",
            }
            specs.append(KINDS[kind].model_validate({kind: fields}))
    assert len(set(specs)) == 1


# --- Clipping, penalties, accumulation. ---

GRADIENTS = {"a": np.array([3.0, -4.0]), "b": np.array([12.0])}


@pytest.mark.parametrize(
    ("clipping", "a", "b"),
    [
        (ByValue(limit=3.5), [3.0, -3.5], [3.5]),
        (ByNorm(limit=10, epsilon=0), [3.0, -4.0], [10.0]),
        (ByNorm(limit=1, epsilon=0), [0.6, -0.8], [1.0]),
        (ByNorm(limit=1, epsilon=3), [0.375, -0.5], [0.8]),
        (ByGlobalNorm(limit=13, epsilon=0), [3.0, -4.0], [12.0]),
        (ByGlobalNorm(limit=1, epsilon=0), [3 / 13, -4 / 13], [12 / 13]),
        (ByGlobalNorm(limit=1, epsilon=7), [0.15, -0.2], [0.6]),
    ],
    ids=str,
)
def test_gradients_are_clipped(clipping: Any, a: Any, b: Any) -> None:
    assert_close(clipping.clip(GRADIENTS), {"a": a, "b": b}, ROUNDING)


@pytest.mark.parametrize("kind", [ByNorm, ByGlobalNorm])
def test_zero_gradient_stays_zero_when_clipped(kind: Any) -> None:
    nothing = {"a": np.zeros(2)}
    assert not kind(limit=1, epsilon=0).clip(nothing)["a"].any()


def test_norms_are_recorded_before_clipping() -> None:
    layers = [{"dense": 3}]
    norms = []
    for clipping in (None, {"by_global_norm": 1e-3}):
        trainer, step = first_step(arm(layers, clipping=clipping))
        trainer.gradient_norm = True
        norms.append(trainer.steps(step)["gradient_norm"])
    assert_close(norms[0], norms[1], 0.0)
    assert norms[0].max() > 1e-2


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"l1": 2.0, "form": "half", "weights": "kernels"}, 6.0),
        ({"l2": 2.0, "form": "whole", "weights": "kernels"}, 10.0),
        ({"l2": 2.0, "form": "half", "weights": "kernels"}, 5.0),
        ({"l2": 2.0, "form": "half", "weights": "all"}, 14.0),
        ({"l1": 1.0, "l2": 1.0, "form": "whole", "weights": "all"}, 20.0),
    ],
    ids=str,
)
def test_penalties_have_their_known_values(fields: Any, value: float) -> None:
    weights = {
        "a/kernel": np.array([[1.0, -2.0]]),
        "a/bias": np.array([-3.0, 0.0]),
    }
    penalty = Penalty(**fields, reported=True)
    assert penalty.value(weights) == pytest.approx(value, rel=1e-15)
    assert penalty.gradient("a/bias", weights["a/bias"])[1] == 0.0


def test_empty_penalty_is_refused() -> None:
    with pytest.raises(ValidationError, match="leave the penalty out"):
        Penalty(form="half", weights="all", reported=True)


def test_reporting_a_penalty_does_not_change_the_update() -> None:
    losses, ends = [], []
    for penalty in (None, {"l2": 0.1, "reported": False}, {"l2": 0.1}):
        trainer, step = first_step(arm([{"dense": 3}], penalty=penalty))
        losses.append(trainer.steps(step)["loss"][0])
        ends.append(trainer.weights()["dense_1/kernel"])
    assert losses[0] == losses[1] < losses[2]
    assert_close(ends[1], ends[2], 0.0)
    assert (ends[0] != ends[1]).any()


@pytest.mark.parametrize(("reduction", "share"), [("mean", 1 / 3), ("sum", 1)])
def test_accumulated_gradients_update_once_and_across_epochs(
    reduction: str, share: float
) -> None:
    """Two steps an epoch, and three batches an update."""
    fields = {"batches": 3, "reduction": reduction}
    example = arm(
        [{"dense": 3}], samples=64, batch_size=24, accumulation=fields
    )
    trainer, _ = first_step(example)
    start = trainer.weights()
    steps = list(singles(example, 2))
    assert len(steps) == 4  # two an epoch, so the third is the next epoch's
    seen = []
    for step in steps[:3]:
        assert_close(trainer.weights(), start, 0.0)
        seen.append(trainer.gradients(step)[1])
        trainer.steps(step)
    for name, value in trainer.weights().items():
        total = seen[0][name] + seen[1][name] + seen[2][name]
        assert_close(value, start[name] - 0.1 * share * total, ROUNDING)
    trainer.steps(steps[3])
    assert trainer.taken == 1
    trainer.load(start)
    trainer.steps(steps[0])
    trainer.steps(steps[1])
    assert_close(trainer.weights(), start, 0.0)
