"""Tensors of a PyTorch model, by their neutral names."""

import numpy as np
import torch
from torch import nn

from framework_parity.common.spec.architecture import is_layer_name
from framework_parity.common.spec.layer import Shape

# From PyTorch's name of a tensor to the neutral one.
NAMES = {"weight": "kernel", "bias": "bias"}
_NORMALIZING = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "running_mean",
    "running_var": "running_variance",
}
_NORMALIZERS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)


def leaves(model: nn.Module) -> dict[str, nn.Module]:
    """Return the modules without submodules, by the names of their layers."""
    named = {
        path.rpartition(".")[2]: module
        for path, module in model.named_modules()
    }
    return {
        name: module
        for name, module in named.items()
        if is_layer_name(name) and not list(module.children())
    }


def tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """Return the live tensors by neutral name, such as `dense_1/kernel`."""
    live: dict[str, torch.Tensor] = {}
    for layer, module in leaves(model).items():
        names = NAMES
        if isinstance(module, _NORMALIZERS):
            names = _NORMALIZING
        elif isinstance(module, nn.PReLU):
            names = {"weight": "slope"}
        named = [*module.named_parameters(), *module.named_buffers()]
        for name, tensor in named:
            if name != "num_batches_tracked":
                live[f"{layer}/{names[name]}"] = tensor
    return live


def parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the trainable tensors by neutral name."""
    return {
        name: tensor
        for name, tensor in tensors(model).items()
        if isinstance(tensor, nn.Parameter)
    }


def to_neutral(tensor: torch.Tensor, shape: Shape) -> np.ndarray:
    """Return a copy of a tensor in neutral layout.

    Args:
        tensor: the live tensor.
        shape: its shape in the spec.

    Translation: a Linear's weight is (units, inputs); neutral is the
    transpose. A convolution's is OIHW; neutral is HWIO. A tensor of the
    shape of a sample is CHW; neutral is HWC, and likewise with two axes.
    """
    array = tensor.detach().cpu().numpy()
    if array.ndim == 4:
        array = array.transpose(2, 3, 1, 0)
    elif array.ndim == 3:
        array = array.transpose(1, 2, 0)
    elif array.ndim == 2:
        array = array.T
    return np.array(array.reshape(shape), order="C")


def each_to_neutral(
    tensors: torch.Tensor, like: torch.Tensor, shape: Shape
) -> np.ndarray:
    """Return stacked tensors of one kind in neutral layout.

    Args:
        tensors: the tensors, of shape (samples, *like.shape).
        like: the live tensor of this kind.
        shape: its shape in the spec.

    Translation: the position of each element in neutral layout is computed
    once, and is the same for all.
    """
    numbers = torch.arange(like.numel()).reshape(like.shape)
    places = to_neutral(numbers, shape).reshape(-1)
    rows = tensors.detach().cpu().flatten(1).numpy()
    return rows[:, places].reshape(-1, *shape)


def from_neutral(array: np.ndarray, tensor: torch.Tensor) -> np.ndarray:
    """Return an array in the layout of a live tensor.

    Args:
        array: the values, in neutral layout.
        tensor: the live tensor.
    """
    if tensor.ndim == 4:
        out, into, height, width = tensor.shape
        hwio = array.reshape(height, width, into, out)
        return hwio.transpose(3, 2, 0, 1)
    if tensor.ndim == 3:
        channels, height, width = tensor.shape
        return array.reshape(height, width, channels).transpose(2, 0, 1)
    if tensor.ndim == 2:
        return array.reshape(tensor.shape[::-1]).T
    return array


def read(model: nn.Module, shapes: dict[str, Shape]) -> dict[str, np.ndarray]:
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


def write(model: nn.Module, weights: dict[str, np.ndarray]) -> None:
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
    with torch.no_grad():
        for name, tensor in live.items():
            value = from_neutral(weights[name], tensor)
            tensor.copy_(torch.from_numpy(np.array(value, order="C")))
