"""Windows over images: their positions and values, by hand."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.reference.passes import Pass
from framework_parity.common.spec.architecture import layer_nodes
from framework_parity.common.spec.layers.augmentation import (
    RandomCrop,
    RandomFlip,
)
from framework_parity.common.spec.layers.convolution import (
    Conv2d,
    DepthwiseConv2d,
)
from framework_parity.common.spec.layers.pooling import AveragePool, MaxPool
from framework_parity.common.spec.node import defaults_from
from framework_parity.common.spec.padding import Half, Same, Symmetric, Valid
from tests.cases import arm
from tests.tolerances import ROUNDING, assert_close


# TensorFlow's padding was measured; in the last two, a window's stride steps
# over the remainder.
@pytest.mark.parametrize(
    ("n", "span", "stride", "pads"),
    [
        (8, 3, 1, (1, 1)),
        (8, 3, 2, (0, 1)),
        (7, 3, 2, (1, 1)),
        (8, 2, 1, (0, 1)),
        (7, 2, 2, (0, 1)),
        (8, 5, 2, (1, 2)),
        (9, 5, 3, (1, 1)),
        (9, 3, 3, (0, 0)),
        (9, 2, 3, (0, 0)),
    ],
)
def test_same_padding_puts_the_larger_part_at_the_end(
    n: int, span: int, stride: int, pads: tuple[int, int]
) -> None:
    assert Same().along(0, n, span, stride) == pads
    assert (n + sum(pads) - span) // stride + 1 == -(-n // stride)


def test_the_other_paddings_do_not_look_at_the_stride() -> None:
    assert Valid().along(0, 8, 3, 2) == (0, 0)
    assert Half().along(0, 8, 3, 2) == (1, 1)
    assert Half().along(0, 8, 4, 1) == (2, 2)
    wide = Symmetric.model_validate({"symmetric": [2, 5]})
    assert [wide.along(axis, 8, 3, 2) for axis in (0, 1)] == [(2, 2), (5, 5)]
    assert Symmetric.model_validate({"symmetric": 3}).by == (3, 3)


def read(kind: Any, **fields: Any) -> Any:
    with defaults_from("keras"):
        return kind.model_validate({kind.kind(): fields})


@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ({"size": 3}, (6, 5, 4)),
        ({"size": 3, "stride": 2}, (3, 3, 4)),
        ({"size": 3, "stride": 2, "padding": "same"}, (4, 4, 4)),
        ({"size": 2, "stride": [2, 1], "padding": "half"}, (5, 8, 4)),
        ({"size": [1, 2], "dilation": [5, 3]}, (8, 4, 4)),
        ({"size": 3, "dilation": 2, "padding": "same"}, (8, 7, 4)),
        ({"size": 3, "padding": {"symmetric": [0, 3]}}, (6, 11, 4)),
    ],
    ids=str,
)
def test_output_shapes_match_those_counted_by_hand(
    fields: dict[str, Any], shape: tuple[int, ...]
) -> None:
    layer = read(Conv2d, filters=4, **fields)
    assert layer.output_shape((8, 7, 3)) == shape


def test_stride_of_a_pool_defaults_to_its_size() -> None:
    short, long = read(MaxPool, size=2), read(MaxPool, size=2, stride=[2, 2])
    assert short == long
    assert short.output_shape((8, 7, 3)) == (4, 3, 3)
    assert read(MaxPool, size=2, stride=None) == long
    assert read(MaxPool, size=3, stride=1).output_shape((8, 7, 3)) == (6, 5, 3)


# PyTorch's `_calculate_fan_in_and_fan_out` and Keras's `compute_fans`, read
# off the kernel that each stores.
@pytest.mark.parametrize(
    ("layer", "fans"),
    [
        (read(Conv2d, filters=8, size=[3, 2]), (36, 48)),
        (read(Conv2d, filters=8, size=[3, 2], groups=2), (18, 48)),
        (
            read(DepthwiseConv2d, size=3, multiplier=2, fan_in="per_channel"),
            (9, 108),
        ),
        (
            read(DepthwiseConv2d, size=3, multiplier=2, fan_in="all_channels"),
            (54, 18),
        ),
    ],
    ids=["conv2d", "groups", "per_channel", "all_channels"],
)
def test_fans_match_those_counted_by_hand(
    layer: Any, fans: tuple[int, int]
) -> None:
    assert layer.fans((8, 7, 6)) == fans


def seen(layer: Any, x: Any, **weights: Any) -> Any:
    [node] = layer_nodes([layer], x.shape[1:])
    named = {f"{node.name}/{name}": w for name, w in weights.items()}
    return Pass(named).through([node], x)[0]


def test_a_convolution_sums_what_each_window_sees() -> None:
    """By four loops, a number at a time, without any padding."""
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(2, 5, 6, 4)), rng.normal(size=(2, 3, 2, 6))
    bias = rng.normal(size=6)
    layer = read(Conv2d, filters=6, size=[2, 3], groups=2, dilation=[2, 1])
    output = seen(layer, x, kernel=kernel, bias=bias)
    assert output.shape == (2, 3, 4, 6)
    for n, h, w, f in np.ndindex(output.shape):
        total = bias[f]
        for i, j, c in np.ndindex(2, 3, 2):
            channel = 2 * (f // 3) + c
            total += x[n, h + 2 * i, w + j, channel] * kernel[i, j, c, f]
        assert_close(output[n, h, w, f], total, ROUNDING)


def test_a_depthwise_convolution_keeps_channels_apart() -> None:
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(1, 4, 4, 3)), rng.normal(size=(2, 2, 3, 2))
    layer = read(DepthwiseConv2d, size=2, multiplier=2, bias=False)
    output = seen(layer, x, kernel=kernel)
    for c, m in np.ndindex(3, 2):
        alone = read(Conv2d, filters=1, size=2, bias=False)
        only = kernel[:, :, c : c + 1, m : m + 1]
        expected = seen(alone, x[..., c : c + 1], kernel=only)
        assert_close(output[..., 2 * c + m], expected[..., 0], ROUNDING)


def test_pools_count_their_padding_or_not() -> None:
    x = -np.arange(1.0, 5.0).reshape(1, 2, 2, 1)
    around = {"size": 2, "stride": 1, "padding": {"symmetric": 1}}
    largest = seen(read(MaxPool, **around), x)
    assert_close(
        largest[0, :, :, 0], [[-1, -1, -2], [-1, -1, -2], [-3, -3, -4]], 0.0
    )
    whole, real = (
        seen(read(AveragePool, count_padding=count, **around), x)
        for count in (True, False)
    )
    assert_close(
        real[0, :, :, 0], [[-1, -1.5, -2], [-2, -2.5, -3], [-3, -3.5, -4]], 0.0
    )
    assert_close(
        whole[0, :, :, 0],
        [[-0.25, -0.75, -0.5], [-1, -2.5, -1.5], [-0.75, -1.75, -1]],
        0.0,
    )


def changed(layer: Any, drawn: list[float]) -> Any:
    """Return the output of a layer for an image and given draws, and a slope.

    The slope is that of the sum of all numbers, each times its position.
    """
    image = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    [node] = layer_nodes([layer], (2, 2, 1))
    masks = {node.name: np.array(drawn).reshape(1, 1, 1, -1)}
    output, back = Pass({}, masks).through([node], image)
    slope = back(np.arange(1.0, 5.0).reshape(1, 2, 2, 1))
    same, _ = Pass({}).through([node], image)
    np.testing.assert_array_equal(same, image)
    return output[0, :, :, 0].tolist(), slope[0, :, :, 0].tolist()


def test_a_flip_mirrors_left_and_right() -> None:
    mirrored = [[2.0, 1.0], [4.0, 3.0]]
    assert changed(RandomFlip(), [1.0]) == (mirrored, mirrored)
    plain = [[1.0, 2.0], [3.0, 4.0]]
    assert changed(RandomFlip(), [0.0]) == (plain, plain)


@pytest.mark.parametrize(
    ("corner", "seen", "slope"),
    [
        ([1, 1], [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
        ([0, 0], [[9, 9], [9, 1]], [[4, 0], [0, 0]]),
        ([0, 1], [[9, 9], [1, 2]], [[3, 4], [0, 0]]),
        ([2, 1], [[3, 4], [9, 9]], [[0, 0], [1, 2]]),
        ([1, 2], [[2, 9], [4, 9]], [[0, 1], [0, 3]]),
    ],
)
def test_crop_starts_at_its_corner(
    corner: list[float], seen: list[Any], slope: list[Any]
) -> None:
    crop = RandomCrop(padding=1, fill=9.0)
    assert changed(crop, corner) == (seen, slope)


@pytest.mark.parametrize("layer", ["random_flip", {"random_crop": 1}])
def test_a_vector_is_neither_mirrored_nor_cut(layer: Any) -> None:
    example = arm([layer, {"dense": 3}])
    with pytest.raises(ValueError, match="expected images"):
        _ = example.nodes
