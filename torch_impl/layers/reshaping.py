"""Layers that arrange the numbers of a sample in another way, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.reshaping import (
    Permute,
    PixelShuffle,
    Repeat,
    Reshape,
)
from framework_parity.torch_impl import reshaping_extensions as extensions


def reshape(spec: Reshape, shape: Shape) -> Call:
    """Unflatten, or a custom module.

    Translation: the channels of an image are first in PyTorch, those of a
    sequence last.
    """
    first = spec.order == "channels_first"
    if len(shape) == 1 and len(spec.shape) == 3 and first:
        *positions, channels = spec.shape
        return call(nn.Unflatten, 1, (channels, *positions))
    if len(shape) == 1 and len(spec.shape) == 2 and not first:
        return call(nn.Unflatten, 1, spec.shape)
    return call(extensions.Reshape, spec.shape, first)


def permute(spec: Permute, shape: Shape) -> Call:
    """A custom module; `torch.permute` is a function."""
    along = spec.along(shape)
    if len(shape) == 2:
        return call(extensions.Permute, (0, *(axis + 1 for axis in along)))
    stored = (2, 3, 1)
    rows, columns, channels = (stored[axis] for axis in along)
    return call(extensions.Permute, (0, channels, rows, columns))


def repeat(spec: Repeat, shape: Shape) -> Call:
    """A custom module; `expand` is a method of a tensor."""
    return call(extensions.RepeatVector, spec.times)


def pixel_shuffle(spec: PixelShuffle, shape: Shape) -> Call:
    """PixelShuffle, or a custom module that orders the channels first."""
    if spec.order == "channels_first":
        return call(nn.PixelShuffle, spec.factor)
    return call(extensions.ChannelsLastPixelShuffle, spec.factor)
