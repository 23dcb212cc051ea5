"""Normalisation layers, in Keras."""

import keras

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.normalization import (
    BatchNorm,
    LayerNorm,
)
from framework_parity.keras_impl import (
    extensions,
    tensors,
)


def batch_norm(spec: BatchNorm, shape: Shape) -> Call:
    """BatchNormalization, for vectors and images alike.

    Translation: `momentum` is the weight of the old value; the running
    variance is the biased one, and `unbiased` needs a subclass. The default
    axis is the last, that of the channels.
    """
    biased = spec.running_variance == "biased"
    return call(
        keras.layers.BatchNormalization
        if biased
        else extensions.UnbiasedBatchNormalization,
        axis=tensors.stored_axis(spec.along(shape), shape),
        epsilon=spec.epsilon,
        momentum=spec.running_decay,
        center=spec.affine,
        scale=spec.affine,
    )


def layer_norm(spec: LayerNorm, shape: Shape) -> Call:
    """LayerNormalization.

    Translation: the normalised axes are an argument; the default is the
    last, that of the channels.
    """
    axes = [tensors.stored_axis(axis, shape) for axis in spec.along(shape)]
    return call(
        keras.layers.LayerNormalization,
        axis=axes if len(axes) > 1 else axes[0],
        epsilon=spec.epsilon,
        center=spec.affine,
        scale=spec.affine,
    )
