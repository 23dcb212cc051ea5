"""Layers that change the size of a sample, in Keras."""

import keras

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.resizing import (
    Cropping,
    Upsampling,
    ZeroPadding,
)
from framework_parity.keras_impl import window_extensions


def zero_padding(spec: ZeroPadding, shape: Shape) -> Call:
    """ZeroPadding2D, or 1D for sequences."""
    sides = spec.sides(shape)
    if len(shape) == 2:
        return call(keras.layers.ZeroPadding1D, *sides)
    return call(keras.layers.ZeroPadding2D, sides)


def cropping(spec: Cropping, shape: Shape) -> Call:
    """Cropping2D, or 1D for sequences."""
    sides = spec.sides(shape)
    if len(shape) == 2:
        return call(keras.layers.Cropping1D, *sides)
    return call(keras.layers.Cropping2D, sides)


def upsampling(spec: Upsampling, shape: Shape) -> Call:
    """UpSampling2D, which repeats pixels unless told otherwise.

    Translation: its bilinear interpolation is that of TensorFlow, which is
    computed in float32 and has no `align_corners`; a subclass multiplies by
    the shares of the pixels.
    """
    if spec.interpolation == "nearest":
        return call(keras.layers.UpSampling2D, spec.factor)
    aligned = spec.interpolation == "bilinear_aligned"
    return call(
        window_extensions.BilinearUpSampling2D,
        spec.factor,
        align_corners=aligned,
    )
