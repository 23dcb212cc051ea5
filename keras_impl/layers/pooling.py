"""Pooling layers, in Keras."""

import keras

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
from framework_parity.common.spec.padding import Same, Valid
from framework_parity.keras_impl import window_extensions
from framework_parity.keras_impl.layers.windows import has_word, padding_of


def max_pool1d(spec: MaxPool1d, shape: Shape) -> Call:
    """MaxPooling1D.

    Translation: `padding` is a string, "valid" or "same"; padding given in
    numbers is applied before, with -∞.
    """
    built_in = has_word(spec)
    return call(
        keras.layers.MaxPooling1D
        if built_in
        else window_extensions.PaddedMaxPooling1D,
        *spec.size,
        strides=spec.strides[0],
        padding=padding_of(spec, shape),
    )


def max_pool(spec: MaxPool, shape: Shape) -> Call:
    """MaxPooling2D.

    Translation: `padding` is a string, "valid" or "same"; padding given in
    numbers is applied before, with -∞.
    """
    built_in = has_word(spec)
    return call(
        keras.layers.MaxPooling2D
        if built_in
        else window_extensions.PaddedMaxPooling2D,
        spec.size,
        strides=spec.strides,
        padding=padding_of(spec, shape),
    )


def average_pool1d(spec: AveragePool1d, shape: Shape) -> Call:
    """AveragePooling1D.

    Translation: Keras never counts the padding; counting it, or padding
    given in numbers, needs a subclass.
    """
    if isinstance(spec.padding, Valid) or (
        isinstance(spec.padding, Same) and not spec.count_padding
    ):
        return call(
            keras.layers.AveragePooling1D,
            *spec.size,
            strides=spec.strides[0],
            padding=spec.padding.kind(),
        )
    return call(
        window_extensions.PaddedAveragePooling1D,
        *spec.size,
        strides=spec.strides[0],
        padding=spec.pads(shape),
        count_padding=spec.count_padding,
    )


def average_pool(spec: AveragePool, shape: Shape) -> Call:
    """AveragePooling2D.

    Translation: Keras never counts the padding; counting it, or padding
    given in numbers, needs a subclass.
    """
    if isinstance(spec.padding, Valid) or (
        isinstance(spec.padding, Same) and not spec.count_padding
    ):
        return call(
            keras.layers.AveragePooling2D,
            spec.size,
            strides=spec.strides,
            padding=spec.padding.kind(),
        )
    return call(
        window_extensions.PaddedAveragePooling2D,
        spec.size,
        strides=spec.strides,
        padding=spec.pads(shape),
        count_padding=spec.count_padding,
    )


def global_average_pool(spec: GlobalAveragePool, shape: Shape) -> Call:
    """GlobalAveragePooling2D, or 1D for sequences."""
    if len(shape) == 2:
        return call(keras.layers.GlobalAveragePooling1D)
    return call(keras.layers.GlobalAveragePooling2D)


def global_max_pool(spec: GlobalMaxPool, shape: Shape) -> Call:
    """GlobalMaxPooling2D, or 1D for sequences.

    Translation: equal values share the slope.
    """
    if len(shape) == 2:
        return call(keras.layers.GlobalMaxPooling1D)
    return call(keras.layers.GlobalMaxPooling2D)
