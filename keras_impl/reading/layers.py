"""Layers, read from Keras."""

import math
from typing import Any

import keras

from common.initializers import Constant, Zeros
from common.layers import (
    AveragePool,
    BatchNorm,
    Concatenate,
    Conv2d,
    Dense,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    LayerNorm,
    MaxPool,
    Prelu,
    RandomCrop,
    RandomFlip,
    Residual,
    SpatialDropout,
)
from common.padding import Same, Symmetric, Valid
from keras_impl import extensions, random_extensions, reading

_NORMS = {
    keras.layers.BatchNormalization: "biased",
    extensions.UnbiasedBatchNormalization: "unbiased",
}
# By where they stand in a batch; the last two are all of a sample's.
_AXES: dict[tuple[int, ...], Any] = {
    (-1,): "channels",
    (1,): "height",
    (2,): "width",
    (1, 2): "positions",
    (-2, -1): "all",
    (1, 2, 3): "all",
}


def dense(live: Any) -> Dense | None:
    """Dense, without an activation of its own.

    Translation: a layer keeps its initialisers.
    """
    if type(live) is not keras.layers.Dense or not _plain(live):
        return None
    return Dense(
        units=live.units,
        bias=live.use_bias,
        **_drawn(live),
    )


def conv2d(live: Any) -> Conv2d | None:
    """Conv2D, or the class of ours for padding in numbers."""
    own = type(live) in (keras.layers.Conv2D, extensions.PaddedConv2D)
    if not own or not _plain(live):
        return None
    return Conv2d(
        filters=live.filters,
        groups=live.groups,
        **_moved(live),
        **_drawn(live),
    )


def depthwise_conv2d(live: Any) -> DepthwiseConv2d | None:
    """DepthwiseConv2D, or the class of ours for padding in numbers.

    Translation: initialisers count the fans of all channels, unless they are
    told others.
    """
    own = (keras.layers.DepthwiseConv2D, extensions.PaddedDepthwiseConv2D)
    if type(live) not in own or not _plain(live):
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
        **_drawn(live, kernel="depthwise"),
    )


def max_pool(live: Any) -> MaxPool | None:
    """MaxPooling2D, or the class of ours for padding in numbers."""
    own = (keras.layers.MaxPooling2D, extensions.PaddedMaxPooling2D)
    if type(live) not in own or not _channels_last(live):
        return None
    return MaxPool(size=live.pool_size, **_windows(live))


def average_pool(live: Any) -> AveragePool | None:
    """AveragePooling2D, or the class of ours for padding that counts."""
    own = (keras.layers.AveragePooling2D, extensions.PaddedAveragePooling2D)
    if type(live) not in own or not _channels_last(live):
        return None
    counted = getattr(live, "count_padding", False)
    return AveragePool(
        size=live.pool_size, count_padding=counted, **_windows(live)
    )


def global_average_pool(live: Any) -> GlobalAveragePool | None:
    """GlobalAveragePooling1D or 2D."""
    own = type(live) in (
        keras.layers.GlobalAveragePooling1D,
        keras.layers.GlobalAveragePooling2D,
    )
    plain = own and _channels_last(live) and not live.keepdims
    return GlobalAveragePool() if plain else None


def global_max_pool(live: Any) -> GlobalMaxPool | None:
    """GlobalMaxPooling1D or 2D."""
    own = type(live) in (
        keras.layers.GlobalMaxPooling1D,
        keras.layers.GlobalMaxPooling2D,
    )
    plain = own and _channels_last(live) and not live.keepdims
    return GlobalMaxPool() if plain else None


def flatten(live: Any) -> Flatten | None:
    """Flatten, or the class of ours that puts the channels first."""
    if type(live) is extensions.ChannelsFirstFlatten:
        return Flatten(order="channels_first")
    whole = type(live) is keras.layers.Flatten and live.data_format
    return Flatten(order="channels_last") if whole == "channels_last" else None


def batch_norm(live: Any) -> BatchNorm | None:
    """BatchNormalization of one axis.

    Translation: `momentum` is what is kept.
    """
    variance = _NORMS.get(type(live))
    if variance is None or (live.axis,) not in _AXES:
        return None
    if live.center != live.scale:
        return None
    return BatchNorm(
        epsilon=live.epsilon,
        kept=live.momentum,
        running_variance=variance,
        affine=live.center,
        axis=_AXES[(live.axis,)],
    )


def layer_norm(live: Any) -> LayerNorm | None:
    """LayerNormalization of some axes.

    Translation: `axis` tells which.
    """
    if type(live) is not keras.layers.LayerNormalization:
        return None
    axes = live.axis if isinstance(live.axis, list) else [live.axis]
    named = _AXES.get(tuple(axes))
    if named is None or live.center != live.scale:
        return None
    return LayerNorm(
        epsilon=float(live.epsilon),
        axes=named,
        affine=live.center,
    )


def prelu(live: Any) -> Prelu | None:
    """PReLU, or the class of ours.

    Translation: the shape of the slopes tells what shares one; how they
    begin is an initialiser.
    """
    if type(live) not in (keras.layers.PReLU, extensions.SteepPReLU):
        return None
    initial = reading.read(live.alpha_initializer)
    if not isinstance(initial, Constant | Zeros):
        return None
    numbers = math.prod(live.alpha.shape)
    per_channel = numbers == live.alpha.shape[-1]
    slopes = "per_channel" if per_channel else "per_number"
    steep = type(live) is extensions.SteepPReLU
    return Prelu(
        slopes="one" if numbers == 1 else slopes,
        initial=getattr(initial, "value", 0.0),
        at_zero="slope" if steep else "zero",
    )


def dropout(live: Any) -> Dropout | None:
    """Dropout, whether or not its masks come from outside."""
    own = (keras.layers.Dropout, random_extensions.MaskedDropout)
    if type(live) not in own or live.noise_shape is not None:
        return None
    return Dropout(rate=live.rate)


def spatial_dropout(live: Any) -> SpatialDropout | None:
    """SpatialDropout1D or 2D, likewise."""
    own = keras.layers.SpatialDropout1D, keras.layers.SpatialDropout2D
    if not isinstance(live, own):
        return None
    return SpatialDropout(rate=live.rate)


def random_flip(live: Any) -> RandomFlip | None:
    """A class of ours, likewise.

    Keras's own is none: it changes images where this does nothing.
    """
    own = isinstance(live, random_extensions.RandomFlip)
    return RandomFlip() if own else None


def random_crop(live: Any) -> RandomCrop | None:
    """A class of ours, likewise."""
    if not isinstance(live, random_extensions.RandomCrop):
        return None
    return RandomCrop(padding=live.padding, fill=float(live.fill))


def residual(live: Any) -> Residual | None:
    """A class of ours; an Identity is a block that is empty."""
    if type(live) is not extensions.Residual:
        return None
    body, shortcut, after = map(reading.read_block, live.layers)
    return Residual(
        body=body,
        shortcut=shortcut,
        activation=after[0] if after else None,
    )


def concatenate(live: Any) -> Concatenate | None:
    """A class of ours."""
    if type(live) is not extensions.Concatenate:
        return None
    branches = tuple(reading.read_block(each) for each in live.layers)
    return Concatenate(branches=branches, axis=_AXES[(live.axis,)])


def _drawn(live: Any, kernel: str = "kernel") -> dict[str, Any]:
    """Return the initialisers that a layer was filled by."""
    kernel_initializer = getattr(live, f"{kernel}_initializer")
    return {
        "kernel_initializer": reading.read(kernel_initializer),
        "bias_initializer": reading.read(live.bias_initializer),
    }


def _plain(live: Any) -> bool:
    """Whether nothing follows the layer inside of it, or restrains it."""
    config = live.get_config()
    restrained = any(
        value
        for name, value in config.items()
        if name.endswith(("_regularizer", "_constraint"))
    )
    linear = live.activation is keras.activations.linear
    return linear and not restrained and _channels_last(live)


def _channels_last(live: Any) -> bool:
    return getattr(live, "data_format", "channels_last") == "channels_last"


def _moved(live: Any) -> dict[str, Any]:
    """Return what all convolutions say."""
    return {
        **_windows(live),
        "size": live.kernel_size,
        "dilation": live.dilation_rate,
        "bias": live.use_bias,
    }


def _windows(live: Any) -> dict[str, Any]:
    """Return what all windows say; uneven padding is Keras's "same"."""
    padding = Same() if live.padding == "same" else Valid()
    if hasattr(live, "sides"):
        _, (top, bottom), (left, right), _ = live.sides
        even = (top, left) == (bottom, right)
        padding = Symmetric(by=(top, left)) if even else Same()
    return {"stride": live.strides, "padding": padding}
