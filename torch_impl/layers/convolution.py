"""Convolution layers, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.convolution import (
    Conv1d,
    Conv2d,
    Conv2dTranspose,
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


def conv2d_transpose(spec: Conv2dTranspose, shape: Shape) -> Call:
    """ConvTranspose2d.

    Translation: the kernel is stored (channels, filters, height, width), as
    `weight`. As much is cut off at the end as at the start, `padding`, but for
    `output_padding`; more at the end needs a subclass.
    """
    fields = {"stride": spec.stride, "bias": spec.bias}
    sizes = (shape[-1], spec.filters, spec.size)
    (top, bottom), (left, right) = spec.cut
    if bottom > top or right > left:
        return call(
            window_extensions.CroppedConvTranspose2d,
            *sizes,
            cropping=(left, right, top, bottom),
            **fields,
        )
    return call(
        nn.ConvTranspose2d,
        *sizes,
        padding=(top, left),
        output_padding=(top - bottom, left - right),
        **fields,
    )
