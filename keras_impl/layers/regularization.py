"""Dropout layers, in Keras."""

import keras

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.regularization import (
    Dropout,
    SpatialDropout,
)


def dropout(spec: Dropout, shape: Shape) -> Call:
    """Dropout.

    Translation: training mode is an argument of the call, `training`.
    """
    return call(keras.layers.Dropout, spec.rate)


def spatial_dropout(spec: SpatialDropout, shape: Shape) -> Call:
    """SpatialDropout2D, or 1D for sequences."""
    if len(shape) == 2:
        return call(keras.layers.SpatialDropout1D, spec.rate)
    return call(keras.layers.SpatialDropout2D, spec.rate)
