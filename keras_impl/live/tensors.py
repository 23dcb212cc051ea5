"""Read and write the tensors of a Keras layer, in neutral layout."""

import inspect
from typing import Any

import keras
import numpy as np

from framework_parity.common.layouts import (
    Array,
    read_tensors,
    write_tensors,
)
from framework_parity.keras_impl.layouts import layouts_of

SEPARABLE = (keras.layers.SeparableConv1D, keras.layers.SeparableConv2D)
"""Layers that are recorded as two."""


def read(layer: Any) -> dict[str, Array]:
    """Return copies of a layer's tensors by neutral name.

    Args:
        layer: the layer; of an unknown class it has none.
    """
    return read_tensors(layer, layouts_of(layer), to_array)


def write(layer: Any, values: dict[str, Array]) -> None:
    """Set a layer's tensors.

    Args:
        layer: the layer.
        values: by neutral name; what is missing is left as it is.
    """
    write_tensors(layer, layouts_of(layer), values, assign)


def to_array(tensor: Any) -> Array:
    """Return a copy of a tensor as an array, in its own layout."""
    return np.array(keras.ops.convert_to_numpy(tensor))


def from_array(array: Array) -> Any:
    """Return an array as a tensor, in its own layout."""
    return keras.ops.convert_to_tensor(array)


def assign(tensor: Any, value: Array) -> None:
    """Set a tensor from an array in its own layout."""
    tensor.assign(value)


def arguments(model: Any, inputs: list[Any]) -> list[Any]:
    """Return the positional arguments of a call with some inputs.

    A functional model takes several inputs as one list, and so does a
    subclass whose `call` has one argument.
    """
    if len(inputs) == 1:
        return inputs
    names = [
        name
        for name, value in inspect.signature(model.call).parameters.items()
        if name not in ("training", "mask") and value.kind != value.VAR_KEYWORD
    ]
    return inputs if len(names) > 1 else [inputs]


def separated(layer: Any) -> tuple[Any, Any]:
    """Return the two layers of a separable convolution.

    Args:
        layer: it has been built; its variables are used.

    Returns:
        A depthwise convolution, and one with a window of one pixel that has
        the bias and the activation.
    """
    number = layer.rank
    kinds = {
        1: (keras.layers.DepthwiseConv1D, keras.layers.Conv1D),
        2: (keras.layers.DepthwiseConv2D, keras.layers.Conv2D),
    }
    depthwise_kind, pointwise_kind = kinds[number]
    channels = layer.depthwise_kernel.shape[-2]
    multiplier = layer.depth_multiplier
    depthwise = depthwise_kind(
        layer.kernel_size,
        strides=layer.strides,
        padding=layer.padding,
        depth_multiplier=multiplier,
        dilation_rate=layer.dilation_rate,
        use_bias=False,
        name=f"{layer.name}_depthwise",
    )
    pointwise = pointwise_kind(
        layer.filters,
        1,
        use_bias=layer.use_bias,
        activation=layer.activation,
        name=f"{layer.name}_pointwise",
    )
    space = (None,) * number
    depthwise.build((None, *space, channels))
    pointwise.build((None, *space, channels * multiplier))
    object.__setattr__(depthwise, "kernel", layer.depthwise_kernel)
    object.__setattr__(pointwise, "_kernel", layer.pointwise_kernel)
    object.__setattr__(pointwise, "bias", layer.bias)
    return depthwise, pointwise
