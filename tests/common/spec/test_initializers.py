"""Initialisers: the distributions that the shared weights are drawn from."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from framework_parity.common.spec.initializers import (
    TRUNCATED_STDDEV,
    FanInUniform,
    GlorotNormal,
    HeNormal,
    Initializer,
    KernelInitializer,
    LecunNormal,
    Normal,
    Orthogonal,
    TruncatedNormal,
    Uniform,
    UnitsUniform,
)
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.node import members
from framework_parity.common.training.loop import initial_weights
from framework_parity.common.training.randomness import stream
from tests.cases import arm
from tests.distributions import (
    CONSTANTS,
    KERNELS,
    ORTHOGONALS,
    assert_drawn_from,
    assert_orthogonal,
    distribution,
    id_of,
)

FANS = (100, 900)
UNITS = {
    "kernel_initializer": "units_uniform",
    "bias_initializer": "units_uniform",
}
"""Fields of a layer whose kernel and biases are drawn by its units."""


def test_every_initializer_is_tested() -> None:
    constants = [spec for spec, _ in CONSTANTS]
    tested = {type(spec) for spec in [*KERNELS, *constants, *ORTHOGONALS]}
    # Tested below, since it depends on the number of units alone.
    assert tested | {UnitsUniform} == set(members(KernelInitializer))


@pytest.mark.parametrize(
    ("layers", "sides"),
    [
        ([{"lstm": {"units": 25, **UNITS}}, {"dense": 3}], (4, 40)),
        ([{"dense": {"units": 25, **UNITS}}, {"dense": 3}], (400,)),
    ],
)
def test_units_uniform_depends_on_the_units_alone(
    layers: Any, sides: Shape
) -> None:
    """PyTorch's `reset_parameters`: U(±1/√hidden_size)."""
    node = arm(layers, sides).all_nodes[0]
    values = node.layer.draw("kernel", stream(0, "test"), node.input_shape)
    assert_drawn_from(values, stats.uniform(-0.2, 0.4))


@pytest.mark.parametrize("spec", KERNELS, ids=id_of)
def test_sample_is_drawn_from_its_distribution(
    spec: Initializer,
) -> None:
    values = spec.sample(stream(0, "test"), FANS, *FANS)
    assert values.shape == FANS
    assert values.dtype == np.float64
    assert_drawn_from(values, distribution(spec, *FANS))


@pytest.mark.parametrize("spec", KERNELS, ids=id_of)
def test_plain_is_the_same_distribution_without_fans(
    spec: Initializer,
) -> None:
    """With fans of a depthwise kernel, which no tensor's shape shows."""
    fans = 9, 288
    plain = spec.plain(*fans)
    assert isinstance(plain, (Normal, TruncatedNormal, Uniform))
    actual, expected = (
        distribution(plain, 1, 1),
        distribution(spec, *fans),
    )
    assert actual.support() == pytest.approx(expected.support(), rel=1e-12)
    assert actual.mean() == pytest.approx(
        expected.mean(), rel=1e-12, abs=1e-15
    )
    assert actual.std() == pytest.approx(expected.std(), rel=1e-12)


@pytest.mark.parametrize("kind", [GlorotNormal, HeNormal, LecunNormal])
def test_truncated_normal_is_bounded_and_untruncated_is_not(
    kind: type[GlorotNormal | HeNormal | LecunNormal],
) -> None:
    cut, whole = (
        kind(truncated=truncated).sample(stream(0, "test"), FANS, *FANS)
        for truncated in (True, False)
    )
    # The deviation of the widened normal, not the one of the specification.
    bound = 2 * whole.std() / TRUNCATED_STDDEV
    assert 0.98 * bound < np.abs(cut).max() < 1.02 * bound
    assert np.abs(whole).max() > 1.5 * bound


@pytest.mark.parametrize("stddev", [1e-300, 1e-3, 4.1, 1e3, 1e300])
@pytest.mark.parametrize("mean", [-2.0, 0.0, 1.9])
def test_sampling_a_truncated_normal_ends_for_any_bounds(
    mean: float, stddev: float
) -> None:
    spec = TruncatedNormal(mean=mean, stddev=stddev, bounds="absolute")
    values = spec.sample(stream(0, "test"), FANS, *FANS)
    assert np.abs(values).max() <= 2


@pytest.mark.parametrize(("spec", "value"), CONSTANTS, ids=str)
def test_a_constant_is_exact(spec: Initializer, value: float) -> None:
    values = spec.sample(stream(0, "test"), (3, 4), 3, 4)
    assert values.dtype == np.float64
    assert values.tolist() == [[value] * 4] * 3


@pytest.mark.parametrize(
    "shape", [(9, 5), (5, 5), (5, 9), (3, 3, 4, 8), (1, 2, 3, 8)]
)
@pytest.mark.parametrize("spec", ORTHOGONALS, ids=id_of)
def test_orthogonal_is_orthogonal_whichever_side_is_longer(
    spec: Orthogonal, shape: Shape
) -> None:
    kernel = spec.sample(stream(0, "test"), shape, 1, 1)
    assert kernel.shape == shape
    assert_orthogonal(kernel, spec.gain)


def test_orthogonal_is_the_frame_of_the_gaussian_it_is_drawn_from() -> None:
    """QᵀG has to be R: nothing below its diagonal, which is above 0."""
    kernel = Orthogonal().sample(stream(0, "test"), (9, 5), 9, 5)
    r = kernel.T @ stream(0, "test").normal(size=(9, 5))
    assert np.abs(np.tril(r, -1)).max() < 1e-14
    assert (np.diag(r) > 0).all()


def test_a_bias_takes_the_fans_of_its_kernel() -> None:
    values = FanInUniform().sample(stream(0, "test"), (900,), *FANS)
    assert 0.099 < np.abs(values).max() < 0.1


def test_initial_weights_are_rounded_once_for_float32() -> None:
    example = arm([{"dense": 4}, "tanh", {"dense": 3}])
    double = initial_weights(example, 0, "float64")
    single = initial_weights(example, 0, "float32")
    assert list(double) == list(single)
    for name, value in double.items():
        assert single[name].dtype == np.float32
        assert (single[name] == value.astype(np.float32)).all()


def test_initial_weights_have_the_shapes_of_the_spec() -> None:
    example = arm([{"dense": {"units": 4, "bias": False}}, {"dense": 3}])
    weights = initial_weights(example, 0, "float64")
    assert {name: value.shape for name, value in weights.items()} == {
        "dense_1/kernel": (5, 4),
        "dense_2/kernel": (4, 3),
        "dense_2/bias": (3,),
    }


def test_initial_weights_take_fans_from_where_the_layer_stands() -> None:
    example = arm(
        [{"dense": 400}, {"dense": {"units": 3, "bias_initializer": BIAS}}],
    )
    bias = initial_weights(example, 0, "float64")["dense_2/bias"]
    assert np.abs(bias).max() <= 1 / np.sqrt(400)


BIAS = "fan_in_uniform"


def test_layers_of_one_shape_start_from_different_weights() -> None:
    example = arm([{"dense": 5}, {"dense": 5}, {"dense": 3}])
    weights = initial_weights(example, 0, "float64")
    assert (weights["dense_1/kernel"] != weights["dense_2/kernel"]).any()


def test_seeds_start_from_different_weights() -> None:
    example = arm([{"dense": 3}])
    first, second, repeated = (
        initial_weights(example, seed, "float64")["dense_1/kernel"]
        for seed in (0, 1, 0)
    )
    assert (first != second).any()
    assert (first == repeated).all()
