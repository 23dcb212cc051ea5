"""Layers that change the size of a sample, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.resizing import (
    Cropping,
    Upsampling,
    ZeroPadding,
)
from framework_parity.torch_impl import window_extensions


def zero_padding(spec: ZeroPadding, shape: Shape) -> Call:
    """ZeroPad2d, or an extension for sequences.

    Translation: padding begins with the last axis: left, right, top, bottom.
    """
    sides = [n for by in reversed(spec.sides(shape)) for n in by]
    if len(shape) == 2:
        return call(window_extensions.SequenceZeroPad, tuple(sides))
    return call(nn.ZeroPad2d, tuple(sides))


def cropping(spec: Cropping, shape: Shape) -> Call:
    """ZeroPad2d by negative numbers, or an extension for sequences.

    Translation: padding begins with the last axis: left, right, top, bottom.
    """
    sides = [-n for by in reversed(spec.sides(shape)) for n in by]
    if len(shape) == 2:
        return call(window_extensions.SequenceZeroPad, tuple(sides))
    return call(nn.ZeroPad2d, tuple(sides))


def upsampling(spec: Upsampling, shape: Shape) -> Call:
    """Upsample, whose factors are floats.

    Translation: the two forms of bilinear interpolation are one mode, with
    `align_corners`.
    """
    mode, _, aligned = spec.interpolation.partition("_")
    more = {"align_corners": True} if aligned else {}
    return call(nn.Upsample, scale_factor=spec.factor, mode=mode, **more)
