"""Tensors of a Keras model, under their neutral names."""

from typing import Any

import keras
import numpy as np

from framework_parity.common.spec.architecture import is_place
from framework_parity.common.spec.layer import Shape

# What each framework calls a tensor, and what we call it.
NAMES = {
    "kernel": "kernel",
    "bias": "bias",
    "alpha": "slope",
    "gamma": "gamma",
    "beta": "beta",
    "moving_mean": "running_mean",
    "moving_variance": "running_variance",
}


def leaves(model: keras.Model) -> dict[str, keras.layers.Layer]:
    """Return the layers that have none inside, by their places' names."""
    found: dict[str, keras.layers.Layer] = {}
    for layer in getattr(model, "layers", ()):
        own = {layer.name: layer} if is_place(layer.name) else {}
        found |= leaves(layer) if hasattr(layer, "layers") else own
    return found


def tensors(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the live tensors by neutral name, such as `dense_1/kernel`."""
    return {
        f"{place}/{NAMES[variable.name]}": variable
        for place, layer in leaves(model).items()
        for variable in layer.weights
    }


def parameters(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the learnt ones among the live tensors."""
    return {
        name: tensor
        for name, tensor in tensors(model).items()
        if tensor.trainable
    }


def to_neutral(tensor: Any, shape: Shape) -> np.ndarray:
    """Return a copy in neutral layout, of the shape that the spec says.

    Translation: kernels are (inputs, units) and HWIO, as neutral is.
    """
    array = np.array(keras.ops.convert_to_numpy(tensor))
    return array.reshape(shape)


def each_to_neutral(tensors: Any, like: Any, shape: Shape) -> np.ndarray:
    """Return several tensors of one kind, stacked, in neutral layout.

    Translation: as one.
    """
    return to_neutral(tensors, (-1, *shape))


def from_neutral(array: np.ndarray, tensor: Any) -> np.ndarray:
    """Return an array in the layout of a live tensor."""
    return array.reshape(tensor.shape)


def read(
    model: keras.Model, shapes: dict[str, Shape]
) -> dict[str, np.ndarray]:
    """Return a copy of every tensor, in neutral layout."""
    found = tensors(model)
    return {
        name: to_neutral(value, shapes.get(name, value.shape))
        for name, value in found.items()
    }


def write(model: keras.Model, weights: dict[str, np.ndarray]) -> None:
    """Set every tensor from neutral layout.

    Raises:
        KeyError: if a tensor is missing or unknown.
    """
    found = tensors(model)
    if found.keys() != weights.keys():
        odd = sorted(found.keys() ^ weights.keys())
        raise KeyError(f"weights and model differ in {odd}")
    for name, tensor in found.items():
        tensor.assign(from_neutral(weights[name], tensor))
