"""Pooling layers, read from PyTorch."""

from typing import Any

from torch import nn

from framework_parity.common.spec.layers.pooling import (
    AveragePool,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
)
from framework_parity.torch_impl import extensions
from framework_parity.torch_impl.introspect.layers.windows import (
    pair,
    window_fields,
)


def max_pool(live: Any) -> MaxPool | None:
    """MaxPool2d, or the extension for uneven padding."""
    if type(live) not in (nn.MaxPool2d, extensions.PaddedMaxPool2d):
        return None
    if live.ceil_mode or live.return_indices or pair(live.dilation) != (1, 1):
        return None
    return MaxPool(**window_fields(live))


def average_pool(live: Any) -> AveragePool | None:
    """AvgPool2d, or the extension for uneven padding."""
    if type(live) not in (nn.AvgPool2d, extensions.PaddedAvgPool2d):
        return None
    if live.ceil_mode or live.divisor_override:
        return None
    counted = getattr(live, "counted", live.count_include_pad)
    return AveragePool(count_padding=counted, **window_fields(live))


def global_average_pool(live: Any) -> GlobalAveragePool | None:
    """An extension class."""
    classes = (extensions.GlobalAvgPool1d, extensions.GlobalAvgPool2d)
    matches = type(live) in classes
    return GlobalAveragePool() if matches else None


def global_max_pool(live: Any) -> GlobalMaxPool | None:
    """An extension class."""
    classes = (extensions.GlobalMaxPool1d, extensions.GlobalMaxPool2d)
    matches = type(live) in classes
    return GlobalMaxPool() if matches else None
