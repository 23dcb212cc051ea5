"""The NumPy reference is tested against mathematics alone.

Gradients by central differences of the loss, optimiser steps by their
formulas, written separately for one parameter at a time.
"""

import math
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis.extra.numpy import arrays
from pydantic import TypeAdapter
from scipy import special, stats

from framework_parity.common.reference import trainer as reference
from framework_parity.common.reference.passes import Pass
from framework_parity.common.reference.rounding import UNIT, Rounding
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.clipping import Clipping
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.layers.activations import (
    Activation,
    AlongAxis,
    Custom,
)
from framework_parity.common.spec.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
)
from framework_parity.common.spec.node import defaults_from, members
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.training import loop
from framework_parity.common.training.batches import Segment, segments
from tests.cases import CASES, LAYERS, LOSSES, Case, arm
from tests.common.written import written
from tests.tolerances import (
    FINITE_DIFFERENCE,
    ROUNDING,
    assert_close,
    is_rounding,
)

# Length of the steps of central differences, and how many directions of a
# large tensor are tested.
WIDTH = 1e-6
DIRECTIONS = 5

ACTIVATIONS = [
    kind
    for kind in members(Layer)
    if issubclass(kind, Activation) and not issubclass(kind, AlongAxis)
]


KINKS = (0.0, 3.0, -3.0, 6.0)


def made(layer: Any) -> Activation:
    """Return an activation as it is written, with the defaults of Keras."""
    with defaults_from("keras"):
        activation = TypeAdapter(Layer).validate_python(layer)
    assert isinstance(activation, Activation)
    return activation


def first_step(example: Arm) -> tuple[reference.Trainer, Segment]:
    parts = example.data.parts(example.recipe.loss)
    trainer = reference.Trainer(example, parts)
    trainer.load(loop.initial_weights(example, 0, "float64"))
    epoch = segments(example, len(parts["train"]), 0, range(1))
    return trainer, next(iter(epoch)).first()


def directions(shape: tuple[int, ...]) -> Any:
    """Return orthonormal directions in the space of a tensor, as rows.

    A small tensor has one for each of its numbers; a larger one has
    `DIRECTIONS` random ones, in which every number has a share.
    """
    size = math.prod(shape)
    if size <= DIRECTIONS:
        return np.eye(size)
    draws = np.random.default_rng(0).normal(size=(size, DIRECTIONS))
    return np.linalg.qr(draws)[0].T


def slopes(function: Any, at: Any, along: Any) -> Any:
    """Return the central differences of a function in some directions."""
    return np.array(
        [
            (function(at + step) - function(at - step)) / (2 * WIDTH)
            for step in WIDTH * along.reshape(-1, *at.shape)
        ]
    )


def slope(function: Any, at: Any) -> Any:
    """Return the central differences of a function by every number."""
    return slopes(function, at, np.eye(at.size)).reshape(at.shape)


@pytest.mark.parametrize(
    "case",
    [case for case in LAYERS + LOSSES if case.smooth],
    ids=lambda case: case.id,
)
def test_gradients_are_the_slopes_of_the_loss(case: Case) -> None:
    trainer, step = first_step(case.arm)
    weights = trainer.weights()

    def loss(name: str, value: Any) -> float:
        trainer.load(weights | {name: value})
        return trainer.gradients(step)[0]

    _, gradients = trainer.gradients(step)
    assert list(gradients) == list(case.arm.parameters)
    for name in gradients:
        value = weights[name]
        along = directions(value.shape)
        expected = slopes(lambda moved, n=name: loss(n, moved), value, along)
        actual = along @ gradients[name].ravel()
        if is_rounding(name):
            assert np.abs([actual, expected]).max() < FINITE_DIFFERENCE
        else:
            assert_close(actual, expected, FINITE_DIFFERENCE)


@pytest.mark.parametrize("name", ["relu-at_zero", "prelu-at_zero-zero"])
def test_a_kink_that_is_flat_at_zero_has_no_slope_there(name: str) -> None:
    [case] = [case for case in LAYERS if case.id == name]
    trainer, step = first_step(case.arm)
    _, gradients = trainer.gradients(step)
    assert not gradients["dense_1/kernel"].any()
    assert not gradients["dense_1/bias"].any()
    assert gradients["dense_2/bias"].any()


def test_prelu_can_have_its_slope_at_zero() -> None:
    """As if a dense layer's output were multiplied by 0.2."""
    [case] = [case for case in LAYERS if case.id == "prelu-at_zero-slope"]
    trainer, step = first_step(case.arm)
    _, gradients = trainer.gradients(step)
    zeros = trainer.weights()["dense_1/bias"] * 0.0
    below = trainer.weights() | {"dense_1/bias": zeros - WIDTH**2}
    trainer.load(below)
    _, expected = trainer.gradients(step)
    assert gradients["dense_1/bias"].any()
    assert_close(
        gradients["dense_1/bias"], expected["dense_1/bias"], FINITE_DIFFERENCE
    )


def test_ties_share_the_slope_of_a_global_maximum() -> None:
    """As with their mean: each of the 56 equal values has one part of it."""
    [case] = [case for case in LAYERS if case.id == "global_max_pool-ties"]
    trainer, step = first_step(case.arm)
    _, gradients = trainer.gradients(step)
    mean = arm(
        [case.layers[0], "global_average_pool", case.layers[2]], case.sides
    )
    mean_trainer, _ = first_step(mean)
    mean_trainer.load(trainer.weights())
    assert_close(gradients, mean_trainer.gradients(step)[1], ROUNDING)
    assert gradients["conv2d_1/kernel"].any()


@pytest.mark.parametrize("kind", ACTIVATIONS, ids=lambda kind: kind.kind())
@given(x=arrays(float, 5, elements=st.floats(-30, 30)))
def test_activations_have_the_slope_they_say(
    kind: type[Activation], x: Any
) -> None:
    for kink in KINKS:  # a kink has no slope, so step aside
        x = np.where(np.abs(x - kink) < 1e-3, kink + 2e-3, x)
    activation = made(written(kind))
    differences = activation.value(x + WIDTH) - activation.value(x - WIDTH)
    expected = differences / (2 * WIDTH)
    np.testing.assert_allclose(activation.derivative(x), expected, atol=1e-8)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("relu", [0.0, 0.0, 2.0]),
        ("linear", [-2.0, 0.0, 2.0]),
        ("leaky_relu", [-0.6, 0.0, 2.0]),
        ("relu6", [0.0, 0.0, 2.0]),
        ("elu", [-0.8646647167633873, 0.0, 2.0]),
        ("selu", [-1.520166468595695, 0.0, 2.101401974710961]),
        ("gelu", [-0.04550026389635842, 0.0, 1.9544997361036416]),
        ("silu", [-0.23840584404423517, 0.0, 1.7615941559557649]),
        ("swish", [-0.23840584404423517, 0.0, 1.7615941559557649]),
        ("mish", [-0.2525014826957089, 0.0, 1.9439589595339946]),
        ("softplus", [0.1269280110429725, math.log(2), 2.1269280110429727]),
        ("softsign", [-2 / 3, 0.0, 2 / 3]),
        ("hard_sigmoid", [1 / 6, 0.5, 5 / 6]),
        ("hard_swish", [-1 / 3, 0.0, 5 / 3]),
        ("tanh", [-0.9640275800758169, 0.0, 0.9640275800758169]),
        ("sigmoid", [0.11920292202211755, 0.5, 0.8807970779778824]),
        (
            "softmax",
            [0.015876239976466765, 0.11731042782619838, 0.8668133321973349],
        ),
    ],
)
def test_activations_have_their_known_values(kind: str, value: Any) -> None:
    result = made(kind).value(np.array([-2.0, 0.0, 2.0]))
    assert_close(result, value, ROUNDING)


# The slope at a kink is a convention; `tests/cases.py` tests both frameworks
# for it, with inputs exactly there.
@pytest.mark.parametrize(
    ("written", "x", "slope"),
    [
        ("relu", 0.0, 0.0),
        ({"leaky_relu": 0.1}, 0.0, 0.1),
        ("relu6", 0.0, 0.0),
        ("relu6", 6.0, 0.0),
        ({"elu": 0.7}, 0.0, 0.7),
        ("selu", 0.0, 1.7580993408473766),
        ("hard_sigmoid", -3.0, 0.0),
        ("hard_sigmoid", 3.0, 0.0),
        ("hard_swish", -3.0, 0.0),
        ("hard_swish", 3.0, 1.0),
        ({"custom": "abs(x)"}, 0.0, 0.0),
        ({"custom": "relu(x)"}, 0.0, 0.0),
        ({"custom": "maximum(x, 0)"}, 0.0, 0.5),
        ({"custom": "maximum(0, x)"}, 0.0, 0.5),
        ({"custom": "minimum(3 * x, x)"}, 0.0, 2.0),
    ],
    ids=str,
)
def test_activations_have_one_slope_at_a_kink(
    written: Any, x: float, slope: float
) -> None:
    result = made(written).derivative(np.array([x]))
    assert_close(result, [slope], ROUNDING)


@pytest.mark.parametrize(
    ("written", "function"),
    [
        ({"gelu": "erf"}, lambda x: x * stats.norm.cdf(x)),
        ("silu", lambda x: x * special.expit(x)),
        ({"swish": 2.5}, lambda x: x * special.expit(2.5 * x)),
        ("softplus", lambda x: np.logaddexp(0.0, x)),
        ("mish", lambda x: x * np.tanh(np.logaddexp(0.0, x))),
    ],
    ids=["gelu", "silu", "swish", "softplus", "mish"],
)
def test_activations_match_scipy(written: Any, function: Any) -> None:
    x = np.linspace(-40.0, 40.0, 401)
    result, expected = made(written).value(x), function(x)
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("kind", ["sigmoid", "relu"])
def test_rounded_runs_differ_only_in_exponentials(
    kind: str,
) -> None:
    """A perturbed run differs by one unit in the last place of its output."""
    x = np.linspace(-3, 3, 50)[:, None]
    network = arm([kind], sides=(1,))

    def through(rounding: Rounding) -> tuple[Any, Any]:
        y, back = Pass({}, rounding=rounding).through(network.nodes, x)
        return y, back(np.ones_like(x))

    (y, slope), (perturbed_y, perturbed_slope) = (
        through(Rounding(side)) for side in (0, 2)
    )
    if kind == "relu":
        assert (perturbed_y == y).all()
        assert (perturbed_slope == slope).all()
        return
    for off in (perturbed_y - y, perturbed_slope - slope):
        units = off / (UNIT * y)
        assert np.abs(units) == pytest.approx(1, abs=0.6)
        assert {-1.0, 1.0} == set(np.sign(units).ravel())


def test_swish_is_silu_and_the_two_gelus_nearly_agree() -> None:
    x = np.linspace(-8.0, 8.0, 1001)
    assert_close(made("swish").value(x), made("silu").value(x), 0.0)
    apart = made({"gelu": "tanh"}).value(x) - made({"gelu": "erf"}).value(x)
    assert 1e-4 < np.abs(apart).max() < 5e-4  # the paper's figure 1


@pytest.mark.parametrize("kind", ["sigmoid", "tanh", "softmax"])
def test_activations_saturate_far_out(kind: str) -> None:
    with np.errstate(over="raise", invalid="raise"):
        value = made(kind).value(np.array([-1e4, 0.0, 1e4]))
    assert value[-1] == 1.0


@pytest.mark.parametrize("kind", ACTIVATIONS, ids=lambda kind: kind.kind())
def test_activations_stay_finite_far_out(kind: type[Activation]) -> None:
    """A custom formula may overflow; only its user can know."""
    activation, x = made(written(kind)), np.array([-1e3, -700.0, 700.0, 1e3])
    if kind is Custom:
        x = x / 2
    with np.errstate(over="raise", invalid="raise"):
        value, slope = activation.value(x), activation.derivative(x)
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()
    # All are linear that far from zero.
    np.testing.assert_allclose(slope[[0, 3]], slope[[1, 2]], atol=1e-5)


logits = arrays(float, (4, 3), elements=st.floats(-50, 50))


smoothing = st.sampled_from([0.0, 0.1, 0.9])


@given(logits, smoothing)
def test_cross_entropy_has_the_slope_it_says(z: Any, alpha: float) -> None:
    y, loss = np.array([0, 2, 1, 1]), CrossEntropy(label_smoothing=alpha)
    expected = slope(lambda moved: loss.value(moved, y), z)
    np.testing.assert_allclose(loss.gradient(z, y), expected, atol=1e-7)


@given(logits, smoothing)
def test_binary_cross_entropy_has_the_slope_it_says(
    z: Any, alpha: float
) -> None:
    z, y = z.reshape(-1, 1), np.tile([0.0, 1.0, 0.3], 4).reshape(-1, 1)
    loss = BinaryCrossEntropy(label_smoothing=alpha)
    expected = slope(lambda moved: loss.value(moved, y), z)
    np.testing.assert_allclose(loss.gradient(z, y), expected, atol=1e-7)


@given(logits)
def test_mean_squared_error_has_the_slope_it_says(z: Any) -> None:
    y, loss = np.linspace(-1, 1, 12).reshape(4, 3), MeanSquaredError()
    expected = slope(lambda moved: loss.value(moved, y), z)
    np.testing.assert_allclose(loss.gradient(z, y), expected, atol=1e-5)


@pytest.mark.parametrize(
    "loss", [MeanAbsoluteError(), Huber(delta=0.7), Huber(delta=3.0)], ids=str
)
@given(z=logits)
def test_losses_of_a_distance_have_the_slope_they_say(
    loss: Any, z: Any
) -> None:
    y = np.linspace(-1, 1, 12).reshape(4, 3)
    assume((np.abs(z - y) > 2 * WIDTH).all())  # a kink has no slope
    expected = slope(lambda moved: loss.value(moved, y), z)
    np.testing.assert_allclose(loss.gradient(z, y), expected, atol=1e-5)


@pytest.mark.parametrize("loss", [MeanAbsoluteError(), Huber()], ids=str)
def test_exact_prediction_has_no_slope(loss: Any) -> None:
    z = np.array([[1.0], [-2.0], [0.0]])
    assert not loss.gradient(z, z).any()


@pytest.mark.parametrize(
    ("loss", "z", "y", "value"),
    [
        (CrossEntropy(), [[0.0] * 4], [2], math.log(4)),
        (CrossEntropy(), [[0.0, 1e3]], [0], 1e3),
        (CrossEntropy(), [[0.0, 1e3]], [1], 0.0),
        (CrossEntropy(), [[1.0, 1.0], [0.0, 1e3]], [0, 0], 500.346573590280),
        (BinaryCrossEntropy(), [[0.0]], [[1.0]], math.log(2)),
        (BinaryCrossEntropy(), [[1e3], [-1e3]], [[1.0], [0.0]], 0.0),
        (BinaryCrossEntropy(), [[1e3], [-1e3]], [[0.0], [1.0]], 1e3),
        # -0.9 log p₁ - 0.1 (log p₁ + log p₂)/2, of p = (1/4, 3/4).
        (
            CrossEntropy(label_smoothing=0.1),
            [[0.0, math.log(3)]],
            [0],
            0.95 * math.log(4) + 0.05 * math.log(4 / 3),
        ),
        # The target is 0.9, and p is 3/4.
        (
            BinaryCrossEntropy(label_smoothing=0.2),
            [[math.log(3)]],
            [[1.0]],
            0.9 * math.log(4 / 3) + 0.1 * math.log(4),
        ),
        (MeanSquaredError(), [[1.0], [3.0]], [[0.0], [1.0]], 2.5),
        (MeanAbsoluteError(), [[1.0], [3.0]], [[0.0], [5.0]], 1.5),
        (Huber(delta=0.5), [[1.0], [3.0]], [[0.8], [5.0]], 0.4475),
        (Huber(delta=2.0), [[1.0], [3.0]], [[0.8], [5.0]], 1.01),
    ],
    ids=str,
)
def test_losses_have_their_known_values(
    loss: Any, z: Any, y: Any, value: float
) -> None:
    result = loss.value(np.array(z), np.array(y))
    assert result == pytest.approx(value, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("loss", "z", "y", "accuracy"),
    [
        (CrossEntropy(), [[1, 2], [2, 1]], [1, 1], 0.5),
        (CrossEntropy(), [[1, 1], [1, 1]], [0, 1], 0.5),
        (BinaryCrossEntropy(), [[1.0], [-1.0]], [[1.0], [1.0]], 0.5),
        (BinaryCrossEntropy(), [[0.0], [0.0]], [[0.0], [1.0]], 0.5),
    ],
    ids=str,
)
def test_accuracy_is_the_share_of_correct_predictions(
    loss: Any, z: Any, y: Any, accuracy: float
) -> None:
    result = loss.metrics(np.array(z), np.array(y))
    assert result == {"accuracy": accuracy}


def test_regression_has_no_accuracy() -> None:
    z = np.zeros((2, 1))
    assert MeanSquaredError().metrics(z, z) == {}


def test_a_constant_rate_cannot_tell_the_two_velocities_apart() -> None:
    """Only a changing rate shows the convention at all."""
    [by_gradients, by_steps] = (
        trained(next(c for c in CASES if c.id == f"sgd-{name}-constant").arm)
        for name in ("of_gradients", "of_steps")
    )
    assert_close(by_gradients, by_steps, ROUNDING)


def trained(example: Arm) -> Any:
    trainer, step = first_step(example)
    for _ in range(10):
        trainer.steps(step)
    return trainer.weights()


def test_loading_resets_the_state_of_the_optimiser() -> None:
    example = next(c for c in CASES if c.id == "adam-epsilon-small").arm
    trainer, step = first_step(example)
    start = trainer.weights()
    trainer.steps(step)
    once = trainer.weights()
    trainer.load(start)
    trainer.steps(step)
    assert_close(trainer.weights(), once, 0.0)


def test_every_word_of_the_language_is_a_case() -> None:
    """A kind without a case is not tested anywhere."""
    kinds = {layer.kind() for case in CASES for layer in case.arm.layers}
    assert kinds == {kind.kind() for kind in members(Layer)}
    recipes = [case.arm.recipe for case in CASES]
    assert {type(r.loss) for r in recipes} == set(members(Loss))
    clips = {type(r.clipping) for r in recipes if r.clipping}
    assert clips == set(members(Clipping))
    assert {type(r.optimizer) for r in recipes} == set(members(Optimizer))
