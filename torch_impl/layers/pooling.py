"""Pooling layers, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.pooling import (
    AveragePool,
    AveragePool1d,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
    MaxPool1d,
)
from framework_parity.torch_impl import extensions, window_extensions
from framework_parity.torch_impl.layers.windows import is_uneven, padding_of


def max_pool1d(spec: MaxPool1d, shape: Shape) -> Call:
    """MaxPool1d.

    Translation: it computes (n, channels, time), so a subclass transposes.
    Padding is applied before, with -∞.
    """
    return call(
        window_extensions.SequenceMaxPool1d,
        *spec.size,
        stride=spec.strides[0],
        padding=padding_of(spec, shape),
    )


def max_pool(spec: MaxPool, shape: Shape) -> Call:
    """MaxPool2d.

    Translation: `padding` is a number of rows and columns on *both* sides;
    uneven padding is applied before, with -∞.
    """
    return call(
        window_extensions.PaddedMaxPool2d
        if is_uneven(spec, shape)
        else nn.MaxPool2d,
        spec.size,
        stride=spec.strides,
        padding=padding_of(spec, shape),
    )


def average_pool1d(spec: AveragePool1d, shape: Shape) -> Call:
    """AvgPool1d.

    Translation: it computes (n, channels, time), so a subclass transposes.
    The default of `count_include_pad` is true.
    """
    return call(
        window_extensions.SequenceAvgPool1d,
        *spec.size,
        stride=spec.strides[0],
        padding=padding_of(spec, shape),
        count_include_pad=spec.count_padding,
    )


def average_pool(spec: AveragePool, shape: Shape) -> Call:
    """AvgPool2d.

    Translation: the default of `count_include_pad` is true.
    """
    return call(
        window_extensions.PaddedAvgPool2d
        if is_uneven(spec, shape)
        else nn.AvgPool2d,
        spec.size,
        stride=spec.strides,
        padding=padding_of(spec, shape),
        count_include_pad=spec.count_padding,
    )


def global_average_pool(spec: GlobalAveragePool, shape: Shape) -> Call:
    """AdaptiveAvgPool2d(1), whose two axes of one pixel are removed.

    Translation: Keras removes these axes, too. For sequences it is a mean
    over the time.
    """
    if len(shape) == 2:
        return call(extensions.GlobalAvgPool1d)
    return call(extensions.GlobalAvgPool2d)


def global_max_pool(spec: GlobalMaxPool, shape: Shape) -> Call:
    """`amax`.

    Translation: AdaptiveMaxPool2d passes the slope to the first of equal
    values, instead of a share to each.
    """
    if len(shape) == 2:
        return call(extensions.GlobalMaxPool1d)
    return call(extensions.GlobalMaxPool2d)
