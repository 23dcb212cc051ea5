"""Convolution layers, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.layers.convolution import (
    Conv2d,
    DepthwiseConv2d,
)
from framework_parity.keras_impl import (
    extensions,
)
from framework_parity.keras_impl.introspect.layers.initial_weights import (
    initializer_fields,
)
from framework_parity.keras_impl.introspect.layers.windows import (
    is_plain,
    window_fields,
)


def conv2d(live: Any) -> Conv2d | None:
    """Conv2D, or the class of ours for padding in numbers."""
    own = type(live) in (keras.layers.Conv2D, extensions.PaddedConv2D)
    if not own or not is_plain(live):
        return None
    return Conv2d(
        filters=live.filters,
        groups=live.groups,
        **_moved(live),
        **initializer_fields(live),
    )


def depthwise_conv2d(live: Any) -> DepthwiseConv2d | None:
    """DepthwiseConv2D, or the class of ours for padding in numbers.

    Translation: initialisers count the fans of all channels, unless they are
    told others.
    """
    own = (keras.layers.DepthwiseConv2D, extensions.PaddedDepthwiseConv2D)
    if type(live) not in own or not is_plain(live):
        return None
    height, width = live.kernel_size
    kernel, bias = live.depthwise_initializer, live.bias_initializer
    counted = isinstance(kernel, keras.initializers.VarianceScaling)
    told = [each for each in (kernel, bias) if hasattr(each, "fan_in")]
    others = any(each.fan_in != height * width for each in told)
    all_channels = others or (counted and not hasattr(kernel, "fan_in"))
    return DepthwiseConv2d(
        multiplier=live.depth_multiplier,
        fan_in="all_channels" if all_channels else "per_channel",
        **_moved(live),
        **initializer_fields(live, kernel="depthwise"),
    )


def _moved(live: Any) -> dict[str, Any]:
    """Return what all convolutions say."""
    return {
        **window_fields(live),
        "size": live.kernel_size,
        "dilation": live.dilation_rate,
        "bias": live.use_bias,
    }
