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

    Translation: "sparse" means integer labels; logits have to be said;
    called as loss(labels, outputs), the other way round. It cannot smooth
    labels; the class for one-hot rows can. It follows the outputs of a
    softmax or sigmoid back to its inputs and takes those for the logits,
    `from_logits` or not; `engine` hands it outputs that it cannot follow.
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

    Translation: logits have to be said.
    """
    return call(
        keras.losses.BinaryCrossentropy,
        from_logits=True,
        label_smoothing=spec.label_smoothing,
    )


def mean_squared_error(spec: MeanSquaredError) -> Call:
    """MeanSquaredError.

    Translation: (n,) against (n, 1) is squeezed to fit, in silence.
    """
    return call(keras.losses.MeanSquaredError)


def mean_absolute_error(spec: MeanAbsoluteError) -> Call:
    """MeanAbsoluteError."""
    return call(keras.losses.MeanAbsoluteError)


def huber(spec: Huber) -> Call:
    """Huber."""
    return call(keras.losses.Huber, delta=spec.delta)
