"""Read and write the tensors of a PyTorch layer, in neutral layout."""

from typing import Any

import numpy as np
import torch

from framework_parity.common.layouts import (
    Array,
    read_tensors,
    write_tensors,
)
from framework_parity.torch_impl.layouts import layouts_of


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
    array: Array = tensor.detach().cpu().numpy()
    return np.array(array)


def from_array(array: Array) -> Any:
    """Return an array as a tensor, in its own layout."""
    return torch.from_numpy(np.array(array, order="C"))


def assign(tensor: Any, value: Array) -> None:
    """Set a tensor from an array in its own layout."""
    with torch.no_grad():
        tensor.copy_(from_array(value))
