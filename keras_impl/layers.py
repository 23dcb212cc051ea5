"""Layers, in Keras."""

import keras

from common.calls import Call, call, phrase
from common.initializers import Initializer
from common.layer import LayerElement, Shape
from common.layers import (
    BatchNorm,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    Residual,
    SpatialDropout,
)
from keras_impl import extensions, initializers


def dense(spec: Dense, shape: Shape) -> Call:
    """Dense, which finds the number of inputs when it is built.

    Translation: the kernel is stored (inputs, units), as `kernel`.
    Initialisers are arguments.
    """
    return call(
        keras.layers.Dense,
        spec.units,
        use_bias=spec.bias,
        kernel_initializer=_drawn(spec.kernel_initializer, spec, shape),
        bias_initializer=_drawn(spec.bias_initializer, spec, shape),
    )


def flatten(spec: Flatten, shape: Shape) -> Call:
    """Flatten.

    Translation: images stand channels last here, so `channels_first` has
    to move the channels first before it flattens; Keras's own
    `Flatten(data_format="channels_first")` does the opposite.
    """
    if spec.order == "channels_first" and len(shape) == 3:
        return call(extensions.ChannelsFirstFlatten)
    return call(keras.layers.Flatten)


def batch_norm(spec: BatchNorm, shape: Shape) -> Call:
    """BatchNormalization, for vectors and images alike.

    Translation: `momentum` is the share of the old value; the running
    variance is the biased one, and `unbiased` needs a subclass.
    """
    biased = spec.running_variance == "biased"
    return call(
        keras.layers.BatchNormalization
        if biased
        else extensions.UnbiasedBatchNormalization,
        epsilon=spec.epsilon,
        momentum=spec.kept,
        center=spec.affine,
        scale=spec.affine,
    )


def dropout(spec: Dropout, shape: Shape) -> Call:
    """Dropout.

    Translation: training or not is an argument of the call, `training`.
    """
    return call(keras.layers.Dropout, spec.rate)


def spatial_dropout(spec: SpatialDropout, shape: Shape) -> Call:
    """SpatialDropout2D."""
    return call(keras.layers.SpatialDropout2D, spec.rate)


def residual(
    spec: Residual, shape: Shape, body: Call, shortcut: Call, after: Call
) -> Call:
    """A layer of one's own: there is no library class."""
    return call(extensions.Residual, body, shortcut, after)


def concatenate(spec: Concatenate, shape: Shape, **branches: Call) -> Call:
    """A layer of one's own, along the channels, which stand last."""
    return call(extensions.Concatenate, *branches.values())


def _drawn(initializer: Initializer, spec: LayerElement, shape: Shape) -> Call:
    return phrase(initializers, initializer)(initializer, *spec.fans(shape))
