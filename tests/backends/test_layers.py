"""Layers of live models, beyond the comparison of numbers."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.spec.layer import Shape
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.backends.conftest import Examined
from tests.cases import CASES, Case, arm
from tests.tolerances import MATTERS, assert_close, distance

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])


def case(name: str) -> Case:
    [result] = [case for case in CASES if case.id == name]
    return result


@on_each_backend
def test_dropout_passes_everything_on_in_evaluation(
    backend: str, examined: Examined
) -> None:
    outputs = examined(case("dropout"), backend).outputs
    assert_close(outputs["dropout_1"], outputs["tanh_1"], 0.0)


@on_each_backend
def test_dropout_drops_under_its_mask_in_training(
    backend: str, examined: Examined
) -> None:
    """A pixel that is dropped in the whole batch changes no weight.

    With one sample a batch that is likely: each of 60 inputs is dropped with
    a probability of 0.3.
    """
    dropping = Case(
        "dropout-one_sample",
        [{"dropout": 0.3}, {"flatten": "channels_last"}, {"dense": 3}],
        (4, 5, 3),
        recipe={"batch_size": 1},
    )
    kernel = examined(dropping, backend).gradients["dense_1/kernel"]
    silent = (kernel == 0).all(axis=1)
    # Five standard errors of a share of 60.
    assert abs(silent.mean() - 0.3) < 5 * (0.3 * 0.7 / 60) ** 0.5


@on_each_backend
def test_images_come_back_with_their_channels_last(
    backend: str, examined: Examined
) -> None:
    result = examined(case("max_pool-ties"), backend)
    assert result.outputs["relu_1"].shape == result.x.shape
    assert_close(result.outputs["relu_1"], result.x * (result.x > 0), 0.0)


@on_each_backend
def test_flatten_lays_pixels_or_channels_side_by_side(
    backend: str, examined: Examined
) -> None:
    result = examined(case("flatten-channels_last"), backend)
    flat = result.x.reshape(len(result.x), -1)
    assert_close(result.outputs["flatten_1"], flat, 0.0)
    result = examined(case("flatten-channels_first"), backend)
    flat = result.x.transpose(0, 3, 1, 2).reshape(len(result.x), -1)
    assert_close(result.outputs["flatten_1"], flat, 0.0)


@on_each_backend
@pytest.mark.parametrize("at_zero", ["slope", "zero"])
@pytest.mark.parametrize("slopes", ["one", "per_channel", "per_number"])
def test_frameworks_start_parameters_at_the_specified_values(
    slopes: str, at_zero: str, backend: str, pair: WorkerPair
) -> None:
    """A third is not representable in float32."""
    prelu = {"slopes": slopes, "at_zero": at_zero, "initial": 1 / 3}
    layers = [{"prelu": prelu}, {"layer_norm": {"axes": "all"}}, "flatten"]
    network = arm([*layers, {"dense": 3}], (4, 5, 3))
    weights = (
        pair.workers[backend].submit("drawn", arm=network, seed=0).result()
    )
    assert (weights["prelu_1/slope"] == 1 / 3).all()
    assert (weights["layer_norm_1/gamma"] == 1).all()
    assert (weights["layer_norm_1/beta"] == 0).all()


@on_each_backend
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("flatten-channels_first", "flatten-channels_last"),
        ("conv2d-same-stride2", "conv2d-half-stride2"),
        ("max_pool-same", "max_pool-half"),
        ("average_pool-same-all", "average_pool-same-real"),
        ("average_pool-half-all", "average_pool-half-real"),
        ("prelu-at_zero-slope", "prelu-at_zero-zero"),
        ("sgd-of_gradients-decay", "sgd-of_steps-decay"),
        ("sgd-of_gradients-nesterov-decay", "sgd-of_gradients-decay"),
        ("sgd-of_steps-nesterov-decay", "sgd-of_steps-decay"),
        ("adam-epsilon-large", "adam-epsilon_hat-large"),
        ("adam-epsilon-large", "adam-epsilon-small"),
    ],
)
def test_values_that_mean_different_things_train_differently(
    one: str, other: str, backend: str, examined: Examined
) -> None:
    kernel = examined(case(one), backend).trained["dense_1/kernel"]
    against = examined(case(other), backend).trained["dense_1/kernel"]
    assert distance(kernel, against) > MATTERS


@on_each_backend
@pytest.mark.parametrize(
    ("units", "count"),
    [
        ((256, 128, 10), 235_146),
        ((128, 64, 32, 16, 10), 111_514),
        ((512, 10), 407_050),
    ],
    ids=str,
)
def test_live_models_have_as_many_parameters_as_counted_by_hand(
    units: tuple[int, ...], count: int, backend: str, examined: Examined
) -> None:
    hidden = [layer for n in units[:-1] for layer in ({"dense": n}, "relu")]
    counted = Case(
        f"counted-{count}",
        [*hidden, {"dense": units[-1]}],
        (784,),
        classes=units[-1],
    )
    result = examined(counted, backend, steps=0)
    assert sum(result.counts.values()) == count
    assert sum(value.size for value in result.trained.values()) == count


LENET = [
    {"conv2d": {"filters": 6, "size": 5, "padding": {"symmetric": 2}}},
    "tanh",
    {"average_pool": 2},
    {"conv2d": {"filters": 16, "size": 5}},
    "tanh",
    {"average_pool": 2},
    "flatten",
    {"dense": 120},
    "tanh",
    {"dense": 84},
    "tanh",
    {"dense": 10},
]
"""LeNet-5 (LeCun et al. 1998) as it is written today, on 28 × 28 pixels.

156 + 2,416 + 48,120 + 10,164 + 850 parameters.
"""

SEPARABLE = [
    {"depthwise_conv2d": {"size": 3, "multiplier": 2}},
    {"conv2d": {"filters": 8, "size": 1, "bias": False}},
    {"layer_norm": {"axes": "channels"}},
    {"prelu": {"slopes": "per_number"}},
    {"conv2d": {"filters": 8, "size": [3, 1], "groups": 4}},
    {"layer_norm": {"axes": "all"}},
    {"prelu": {"slopes": "per_channel"}},
    {"prelu": {"slopes": "one"}},
    "global_max_pool",
    {"dense": 3},
]
"""Every other layer with parameters, on 8 × 7 pixels of 3 channels.

9 · 6 + 6, 6 · 8, 2 · 8, 6 · 5 · 8, 3 · 2 · 8 + 8, 2 · 4 · 5 · 8, 8, 1, and
8 · 3 + 3.
"""


@on_each_backend
@pytest.mark.parametrize(
    ("layers", "sides", "classes", "count"),
    [
        (LENET, (28, 28, 1), 10, 61_706),
        (SEPARABLE, (8, 7, 3), 3, 60 + 48 + 16 + 240 + 56 + 320 + 9 + 27),
    ],
    ids=["lenet", "separable"],
)
def test_live_image_networks_have_as_many_parameters_as_counted_by_hand(
    layers: list[Any],
    sides: Shape,
    classes: int,
    count: int,
    backend: str,
    examined: Examined,
) -> None:
    counted = Case(f"counted-{count}", layers, sides, classes)
    assert counted.arm.parameter_count == count
    result = examined(counted, backend, steps=0)
    assert sum(result.counts.values()) == count
    assert sum(value.size for value in result.trained.values()) == count


def test_the_counted_networks_count_the_same_in_the_spec() -> None:
    layers = [{"dense": 256}, "relu", {"dense": 128}, "relu", {"dense": 10}]
    assert arm(layers, (784,), 10).parameter_count == 235_146


def test_a_formula_with_a_scalar_works_in_a_fresh_process() -> None:
    """PyTorch imports parts of itself when a scalar becomes a tensor."""
    spec = arm([{"dense": 4}, {"custom": "maximum(0, x)"}, {"dense": 3}])
    task: dict[str, Any] = {
        "arm": spec,
        "seed": 0,
        "dtype": "float64",
        "nudges": (),
    }
    with WorkerPair(("torch",), threads=1) as fresh:
        shapes = fresh.ask("inspect_step", **task)["torch"].shapes
    assert shapes == {node.name: node.output_shape for node in spec.nodes}


def changed(
    pair: WorkerPair, backend: str, layer: Any, size: int
) -> tuple[Any, Any, Any]:
    """Return images, and a layer's outputs for them in training and not."""
    x = np.random.default_rng(0).normal(size=(size, 4, 5, 2))
    network = arm([layer, "flatten", {"dense": 3}], (4, 5, 2))
    future = pair.workers[backend].submit("live_images", arm=network, x=x)
    trained, plain = future.result()
    return x, trained, plain


@on_each_backend
def test_a_flip_mirrors_each_image_or_leaves_it(
    backend: str, pair: WorkerPair
) -> None:
    x, trained, plain = changed(pair, backend, "random_flip", 400)
    np.testing.assert_array_equal(plain, x)
    mirrored = (trained == x[:, :, ::-1]).all((1, 2, 3))
    same = (trained == x).all((1, 2, 3))
    assert (mirrored ^ same).all()
    # Five standard errors of a share of 400.
    assert abs(mirrored.mean() - 0.5) < 5 * (0.25 / 400) ** 0.5


@on_each_backend
def test_a_crop_is_a_window_of_the_padded_image(
    backend: str, pair: WorkerPair
) -> None:
    crop = {"random_crop": {"padding": 1, "fill": 0.5}}
    x, trained, plain = changed(pair, backend, crop, 400)
    np.testing.assert_array_equal(plain, x)
    sides = ((0, 0), (1, 1), (1, 1), (0, 0))
    padded = np.pad(x, sides, constant_values=0.5)
    matches = np.stack(
        [
            (trained == padded[:, top : top + 4, left : left + 5]).all(
                (1, 2, 3)
            )
            for top in range(3)
            for left in range(3)
        ]
    )
    assert (matches.sum(0) == 1).all()
    # Five standard errors of a share of 400.
    error = (1 / 9 * 8 / 9 / 400) ** 0.5
    assert (abs(matches.mean(1) - 1 / 9) < 5 * error).all()
