"""Normalisation layers, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.normalization import (
    BatchNorm,
    LayerNorm,
)
from framework_parity.torch_impl import extensions, tensors


def batch_norm(spec: BatchNorm, shape: Shape) -> Call:
    """BatchNorm1d for vectors and two axes, BatchNorm2d for images.

    Translation: `momentum` is the weight of the new value; the running
    variance is the unbiased one. `biased` needs a subclass, and so does an
    axis other than the channels.
    """
    kind = f"BatchNorm{2 if len(shape) == 3 else 1}d"
    biased = spec.running_variance == "biased"
    fields = {
        "eps": spec.epsilon,
        "momentum": 1.0 - spec.running_decay,
        "affine": spec.affine,
    }
    if spec.axis != "channels":
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
    and width, so other axes are moved to the end first. Several axes are
    moved in the order in which neutral tensors are transposed.
    """
    fields = {"eps": spec.epsilon, "elementwise_affine": spec.affine}
    if len(shape) == 1:
        return call(nn.LayerNorm, shape, **fields)
    if spec.axes == "all":
        return call(nn.LayerNorm, (shape[-1], *shape[:-1]), **fields)
    axes = spec.along(shape)[::-1]
    return call(
        extensions.AxesLayerNorm,
        tuple(shape[axis] for axis in axes),
        tuple(tensors.stored_axis(axis, shape) for axis in axes),
        **fields,
    )
