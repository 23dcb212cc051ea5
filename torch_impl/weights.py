"""Tensors of a PyTorch model, by their neutral names."""

from typing import Any

import numpy as np
import torch
from torch import nn

from framework_parity.common.layouts import (
    Layout,
    Layouts,
    matching,
    own_tensors,
)
from framework_parity.common.spec.architecture import is_layer_name
from framework_parity.common.spec.layer import Shape
from framework_parity.torch_impl import (
    attention_extensions,
    extensions,
    layouts,
    recurrent_extensions,
)


def leaves(model: nn.Module) -> dict[str, nn.Module]:
    """Return the modules that are no containers, by their layers' names."""
    named = {
        path.rpartition(".")[2]: module
        for path, module in model.named_modules()
    }
    return {
        name: module
        for name, module in named.items()
        if is_layer_name(name)
        and (type(module) in _OWN or not list(module.children()))
    }


def layouts_in(model: nn.Module) -> dict[str, Layout]:
    """Return the layout of every tensor, by neutral name."""
    return {
        f"{name}/{layout.neutral}": layout
        for name, module in leaves(model).items()
        for layout in _layouts_of(module)
    }


def tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """Return the live tensors by neutral name, such as `dense_1/kernel`."""
    return {
        f"{name}/{own}": tensor
        for name, module in leaves(model).items()
        for own, tensor in tensors_of(module).items()
    }


def tensors_of(layer: nn.Module) -> dict[str, torch.Tensor]:
    """Return the tensors of a layer by their own neutral names."""
    return {
        layout.neutral: own_tensors(layer, layout)[0]
        for layout in _layouts_of(layer)
    }


def parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the trainable tensors by neutral name."""
    return {
        name: tensor
        for name, tensor in tensors(model).items()
        if isinstance(tensor, nn.Parameter) and tensor.requires_grad
    }


def to_neutral(
    tensor: torch.Tensor, layout: Layout, shape: Shape
) -> np.ndarray:
    """Return a copy of a tensor in neutral layout.

    Args:
        tensor: the live tensor.
        layout: its layout.
        shape: its shape in the spec.
    """
    array = tensor.detach().cpu().numpy()
    return np.array(layout.to_neutral([array]).reshape(shape), order="C")


def each_to_neutral(
    tensors: torch.Tensor, layout: Layout, shape: Shape
) -> np.ndarray:
    """Return stacked tensors of one kind in neutral layout.

    Args:
        tensors: the tensors, stacked along the first axis.
        layout: of each of them.
        shape: its shape in the spec.
    """
    return layout.each_to_neutral(tensors.detach().cpu().numpy(), shape)


def from_neutral(
    array: np.ndarray, layout: Layout, tensor: torch.Tensor
) -> np.ndarray:
    """Return an array in the layout of a live tensor.

    Args:
        array: the values, in neutral layout.
        layout: of the live tensor.
        tensor: the live tensor.
    """
    own = tensor.detach().cpu().numpy()
    value = array.reshape(layout.to_neutral([own]).shape)
    return np.array(*layout.from_neutral(value, [own.shape]), order="C")


def read(model: nn.Module, shapes: dict[str, Shape]) -> dict[str, np.ndarray]:
    """Return a copy of every tensor, in neutral layout.

    Args:
        model: the network.
        shapes: the shapes in the spec, by neutral name.
    """
    layouts = layouts_in(model)
    return {
        name: to_neutral(value, layouts[name], shapes[name])
        for name, value in tensors(model).items()
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
    layouts = layouts_in(model)
    with torch.no_grad():
        for name, tensor in live.items():
            value = from_neutral(weights[name], layouts[name], tensor)
            tensor.copy_(torch.from_numpy(value))


def _layouts_of(layer: nn.Module) -> tuple[Layout, ...]:
    """Return the layouts of the tensors of one of this backend's layers."""
    return matching(layer, _OWN) or layouts.layouts_of(layer)


def _layer_normalization(layer: Any) -> tuple[Layout, ...]:
    """LayerNorm: a whole image has its channels first."""
    axes = _channels_last(len(layer.normalized_shape))
    return Layout("gamma", ("weight",), axes), Layout("beta", ("bias",), axes)


def _rms_normalization(layer: Any) -> tuple[Layout, ...]:
    """RMSNorm: a whole image has its channels first."""
    axes = _channels_last(len(layer.normalized_shape))
    return (Layout("gamma", ("weight",), axes),)


def _slopes(layer: Any) -> tuple[Layout, ...]:
    """ShapedPReLU: one slope, or of the shape of a sample."""
    return (Layout("slope", ("weight",), _channels_last(layer.weight.ndim)),)


def _channels_last(rank: int) -> str:
    """Return the pattern from a sample's axes in PyTorch to the neutral."""
    return {1: "c -> c", 2: "a b -> a b", 3: "c h w -> h w c"}[rank]


def _recurrent(layer: Any) -> tuple[Layout, ...]:
    """The extensions of RNN, LSTM and GRU, with one tensor for each own."""
    axes = {
        "kernel": ("weight_ih", "outputs inputs -> inputs outputs"),
        "recurrent_kernel": ("weight_hh", "outputs inputs -> inputs outputs"),
        "bias": ("bias_ih", "outputs -> outputs"),
        "recurrent_bias": ("bias_hh", "outputs -> outputs"),
    }
    if layer.biases != "two":
        del axes["recurrent_bias"]
    if layer.biases == "stacked":
        axes["bias"] = ("bias", "part outputs -> part outputs")
    ends = {"": "_l0"}
    if layer.bidirectional:
        ends = {"forward_": "_l0", "backward_": "_l0_reverse"}
    return tuple(
        Layout(f"{prefix}{name}", (f"{own}{end}",), pattern)
        for prefix, end in ends.items()
        for name, (own, pattern) in axes.items()
    )


def _attention(layer: Any) -> tuple[Layout, ...]:
    """The extensions of MultiheadAttention."""
    rows = "outputs inputs -> inputs outputs"
    plain = isinstance(layer, nn.MultiheadAttention)
    output = "out_proj." if plain else "out_"
    names = {"projection": "in_proj_"}
    if not plain and not layer.packed:
        names = {name: f"{name}_" for name in ("query", "key", "value")}
    return tuple(
        layout
        for name, own in (names | {"output": output}).items()
        for layout in (
            Layout(f"{name}_kernel", (f"{own}weight",), rows),
            Layout(f"{name}_bias", (f"{own}bias",), "outputs -> outputs"),
        )
    )


def _positions(layer: Any) -> tuple[Layout, ...]:
    """PositionEmbedding: a row for each step."""
    return (Layout("embeddings", ("weight",), "time c -> time c"),)


_OWN: dict[type, Layouts] = {
    attention_extensions.SelfAttention: _attention,
    attention_extensions.SizedSelfAttention: _attention,
    attention_extensions.PositionEmbedding: _positions,
    recurrent_extensions.SequenceRNN: _recurrent,
    recurrent_extensions.SequenceLSTM: _recurrent,
    recurrent_extensions.SequenceGRU: _recurrent,
    nn.LayerNorm: _layer_normalization,
    nn.RMSNorm: _rms_normalization,
    extensions.ShapedPReLU: _slopes,
}
"""Layouts of this backend's layers where those of any live layer differ: the
channels of an image are its first axis, and each neutral tensor of a recurrent
layer is one tensor."""
