"""Layers, in PyTorch."""

from torch import nn

from common.calls import Call, call
from common.layer import Shape
from common.layers import (
    BatchNorm,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    Residual,
    SpatialDropout,
)
from torch_impl import extensions


def dense(spec: Dense, shape: Shape) -> Call:
    """Linear, which wants the number of inputs.

    Translation: the kernel is stored transposed, (units, inputs), as
    `weight`. Initialisers are no arguments: they fill the finished layer.
    """
    return call(nn.Linear, shape[0], spec.units, bias=spec.bias)


def flatten(spec: Flatten, shape: Shape) -> Call:
    """Flatten.

    Translation: images stand channels first here, so `channels_last` has
    to move the channels back before it flattens.
    """
    if spec.order == "channels_last" and len(shape) == 3:
        return call(extensions.ChannelsLastFlatten)
    return call(nn.Flatten)


def batch_norm(spec: BatchNorm, shape: Shape) -> Call:
    """BatchNorm1d for vectors, BatchNorm2d for images.

    Translation: `momentum` is the share of the new value; the running
    variance is the unbiased one, and `biased` needs a subclass.
    """
    kind = f"BatchNorm{1 if len(shape) == 1 else 2}d"
    biased = spec.running_variance == "biased"
    return call(
        getattr(extensions, f"Biased{kind}") if biased else getattr(nn, kind),
        shape[-1],
        eps=spec.epsilon,
        momentum=1.0 - spec.kept,
        affine=spec.affine,
    )


def dropout(spec: Dropout, shape: Shape) -> Call:
    """Dropout.

    Translation: training or not is the module's own state, set by
    `.train()` and `.eval()`.
    """
    return call(nn.Dropout, spec.rate)


def spatial_dropout(spec: SpatialDropout, shape: Shape) -> Call:
    """Dropout2d."""
    return call(nn.Dropout2d, spec.rate)


def residual(
    spec: Residual, shape: Shape, body: Call, shortcut: Call, after: Call
) -> Call:
    """A module of one's own: there is no library class."""
    return call(extensions.Residual, body, shortcut, after)


def concatenate(spec: Concatenate, shape: Shape, **branches: Call) -> Call:
    """A module of one's own, along the channels, which stand first."""
    return call(extensions.Concatenate, *branches.values())
