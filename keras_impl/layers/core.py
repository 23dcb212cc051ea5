"""Dense and flatten, in Keras."""

import keras

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.core import Dense, Flatten
from framework_parity.keras_impl import reshaping_extensions as extensions
from framework_parity.keras_impl.layers.initial_weights import initializer_call


def dense(spec: Dense, shape: Shape) -> Call:
    """Dense, which infers the number of inputs when it is built.

    Translation: the kernel is stored (inputs, units), as `kernel`.
    Initialisers are arguments.
    """
    return call(
        keras.layers.Dense,
        spec.units,
        use_bias=spec.bias,
        kernel_initializer=initializer_call("kernel", spec, shape),
        bias_initializer=initializer_call("bias", spec, shape),
    )


def flatten(spec: Flatten, shape: Shape) -> Call:
    """Flatten.

    Translation: channels are last in Keras, so `channels_first` moves them
    to the front before it flattens; Keras's own
    `Flatten(data_format="channels_first")` does the opposite.
    """
    if spec.order == "channels_first" and len(shape) > 1:
        return call(extensions.ChannelsFirstFlatten)
    return call(keras.layers.Flatten)
