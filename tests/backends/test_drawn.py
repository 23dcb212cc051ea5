"""What each framework draws by itself comes from the spec's distribution."""

from typing import Any

import pytest

from common.element import Element, members
from common.initializers import BiasInitializer, Initializer, Zeros
from common.record import Weights
from comparisons.workers import Pair
from tests.cases import arm
from tests.distributions import (
    KERNELS,
    assert_drawn_from,
    distribution,
    id_of,
)

FAN_IN, FAN_OUT = 100, 900

BIASES = [spec for spec in KERNELS if type(spec) in members(BiasInitializer)]

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])


def drawn(pair: Pair, backend: str, seed: int = 0, **fields: Any) -> Weights:
    """Return the weights that a framework gives one dense layer."""
    written = {
        name: value.model_dump() if isinstance(value, Element) else value
        for name, value in fields.items()
    }
    wide = arm(
        [{"dense": {"units": FAN_OUT, **written}}],
        (FAN_IN,),
        classes=FAN_OUT,
    )
    asked = pair.workers[backend].submit("drawn", arm=wide, seed=seed)
    weights: Weights = asked.result()
    return weights


@on_each_backend
@pytest.mark.parametrize("spec", KERNELS, ids=id_of)
def test_kernel_is_drawn_from_the_distribution_it_names(
    spec: Initializer, backend: str, pair: Pair
) -> None:
    found = drawn(pair, backend, kernel_initializer=spec)
    kernel = found["dense_1/kernel"]
    assert kernel.shape == (FAN_IN, FAN_OUT)
    assert_drawn_from(kernel, distribution(spec, FAN_IN, FAN_OUT))


@on_each_backend
@pytest.mark.parametrize("spec", BIASES, ids=id_of)
def test_bias_is_drawn_with_the_fans_of_its_kernel(
    spec: Initializer, backend: str, pair: Pair
) -> None:
    found = drawn(pair, backend, bias_initializer=spec)
    expected = distribution(spec, FAN_IN, FAN_OUT)
    assert_drawn_from(found["dense_1/bias"], expected)


@on_each_backend
def test_zeros_are_zero(backend: str, pair: Pair) -> None:
    spec = Zeros()
    found = drawn(
        pair, backend, kernel_initializer=spec, bias_initializer=spec
    )
    assert not found["dense_1/kernel"].any()
    assert not found["dense_1/bias"].any()


@on_each_backend
def test_a_seed_draws_the_same_again_and_another_does_not(
    backend: str, pair: Pair
) -> None:
    one, again, other = (
        drawn(pair, backend, seed)["dense_1/kernel"] for seed in (0, 0, 1)
    )
    assert (one == again).all()
    assert (one != other).any()


@on_each_backend
def test_layers_of_one_shape_are_not_drawn_alike(
    backend: str, pair: Pair
) -> None:
    """A Keras initialiser that is called twice gives the same twice."""
    twins = arm([{"dense": 5}, {"dense": 5}, {"dense": 3}])
    asked = pair.workers[backend].submit("drawn", arm=twins, seed=0)
    found = asked.result()
    assert (found["dense_1/kernel"] != found["dense_2/kernel"]).any()
