"""Normalisation layers, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.normalization import (
    BatchNorm,
    GroupNorm,
    LayerNorm,
    RmsNorm,
)
from framework_parity.torch_impl import extensions, tensors


def batch_norm(spec: BatchNorm, shape: Shape) -> Call:
    """BatchNorm1d for vectors, BatchNorm2d for images.

    Translation: `momentum` is the weight of the new value; the running
    variance is the unbiased one. `biased` needs a subclass, and so does an
    axis that is not the second, such as the channels of a sequence.
    """
    kind = f"BatchNorm{2 if len(shape) == 3 else 1}d"
    biased = spec.running_variance == "biased"
    fields = {
        "eps": spec.epsilon,
        "momentum": 1.0 - spec.running_decay,
        "affine": spec.affine,
    }
    if spec.axis != "channels" or len(shape) == 2:
        axis = spec.along(shape)
        dim = tensors.stored_axis(axis, shape)
        return call(
            extensions.AxisBatchNorm, shape[axis], dim, biased, **fields
        )
    return call(
        getattr(extensions, f"Biased{kind}") if biased else getattr(nn, kind),
        shape[-1],
        **fields,
    )


def layer_norm(spec: LayerNorm, shape: Shape) -> Call:
    """LayerNorm, whose argument is the shape of the normalised axes.

    Translation: it normalises the last axes. In an image these are height
    and width, so other axes are moved to the end first.
    """
    fields = {"eps": spec.epsilon, "elementwise_affine": spec.affine}
    axes = spec.along(shape)
    if len(shape) < 3 and axes[-1] == len(shape) - 1:
        return call(nn.LayerNorm, spec.normalized(shape), **fields)
    if spec.axes == "all":
        return call(nn.LayerNorm, (shape[-1], *shape[:-1]), **fields)
    return call(
        extensions.AxesLayerNorm,
        tuple(shape[axis] for axis in axes),
        tuple(tensors.stored_axis(axis, shape) for axis in axes),
        **fields,
    )


def group_norm(spec: GroupNorm, shape: Shape) -> Call:
    """GroupNorm, whose arguments include the number of channels.

    Translation: the channels are the second axis, so a sequence is
    transposed.
    """
    time = len(shape) == 2
    return call(
        extensions.SequenceGroupNorm if time else nn.GroupNorm,
        spec.groups,
        shape[-1],
        eps=spec.epsilon,
        affine=spec.affine,
    )


def rms_norm(spec: RmsNorm, shape: Shape) -> Call:
    """RMSNorm, whose argument is the shape of the normalised axes.

    Translation: `eps=None` is the machine epsilon of the precision. It
    normalises the last axes, so those of an image are moved to the end first.
    """
    eps = None if spec.epsilon == "machine" else spec.epsilon
    fields = {"eps": eps, "elementwise_affine": spec.affine}
    axes = spec.along(shape)
    if len(shape) < 3 and axes[-1] == len(shape) - 1:
        return call(nn.RMSNorm, spec.normalized(shape), **fields)
    if spec.axes == "all":
        return call(nn.RMSNorm, (shape[-1], *shape[:-1]), **fields)
    return call(
        extensions.AxesRMSNorm,
        tuple(shape[axis] for axis in axes),
        tuple(tensors.stored_axis(axis, shape) for axis in axes),
        **fields,
    )
