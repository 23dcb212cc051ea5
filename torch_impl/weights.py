"""Learnt tensors of a PyTorch model, under their neutral names."""

import numpy as np
import torch
from torch import nn

# What each framework calls a parameter, and what we call it.
NAMES = {"weight": "kernel", "bias": "bias"}


def parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the live parameters by neutral name, `dense_1/kernel`."""
    found = {}
    for own_name, parameter in model.named_parameters():
        place, _, name = own_name.rpartition(".")
        found[f"{place}/{NAMES[name]}"] = parameter
    return found


def to_neutral(tensor: torch.Tensor) -> np.ndarray:
    """Return a copy in neutral layout.

    Translation: a Linear's weight is (units, inputs); neutral is the
    transpose.
    """
    array = tensor.detach().cpu().numpy()
    return np.array(array.T if array.ndim == 2 else array, order="C")


def read(model: nn.Module) -> dict[str, np.ndarray]:
    """Return a copy of every parameter, in neutral layout."""
    found = parameters(model)
    return {name: to_neutral(value) for name, value in found.items()}


def write(model: nn.Module, weights: dict[str, np.ndarray]) -> None:
    """Set every parameter from neutral layout.

    Raises:
        KeyError: if a parameter is missing or unknown.
    """
    found = parameters(model)
    if found.keys() != weights.keys():
        odd = sorted(found.keys() ^ weights.keys())
        raise KeyError(f"weights and model differ in {odd}")
    with torch.no_grad():
        for name, parameter in found.items():
            value = weights[name]
            value = value.T if value.ndim == 2 else value
            parameter.copy_(torch.from_numpy(np.array(value, order="C")))
