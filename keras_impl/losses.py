"""Losses, in Keras."""

import keras

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)
from framework_parity.keras_impl import extensions


def cross_entropy(spec: CrossEntropy) -> Call:
    """SparseCategoricalCrossentropy.

    Translation: "sparse" stands for integer labels; `from_logits` has to be
    set; called as loss(labels, outputs), in the opposite order. It has no
    label smoothing; the class for one-hot rows has. It traces the outputs of
    a softmax or sigmoid back to its inputs and uses those as the logits,
    whatever `from_logits` is; `engine` passes outputs that cannot be traced.
    """
    if spec.label_smoothing:
        return call(
            extensions.SmoothedCrossentropy,
            from_logits=True,
            label_smoothing=spec.label_smoothing,
        )
    return call(keras.losses.SparseCategoricalCrossentropy, from_logits=True)


def binary_cross_entropy(spec: BinaryCrossEntropy) -> Call:
    """BinaryCrossentropy.

    Translation: `from_logits` has to be set.
    """
    return call(
        keras.losses.BinaryCrossentropy,
        from_logits=True,
        label_smoothing=spec.label_smoothing,
    )


def mean_squared_error(spec: MeanSquaredError) -> Call:
    """MeanSquaredError.

    Translation: (n,) against (n, 1) is squeezed to fit, without a warning.
    """
    return call(keras.losses.MeanSquaredError)


def mean_absolute_error(spec: MeanAbsoluteError) -> Call:
    """MeanAbsoluteError."""
    return call(keras.losses.MeanAbsoluteError)


def huber(spec: Huber) -> Call:
    """Huber."""
    return call(keras.losses.Huber, delta=spec.delta)
