"""Tensors of a Keras model, by their neutral names."""

from typing import Any

import keras
import numpy as np

from framework_parity.common.spec.architecture import is_layer_name
from framework_parity.common.spec.layer import Shape

# From Keras's name of a tensor to the neutral one.
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
    """Return the layers without layers inside, by name."""
    layers: dict[str, keras.layers.Layer] = {}
    for layer in getattr(model, "layers", ()):
        leaf = {layer.name: layer} if is_layer_name(layer.name) else {}
        layers |= leaves(layer) if hasattr(layer, "layers") else leaf
    return layers


def tensors(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the live tensors by neutral name, such as `dense_1/kernel`."""
    return {
        f"{name}/{NAMES[variable.name]}": variable
        for name, layer in leaves(model).items()
        for variable in layer.weights
    }


def parameters(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the trainable tensors by neutral name."""
    return {
        name: tensor
        for name, tensor in tensors(model).items()
        if tensor.trainable
    }


def to_neutral(tensor: Any, shape: Shape) -> np.ndarray:
    """Return a copy of a tensor in neutral layout.

    Args:
        tensor: the live tensor.
        shape: its shape in the spec.

    Translation: kernels are (inputs, units) and HWIO, the neutral layout.
    """
    array = np.array(keras.ops.convert_to_numpy(tensor))
    return array.reshape(shape)


def each_to_neutral(tensors: Any, like: Any, shape: Shape) -> np.ndarray:
    """Return stacked tensors of one kind in neutral layout.

    Args:
        tensors: the tensors, of shape (samples, *like.shape).
        like: the live tensor of this kind.
        shape: its shape in the spec.

    Translation: the layout is the neutral one.
    """
    return to_neutral(tensors, (-1, *shape))


def from_neutral(array: np.ndarray, tensor: Any) -> np.ndarray:
    """Return an array in the layout of a live tensor.

    Args:
        array: the values, in neutral layout.
        tensor: the live tensor.
    """
    return array.reshape(tensor.shape)


def read(
    model: keras.Model, shapes: dict[str, Shape]
) -> dict[str, np.ndarray]:
    """Return a copy of every tensor, in neutral layout.

    Args:
        model: the network.
        shapes: the shapes in the spec, by neutral name.
    """
    live = tensors(model)
    return {
        name: to_neutral(value, shapes.get(name, value.shape))
        for name, value in live.items()
    }


def write(model: keras.Model, weights: dict[str, np.ndarray]) -> None:
    """Set every tensor from neutral layout.

    Args:
        model: the network.
        weights: the values of all tensors, by neutral name.

    Raises:
        KeyError: if a tensor is missing or unknown.
    """
    live = tensors(model)
    if live.keys() != weights.keys():
        odd = sorted(live.keys() ^ weights.keys())
        raise KeyError(f"weights and model differ in {odd}")
    for name, tensor in live.items():
        tensor.assign(from_neutral(weights[name], tensor))
