"""Normalisation layers, in Keras."""

import keras

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.normalization import (
    BatchNorm,
    GroupNorm,
    LayerNorm,
    RmsNorm,
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


def group_norm(spec: GroupNorm, shape: Shape) -> Call:
    """GroupNormalization."""
    return call(
        keras.layers.GroupNormalization,
        groups=spec.groups,
        epsilon=spec.epsilon,
        center=spec.affine,
        scale=spec.affine,
    )


def rms_norm(spec: RmsNorm, shape: Shape) -> Call:
    """RMSNormalization.

    Translation: it has a number for its epsilon, and always a scale, which
    it multiplies the last axes by; others need a subclass. Axes are sorted,
    so -1 is not combined with others from the first.
    """
    axes = [tensors.stored_axis(axis, shape) for axis in spec.along(shape)]
    if spec.axes == "all":
        axes = [*range(-len(shape), 0)]
    axis = axes if len(axes) > 1 else axes[0]
    last = spec.axes in ("channels", "all")
    if last and spec.affine and spec.epsilon != "machine":
        return call(
            keras.layers.RMSNormalization, axis=axis, epsilon=spec.epsilon
        )
    return call(
        extensions.AnyRMSNormalization,
        axis=axis,
        epsilon=None if spec.epsilon == "machine" else spec.epsilon,
        affine=spec.affine,
    )
