"""Convolution layers, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.layers.convolution import (
    Conv1d,
    Conv2d,
    Conv2dTranspose,
    DepthwiseConv2d,
)
from framework_parity.common.spec.padding import Same, Symmetric, Valid
from framework_parity.keras_impl import window_extensions
from framework_parity.keras_impl.introspect.layers.initial_weights import (
    initializer_fields,
)
from framework_parity.keras_impl.introspect.layers.windows import (
    is_plain,
    window_fields,
)


def conv1d(live: Any) -> Conv1d | None:
    """Conv1D, or the extension for padding in numbers."""
    matches = type(live) in (
        keras.layers.Conv1D,
        window_extensions.PaddedConv1D,
    )
    if not matches or not is_plain(live):
        return None
    return Conv1d(
        filters=live.filters,
        groups=live.groups,
        **_moved(live),
        **initializer_fields(live),
    )


def conv2d(live: Any) -> Conv2d | None:
    """Conv2D, or the extension for padding in numbers."""
    matches = type(live) in (
        keras.layers.Conv2D,
        window_extensions.PaddedConv2D,
    )
    if not matches or not is_plain(live):
        return None
    return Conv2d(
        filters=live.filters,
        groups=live.groups,
        **_moved(live),
        **initializer_fields(live),
    )


def depthwise_conv2d(live: Any) -> DepthwiseConv2d | None:
    """DepthwiseConv2D, or the extension for padding in numbers.

    Translation: initialisers use the fans of all channels, unless others are
    passed.
    """
    classes = (
        keras.layers.DepthwiseConv2D,
        window_extensions.PaddedDepthwiseConv2D,
    )
    if type(live) not in classes or not is_plain(live):
        return None
    height, width = live.kernel_size
    kernel, bias = live.depthwise_initializer, live.bias_initializer
    counted = isinstance(kernel, keras.initializers.VarianceScaling)
    explicit = [
        initializer
        for initializer in (kernel, bias)
        if hasattr(initializer, "fan_in")
    ]
    others = any(
        initializer.fan_in != height * width for initializer in explicit
    )
    all_channels = others or (counted and not hasattr(kernel, "fan_in"))
    return DepthwiseConv2d(
        multiplier=live.depth_multiplier,
        fan_in="all_channels" if all_channels else "per_channel",
        **_moved(live),
        **initializer_fields(live, kernel="depthwise"),
    )


def conv2d_transpose(live: Any) -> Conv2dTranspose | None:
    """Conv2DTranspose, or the extension that cuts off both sides."""
    plain = keras.layers.Conv2DTranspose
    classes = (plain, window_extensions.CroppedConv2DTranspose)
    if type(live) not in classes or not is_plain(live):
        return None
    same, added = live.padding == "same", live.output_padding
    if (same and added is not None) or set(live.dilation_rate) != {1}:
        return None
    if added is None:
        added = (0, 0) if same else _least(live)
    if isinstance(added, int):
        added = (added, added)
    by = getattr(live, "cropping", (0, 0))
    padding = Symmetric(by=by) if any(by) else Valid()
    return Conv2dTranspose(
        filters=live.filters,
        stride=live.strides,
        padding=Same() if same else padding,
        output_padding=added,
        size=live.kernel_size,
        bias=live.use_bias,
        **initializer_fields(live),
    )


def _least(live: Any) -> tuple[int, ...]:
    """Return what a transposed convolution adds at the end, unless told."""
    moves = zip(live.strides, live.kernel_size, strict=True)
    return tuple(max(stride - size, 0) for stride, size in moves)


def _moved(live: Any) -> dict[str, Any]:
    """Return the fields of all convolutions."""
    return {
        **window_fields(live),
        "size": live.kernel_size,
        "dilation": live.dilation_rate,
        "bias": live.use_bias,
    }
