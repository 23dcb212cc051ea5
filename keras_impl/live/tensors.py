"""Read and write the tensors of a Keras layer, in neutral layout."""

from typing import Any

import keras
import numpy as np

from framework_parity.common.layouts import (
    Array,
    Layout,
    own_tensors,
    read_tensors,
    write_tensors,
)
from framework_parity.keras_impl.layouts import layouts_of


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


def own_tensor(layer: Any, layout: Layout) -> Any:
    """Return a layer's tensor, by the layout of its neutral one."""
    return own_tensors(layer, layout)[0]


def all_tensors(layer: Any) -> list[Any]:
    """Return all tensors of a layer that have a layout, or the tensor."""
    if not layouts_of(layer):
        return [layer] if hasattr(layer, "shape") else []
    return [
        tensor
        for layout in layouts_of(layer)
        for tensor in own_tensors(layer, layout)
    ]


def to_array(tensor: Any) -> Array:
    """Return a copy of a tensor as an array, in its own layout."""
    return np.array(keras.ops.convert_to_numpy(tensor))


def from_array(array: Array) -> Any:
    """Return an array as a tensor, in its own layout."""
    return keras.ops.convert_to_tensor(array)


def assign(tensor: Any, value: Array) -> None:
    """Set a tensor from an array in its own layout."""
    tensor.assign(value)
