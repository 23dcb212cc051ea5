"""Losses, in Keras."""

import keras

from common.calls import Call, call
from common.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError


def cross_entropy(spec: CrossEntropy) -> Call:
    """SparseCategoricalCrossentropy.

    Translation: "sparse" means integer labels; logits have to be said;
    called as loss(labels, outputs), the other way round.
    """
    return call(keras.losses.SparseCategoricalCrossentropy, from_logits=True)


def binary_cross_entropy(spec: BinaryCrossEntropy) -> Call:
    """BinaryCrossentropy.

    Translation: logits have to be said.
    """
    return call(keras.losses.BinaryCrossentropy, from_logits=True)


def mean_squared_error(spec: MeanSquaredError) -> Call:
    """MeanSquaredError.

    Translation: (n,) against (n, 1) is squeezed to fit, in silence.
    """
    return call(keras.losses.MeanSquaredError)
