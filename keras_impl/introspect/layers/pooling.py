"""Pooling layers, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.layers.pooling import (
    AveragePool,
    AveragePool1d,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
    MaxPool1d,
)
from framework_parity.keras_impl import window_extensions
from framework_parity.keras_impl.introspect.layers.windows import (
    is_channels_last,
    window_fields,
)


def max_pool1d(live: Any) -> MaxPool1d | None:
    """MaxPooling1D, or the extension for padding in numbers."""
    classes = (keras.layers.MaxPooling1D, window_extensions.PaddedMaxPooling1D)
    if type(live) not in classes or not is_channels_last(live):
        return None
    return MaxPool1d(size=live.pool_size, **window_fields(live))


def max_pool(live: Any) -> MaxPool | None:
    """MaxPooling2D, or the extension for padding in numbers."""
    classes = (keras.layers.MaxPooling2D, window_extensions.PaddedMaxPooling2D)
    if type(live) not in classes or not is_channels_last(live):
        return None
    return MaxPool(size=live.pool_size, **window_fields(live))


def average_pool1d(live: Any) -> AveragePool1d | None:
    """AveragePooling1D, or the extension for padding that counts."""
    classes = (
        keras.layers.AveragePooling1D,
        window_extensions.PaddedAveragePooling1D,
    )
    if type(live) not in classes or not is_channels_last(live):
        return None
    counted = getattr(live, "count_padding", False)
    return AveragePool1d(
        size=live.pool_size, count_padding=counted, **window_fields(live)
    )


def average_pool(live: Any) -> AveragePool | None:
    """AveragePooling2D, or the extension for padding that counts."""
    classes = (
        keras.layers.AveragePooling2D,
        window_extensions.PaddedAveragePooling2D,
    )
    if type(live) not in classes or not is_channels_last(live):
        return None
    counted = getattr(live, "count_padding", False)
    return AveragePool(
        size=live.pool_size, count_padding=counted, **window_fields(live)
    )


def global_average_pool(live: Any) -> GlobalAveragePool | None:
    """GlobalAveragePooling1D or 2D."""
    matches = type(live) in (
        keras.layers.GlobalAveragePooling1D,
        keras.layers.GlobalAveragePooling2D,
    )
    plain = matches and is_channels_last(live) and not live.keepdims
    return GlobalAveragePool() if plain else None


def global_max_pool(live: Any) -> GlobalMaxPool | None:
    """GlobalMaxPooling1D or 2D."""
    matches = type(live) in (
        keras.layers.GlobalMaxPooling1D,
        keras.layers.GlobalMaxPooling2D,
    )
    plain = matches and is_channels_last(live) and not live.keepdims
    return GlobalMaxPool() if plain else None
