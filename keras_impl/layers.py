"""Layers, in Keras."""

import keras

from common.activations import Shape
from common.calls import Call, call, phrase
from common.initializers import Initializer
from common.layers import Dense, Dropout, Flatten
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


def dropout(spec: Dropout, shape: Shape) -> Call:
    """Dropout under a mask that is handed in.

    Translation: training or not is an argument of the call, `training`;
    the mask is as wide as the sample.
    """
    return call(extensions.MaskedDropout, spec.rate)


def _drawn(initializer: Initializer, spec: Dense, shape: Shape) -> Call:
    return phrase(initializers, initializer)(initializer, shape[0], spec.units)
