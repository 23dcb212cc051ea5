"""Layers that change the size of a sample, in Keras."""

import keras

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.resizing import (
    Cropping,
    Upsampling,
    ZeroPadding,
)


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
    """UpSampling2D, which repeats pixels unless told otherwise."""
    return call(keras.layers.UpSampling2D, spec.factor)
