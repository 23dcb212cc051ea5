"""Pooling layers, read from PyTorch."""

from typing import Any

from torch import nn

from framework_parity.common.spec.layers.pooling import (
    AveragePool,
    AveragePool1d,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
    MaxPool1d,
)
from framework_parity.torch_impl import (
    extensions,
    padding_extensions,
    window_extensions,
)
from framework_parity.torch_impl.introspect.layers.windows import (
    pair,
    sequence_fields,
    window_fields,
)


def max_pool1d(live: Any) -> MaxPool1d | None:
    """The extension for sequences."""
    if type(live) is not window_extensions.SequenceMaxPool1d:
        return None
    return MaxPool1d(**sequence_fields(live))


def max_pool(live: Any) -> MaxPool | None:
    """MaxPool2d, or the extension for uneven padding."""
    if type(live) not in (nn.MaxPool2d, window_extensions.PaddedMaxPool2d):
        return None
    if live.ceil_mode or live.return_indices or pair(live.dilation) != (1, 1):
        return None
    return MaxPool(**window_fields(live))


def average_pool1d(live: Any) -> AveragePool1d | None:
    """The extension for sequences."""
    if type(live) is not window_extensions.SequenceAvgPool1d:
        return None
    return AveragePool1d(count_padding=live.counted, **sequence_fields(live))


def average_pool(live: Any) -> AveragePool | None:
    """AvgPool2d, or the extension for uneven padding."""
    if type(live) not in (nn.AvgPool2d, window_extensions.PaddedAvgPool2d):
        return None
    if live.ceil_mode or live.divisor_override:
        return None
    counted = getattr(live, "counted", live.count_include_pad)
    return AveragePool(count_padding=counted, **window_fields(live))


def global_average_pool(live: Any) -> GlobalAveragePool | None:
    """An extension class."""
    classes = (
        extensions.GlobalAvgPool1d,
        extensions.GlobalAvgPool2d,
        padding_extensions.PaddedGlobalAvgPool1d,
    )
    matches = type(live) in classes
    return GlobalAveragePool() if matches else None


def global_max_pool(live: Any) -> GlobalMaxPool | None:
    """An extension class."""
    classes = (extensions.GlobalMaxPool1d, extensions.GlobalMaxPool2d)
    matches = type(live) in classes
    return GlobalMaxPool() if matches else None
