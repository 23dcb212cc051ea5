"""Learnt tensors of a Keras model, under their neutral names."""

from typing import Any

import keras
import numpy as np

# What each framework calls a parameter, and what we call it.
NAMES = {"kernel": "kernel", "bias": "bias"}


def parameters(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the live parameters by neutral name, `dense_1/kernel`."""
    return {
        f"{layer.name}/{NAMES[variable.name]}": variable
        for layer in model.layers
        for variable in layer.trainable_variables
    }


def to_neutral(tensor: Any) -> np.ndarray:
    """Return a copy in neutral layout.

    Translation: a Dense's kernel is (inputs, units), as neutral is.
    """
    return np.array(keras.ops.convert_to_numpy(tensor))


def read(model: keras.Model) -> dict[str, np.ndarray]:
    """Return a copy of every parameter, in neutral layout."""
    found = parameters(model)
    return {name: to_neutral(value) for name, value in found.items()}


def write(model: keras.Model, weights: dict[str, np.ndarray]) -> None:
    """Set every parameter from neutral layout.

    Raises:
        KeyError: if a parameter is missing or unknown.
    """
    found = parameters(model)
    if found.keys() != weights.keys():
        odd = sorted(found.keys() ^ weights.keys())
        raise KeyError(f"weights and model differ in {odd}")
    for name, variable in found.items():
        variable.assign(weights[name])
