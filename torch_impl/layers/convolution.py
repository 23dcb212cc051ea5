"""Convolution layers, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.convolution import (
    Conv1d,
    Conv2d,
    DepthwiseConv2d,
)
from framework_parity.torch_impl import window_extensions
from framework_parity.torch_impl.layers.windows import is_uneven, padding_of


def conv1d(spec: Conv1d, shape: Shape) -> Call:
    """Conv1d, whose arguments include the number of channels.

    Translation: it computes (n, channels, time), so a subclass transposes.
    The kernel is stored (filters, channels, steps), as `weight`. Padding is
    applied before.
    """
    return call(
        window_extensions.SequenceConv1d,
        shape[-1],
        spec.filters,
        *spec.size,
        stride=spec.stride[0],
        padding=padding_of(spec, shape),
        dilation=spec.dilation[0],
        groups=spec.groups,
        bias=spec.bias,
    )


def conv2d(spec: Conv2d, shape: Shape) -> Call:
    """Conv2d, whose arguments include the number of channels.

    Translation: the kernel is stored (filters, channels, height, width), as
    `weight`. `padding` is a number of rows and columns on *both* sides;
    uneven padding is applied before.
    """
    return call(
        window_extensions.PaddedConv2d
        if is_uneven(spec, shape)
        else nn.Conv2d,
        shape[-1],
        spec.filters,
        spec.size,
        stride=spec.stride,
        padding=padding_of(spec, shape),
        dilation=spec.dilation,
        groups=spec.groups,
        bias=spec.bias,
    )


def depthwise_conv2d(spec: DepthwiseConv2d, shape: Shape) -> Call:
    """Conv2d with as many groups as channels.

    Translation: the kernel is stored (channels · multiplier, 1, height,
    width).
    """
    return call(
        window_extensions.PaddedConv2d
        if is_uneven(spec, shape)
        else nn.Conv2d,
        shape[-1],
        shape[-1] * spec.multiplier,
        spec.size,
        stride=spec.stride,
        padding=padding_of(spec, shape),
        dilation=spec.dilation,
        groups=shape[-1],
        bias=spec.bias,
    )
