"""Each framework's own draws follow the spec's distribution."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.initializers import (
    BiasInitializer,
    Initializer,
    Orthogonal,
    Scaled,
    TruncatedNormal,
)
from framework_parity.common.spec.node import SpecNode, members
from framework_parity.common.training.loop import initial_weights
from framework_parity.common.training.record import Tensors
from framework_parity.comparisons.workers.worker import WorkerPair
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

FAN_IN, FAN_OUT = 100, 900

SCALED = [spec for spec in KERNELS if isinstance(spec, Scaled)]

BIASES = [spec for spec in KERNELS if type(spec) in members(BiasInitializer)]

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])
in_each_precision = pytest.mark.parametrize("dtype", ["float32", "float64"])


def wide(**fields: Any) -> Arm:
    """Return one dense layer with these initialisers."""
    written = {
        name: value.model_dump() if isinstance(value, SpecNode) else value
        for name, value in fields.items()
    }
    return arm(
        [{"dense": {"units": FAN_OUT, **written}}],
        (FAN_IN,),
        classes=fields.get("units", FAN_OUT),
    )


def drawn(
    pair: WorkerPair,
    backend: str,
    seed: int = 0,
    dtype: Dtype = "float64",
    **fields: Any,
) -> Tensors:
    """Return the weights that a framework draws for one dense layer."""
    future = pair.workers[backend].submit(
        "drawn", arm=wide(**fields), seed=seed, dtype=dtype
    )
    weights: Tensors = future.result()
    return weights


@on_each_backend
@pytest.mark.parametrize("spec", KERNELS, ids=id_of)
def test_kernel_is_drawn_from_the_distribution_it_names(
    spec: Initializer, backend: str, pair: WorkerPair
) -> None:
    weights = drawn(pair, backend, kernel_initializer=spec)
    kernel = weights["dense_1/kernel"]
    assert kernel.shape == (FAN_IN, FAN_OUT)
    assert_drawn_from(kernel, distribution(spec, FAN_IN, FAN_OUT))


@on_each_backend
@pytest.mark.parametrize("spec", BIASES, ids=id_of)
def test_bias_is_drawn_with_the_fans_of_its_kernel(
    spec: Initializer, backend: str, pair: WorkerPair
) -> None:
    weights = drawn(pair, backend, bias_initializer=spec)
    expected = distribution(spec, FAN_IN, FAN_OUT)
    assert_drawn_from(weights["dense_1/bias"], expected)


@on_each_backend
@pytest.mark.parametrize("fan_in", ["per_channel", "all_channels"])
@pytest.mark.parametrize("spec", SCALED, ids=id_of)
def test_a_depthwise_kernel_is_drawn_with_the_fans_of_the_spec(
    spec: Initializer, fan_in: str, backend: str, pair: WorkerPair
) -> None:
    """Each framework computes one of the two fans from the shape."""
    written = {
        "size": 3,
        "multiplier": 5,
        "fan_in": fan_in,
        "kernel_initializer": spec.model_dump(),
    }
    layers = [{"depthwise_conv2d": written}, "flatten", {"dense": 3}]
    wide = arm(layers, (3, 3, 40))
    [node] = (p for p in wide.nodes if p.name == "depthwise_conv2d_1")
    fans = node.layer.fans(node.input_shape)
    future = pair.workers[backend].submit("drawn", arm=wide, seed=0)
    kernel = future.result()["depthwise_conv2d_1/kernel"]
    assert_drawn_from(kernel, distribution(spec, *fans))


@on_each_backend
@in_each_precision
@pytest.mark.parametrize(("spec", "value"), CONSTANTS, ids=str)
def test_a_constant_is_exact(
    spec: Initializer,
    value: float,
    dtype: Dtype,
    backend: str,
    pair: WorkerPair,
) -> None:
    weights = drawn(
        pair,
        backend,
        dtype=dtype,
        kernel_initializer=spec,
        bias_initializer=spec,
    )
    for name in ("dense_1/kernel", "dense_1/bias"):
        assert weights[name].dtype == dtype
        assert (weights[name] == np.dtype(dtype).type(value)).all()


@on_each_backend
@in_each_precision
@pytest.mark.parametrize("units", [FAN_IN // 2, FAN_IN, FAN_OUT])
@pytest.mark.parametrize("spec", ORTHOGONALS, ids=id_of)
def test_orthogonal_is_orthogonal_whichever_side_is_longer(
    spec: Orthogonal, units: int, dtype: Dtype, backend: str, pair: WorkerPair
) -> None:
    weights = drawn(
        pair, backend, dtype=dtype, kernel_initializer=spec, units=units
    )
    kernel = weights["dense_1/kernel"]
    assert kernel.shape == (FAN_IN, units)
    assert_orthogonal(kernel, spec.gain)


@on_each_backend
def test_orthogonal_prefers_no_rotation(
    backend: str, pair: WorkerPair
) -> None:
    """Without sign correction, a QR's first diagonal values are negative."""
    draws = [
        drawn(pair, backend, seed, kernel_initializer="orthogonal", units=50)
        for seed in range(8)
    ]
    kernels = np.array([weights["dense_1/kernel"] for weights in draws])
    # Any element of a random one is near N(0, 1/100).
    assert_drawn_from(kernels, stats.norm(0, 1 / math.sqrt(FAN_IN)))
    diagonals = kernels.diagonal(axis1=1, axis2=2)
    assert 0.35 < (diagonals > 0).mean() < 0.65


@on_each_backend
def test_a_wide_absolute_truncation_keeps_the_whole_normal_in_float32(
    backend: str, pair: WorkerPair
) -> None:
    """An inverse distribution function is infinite at float32's limits."""
    spec = TruncatedNormal(stddev=0.01, bounds="absolute")
    for seed in range(4):
        kernel = drawn(
            pair,
            backend,
            seed,
            "float32",
            kernel_initializer=spec,
            units=20_000,
        )["dense_1/kernel"]
        assert 4.5 < np.abs(kernel).max() / spec.stddev < 6.5


@pytest.mark.parametrize("spec", [*KERNELS, *ORTHOGONALS], ids=id_of)
def test_both_processes_share_the_same_numbers(
    spec: Initializer, pair: WorkerPair
) -> None:
    """The QR of `orthogonal` comes from a multithreaded library."""
    shared = wide(kernel_initializer=spec)
    futures = [
        worker.submit("shared", arm=shared, seed=0)
        for worker in pair.workers.values()
    ]
    torch, keras = (future.result()["dense_1/kernel"] for future in futures)
    here = initial_weights(shared, 0, "float64")["dense_1/kernel"]
    assert (torch == keras).all()
    assert (torch == here).all()


@on_each_backend
def test_a_seed_draws_the_same_again_and_another_does_not(
    backend: str, pair: WorkerPair
) -> None:
    first, again, other = (
        drawn(pair, backend, seed)["dense_1/kernel"] for seed in (0, 0, 1)
    )
    assert (first == again).all()
    assert (first != other).any()


@on_each_backend
def test_layers_of_one_shape_are_not_drawn_alike(
    backend: str, pair: WorkerPair
) -> None:
    """A Keras initialiser returns the same values when called twice."""
    network = arm([{"dense": 5}, {"dense": 5}, {"dense": 3}])
    future = pair.workers[backend].submit("drawn", arm=network, seed=0)
    weights = future.result()
    assert (weights["dense_1/kernel"] != weights["dense_2/kernel"]).any()
