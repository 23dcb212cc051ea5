"""Layers that arrange the numbers of a sample in another way, in Keras."""

import keras

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.reshaping import (
    Permute,
    PixelShuffle,
    Repeat,
    Reshape,
)
from framework_parity.keras_impl import reshaping_extensions as extensions


def reshape(spec: Reshape, shape: Shape) -> Call:
    """Reshape, or a custom layer.

    Translation: channels are last in Keras.
    """
    if spec.order == "channels_last":
        return call(keras.layers.Reshape, spec.shape)
    return call(extensions.ChannelsFirstReshape, spec.shape)


def permute(spec: Permute, shape: Shape) -> Call:
    """Permute, whose axes are counted from 1."""
    axes = tuple(axis + 1 for axis in spec.along(shape))
    return call(keras.layers.Permute, axes)


def repeat(spec: Repeat, shape: Shape) -> Call:
    """RepeatVector."""
    return call(keras.layers.RepeatVector, spec.times)


def pixel_shuffle(spec: PixelShuffle, shape: Shape) -> Call:
    """A custom layer; `keras.ops.depth_to_space` is a function.

    Translation: the channels of one pixel of a square are adjacent.
    """
    first = spec.order == "channels_first"
    return call(extensions.PixelShuffle, spec.factor, first)
