"""Tensors of a Keras model, by their neutral names."""

from typing import Any

import keras
import numpy as np

from framework_parity.common.layouts import (
    Layout,
    Layouts,
    matching,
    own_tensors,
)
from framework_parity.common.spec.architecture import is_layer_name
from framework_parity.common.spec.layer import Shape
from framework_parity.keras_impl import attention_extensions, layouts


def leaves(model: keras.Model) -> dict[str, keras.layers.Layer]:
    """Return the layers without layers inside, by name."""
    layers: dict[str, keras.layers.Layer] = {}
    for layer in getattr(model, "layers", ()):
        leaf = {layer.name: layer} if is_layer_name(layer.name) else {}
        layers |= leaves(layer) if hasattr(layer, "layers") else leaf
    return layers


def layouts_in(model: keras.Model) -> dict[str, Layout]:
    """Return the layout of every tensor, by neutral name."""
    return {
        f"{name}/{layout.neutral}": layout
        for name, layer in leaves(model).items()
        for layout in _layouts_of(layer)
    }


def tensors(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the live tensors by neutral name, such as `dense_1/kernel`."""
    return {
        f"{name}/{own}": tensor
        for name, layer in leaves(model).items()
        for own, tensor in tensors_of(layer).items()
    }


def tensors_of(layer: keras.layers.Layer) -> dict[str, keras.Variable]:
    """Return the tensors of a layer by their own neutral names."""
    return {
        layout.neutral: own_tensors(layer, layout)[0]
        for layout in _layouts_of(layer)
    }


def parameters(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the trainable tensors by neutral name."""
    return {
        name: tensor
        for name, tensor in tensors(model).items()
        if tensor.trainable
    }


def to_neutral(tensor: Any, layout: Layout, shape: Shape) -> np.ndarray:
    """Return a copy of a tensor in neutral layout.

    Args:
        tensor: the live tensor.
        layout: its layout.
        shape: its shape in the spec.
    """
    array = np.array(keras.ops.convert_to_numpy(tensor))
    return layout.to_neutral([array]).reshape(shape)


def each_to_neutral(tensors: Any, layout: Layout, shape: Shape) -> np.ndarray:
    """Return stacked tensors of one kind in neutral layout.

    Args:
        tensors: the tensors, stacked along the first axis.
        layout: of each of them.
        shape: its shape in the spec.
    """
    return layout.each_to_neutral(
        np.array(keras.ops.convert_to_numpy(tensors)), shape
    )


def from_neutral(array: np.ndarray, layout: Layout, tensor: Any) -> np.ndarray:
    """Return an array in the layout of a live tensor.

    Args:
        array: the values, in neutral layout.
        layout: of the live tensor.
        tensor: the live tensor.
    """
    own = np.array(keras.ops.convert_to_numpy(tensor))
    value = array.reshape(layout.to_neutral([own]).shape)
    return np.array(*layout.from_neutral(value, [own.shape]))


def read(
    model: keras.Model, shapes: dict[str, Shape]
) -> dict[str, np.ndarray]:
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
    layouts = layouts_in(model)
    for name, tensor in live.items():
        tensor.assign(from_neutral(weights[name], layouts[name], tensor))


def _layouts_of(layer: Any) -> tuple[Layout, ...]:
    """Return the layouts of the tensors of one of this backend's layers."""
    return matching(layer, _OWN) or layouts.layouts_of(layer)


def _bidirectional(layer: Any) -> tuple[Layout, ...]:
    """Bidirectional: a layer for each direction."""
    inside = {"forward": "forward_layer", "backward": "backward_layer"}
    return tuple(
        layout
        for direction, name in inside.items()
        for layout in _gated(getattr(layer, name), f"{direction}_", f"{name}.")
    )


def _recurrent(layer: Any) -> tuple[Layout, ...]:
    """SimpleRNN, LSTM, GRU, and RNN with a cell with two biases."""
    return _gated(layer, "", "")


def _gated(layer: Any, prefix: str, path: str) -> tuple[Layout, ...]:
    """Return the layouts of one direction; GRU's gates are z, r, n."""
    gated = isinstance(layer.cell, keras.layers.GRUCell)
    gates, sizes = ((1, 0, 2), {"gate": 3}) if gated else ((), {"gate": 1})
    columns = "inputs (gate outputs) -> inputs gate outputs"
    flat = "(gate outputs) -> gate outputs"
    stacked = "part (gate outputs) -> part gate outputs"
    both = len(getattr(layer.cell.bias, "shape", ())) == 2
    axes = {
        "kernel": columns,
        "recurrent_kernel": columns,
        "bias": stacked if both else flat,
        "recurrent_bias": flat,
    }
    return tuple(
        Layout(f"{prefix}{name}", (f"{path}cell.{name}",), each, sizes, gates)
        for name, each in axes.items()
    )


def _attention(layer: Any) -> tuple[Layout, ...]:
    """The extension of MultiHeadAttention, with a kernel for each input."""
    columns = "inputs head size -> inputs head size"
    own = {name: f"{name}_dense" for name in ("query", "key", "value")}
    inside = tuple(
        layout
        for name, path in own.items()
        for layout in (
            Layout(f"{name}_kernel", (f"{path}.kernel",), columns),
            Layout(
                f"{name}_bias", (f"{path}.bias",), "head size -> head size"
            ),
        )
    )
    rows = "head size outputs -> head size outputs"
    return (
        *inside,
        Layout("output_kernel", ("output_dense.kernel",), rows),
        Layout("output_bias", ("output_dense.bias",), "outputs -> outputs"),
    )


def _packed_attention(layer: Any) -> tuple[Layout, ...]:
    """The extension with one kernel for query, key and value."""
    return tuple(
        Layout(f"{name}_{own}", (f"{name}_{own}",), axes)
        for name in ("projection", "output")
        for own, axes in (("kernel", "a b -> a b"), ("bias", "a -> a"))
    )


def _positions(layer: Any) -> tuple[Layout, ...]:
    """PositionEmbedding: a row for each step."""
    return (Layout("embeddings", ("embeddings",), "time c -> time c"),)


_OWN: dict[type, Layouts] = {
    attention_extensions.SelfAttention: _attention,
    attention_extensions.PackedSelfAttention: _packed_attention,
    attention_extensions.PositionEmbedding: _positions,
    keras.layers.Bidirectional: _bidirectional,
    keras.layers.RNN: _recurrent,
}
"""Layouts of this backend's layers where those of any live layer differ: each
neutral tensor of a recurrent layer is one variable."""
