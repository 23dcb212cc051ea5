"""The layouts of the tensors of Keras's layers."""

from typing import Any

from keras import layers

from framework_parity.common.layouts import Layout, Layouts, matching

SPACE = {1: "w", 2: "h w", 3: "d h w"}
"""The axes of a window, by their number."""

GATES = {layers.SimpleRNN: 1, layers.LSTM: 4, layers.GRU: 3}
"""Number of gates. Neutral order: input, forget, cell, output; reset, update,
new."""


def layouts_of(layer: Any) -> tuple[Layout, ...]:
    """Return the layouts of a layer's tensors, without those it has not.

    Args:
        layer: a live layer.

    Returns:
        The layouts; empty where the class is not known.
    """
    return matching(layer, LAYOUTS)


def _dense(layer: Any) -> tuple[Layout, ...]:
    """Dense: the kernel is (inputs, units)."""
    return (
        Layout("kernel", ("kernel",), "inputs outputs -> inputs outputs"),
        Layout("bias", ("bias",), "outputs -> outputs"),
    )


def _convolution(layer: Any) -> tuple[Layout, ...]:
    """Conv1D to Conv3D: the kernel is (..., inputs of a group, filters)."""
    space = SPACE[layer.rank]
    kernel = Layout(
        "kernel",
        ("_kernel",),
        f"{space} inputs outputs -> {space} inputs outputs",
    )
    channels = layer.kernel.shape[-2] * layer.groups
    if layer.groups == channels > 1:
        kernel = Layout(
            "kernel",
            ("_kernel",),
            f"{space} 1 (channel k) -> {space} channel k",
            {"channel": channels},
        )
    return kernel, Layout("bias", ("bias",), "outputs -> outputs")


def _depthwise(layer: Any) -> tuple[Layout, ...]:
    """DepthwiseConv1D and 2D: the kernel is (..., channels, multiplier)."""
    space = SPACE[layer.rank]
    axes = f"{space} channel k -> {space} channel k"
    return (
        Layout("kernel", ("kernel",), axes),
        Layout("bias", ("bias",), "outputs -> outputs"),
    )


def _separable(layer: Any) -> tuple[Layout, ...]:
    """SeparableConv1D and 2D: a depthwise and a pointwise kernel."""
    space = SPACE[layer.rank]
    depthwise = f"{space} channel k -> {space} channel k"
    return (
        Layout("depthwise_kernel", ("depthwise_kernel",), depthwise),
        Layout(
            "pointwise_kernel",
            ("pointwise_kernel",),
            f"{space} inputs outputs -> {space} inputs outputs",
        ),
        Layout("bias", ("bias",), "outputs -> outputs"),
    )


def _transposed(layer: Any) -> tuple[Layout, ...]:
    """Conv1DTranspose to 3D: the kernel is (..., filters, inputs)."""
    space = SPACE[layer.rank]
    return (
        Layout(
            "kernel",
            ("kernel",),
            f"{space} outputs inputs -> {space} outputs inputs",
        ),
        Layout("bias", ("bias",), "outputs -> outputs"),
    )


def _normalization(layer: Any) -> tuple[Layout, ...]:
    """Batch and group normalisation."""
    names = {
        "gamma": "gamma",
        "beta": "beta",
        "moving_mean": "running_mean",
        "moving_variance": "running_variance",
    }
    return tuple(
        Layout(neutral, (own,), "c -> c") for own, neutral in names.items()
    )


def _layer_normalization(layer: Any) -> tuple[Layout, ...]:
    """LayerNormalization: the axes are those of the samples."""
    tensor = layer.gamma if layer.gamma is not None else layer.beta
    number = 0 if tensor is None else len(tensor.shape)
    same = " ".join(f"a{axis}" for axis in range(number))
    axes = f"{same} -> {same}"
    return (
        Layout("gamma", ("gamma",), axes),
        Layout("beta", ("beta",), axes),
    )


def _rms_normalization(layer: Any) -> tuple[Layout, ...]:
    """RMSNormalization."""
    number = len(getattr(layer.scale, "shape", ()))
    same = " ".join(f"a{axis}" for axis in range(number))
    return (Layout("gamma", ("scale",), f"{same} -> {same}"),)


def _embedding(layer: Any) -> tuple[Layout, ...]:
    """Embedding: one row for each id."""
    return (Layout("embeddings", ("_embeddings",), "id size -> id size"),)


def _prelu(layer: Any) -> tuple[Layout, ...]:
    """PReLU: axes over which the slopes are shared have the size 1."""
    same = " ".join(f"a{axis}" for axis in range(len(layer.alpha.shape)))
    shared = [size == 1 for size in layer.alpha.shape[:-1]]
    if all(shared):
        ones = "1 " * len(shared)
        return (Layout("slope", ("alpha",), f"{ones}c -> c"),)
    return (Layout("slope", ("alpha",), f"{same} -> {same}"),)


def _recurrent(layer: Any) -> tuple[Layout, ...]:
    """SimpleRNN, LSTM and GRU: the columns of a matrix are gate after gate.

    GRU's gates are update, reset, new. With `reset_after` it has two biases.
    """
    return _gated(layer, "")


def _bidirectional(layer: Any) -> tuple[Layout, ...]:
    """Bidirectional: a layer for each direction."""
    inside = {"forward": "forward_layer", "backward": "backward_layer"}
    return tuple(
        layout
        for direction, name in inside.items()
        for layout in _gated(getattr(layer, name), f"{direction}/", f"{name}.")
    )


def _gated(layer: Any, prefix: str, path: str = "") -> tuple[Layout, ...]:
    number = next(
        (n for kind, n in GATES.items() if isinstance(layer, kind)), None
    )
    if number is None:
        return ()
    sizes = {"gate": number}
    gates = (1, 0, 2) if isinstance(layer, layers.GRU) else ()
    columns = "inputs (gate outputs) -> inputs gate outputs"
    bias = "(gate outputs) -> gate outputs"
    if gates and layer.reset_after:
        bias = "part (gate outputs) -> part gate outputs"
    axes = {"kernel": columns, "recurrent_kernel": columns, "bias": bias}
    return tuple(
        Layout(
            f"{prefix}{name}", (f"{path}cell.{own}",), axes[name], sizes, gates
        )
        for name, own in (
            ("kernel", "kernel"),
            ("recurrent_kernel", "recurrent_kernel"),
            ("bias", "bias"),
        )
    )


def _attention(layer: Any) -> tuple[Layout, ...]:
    """MultiHeadAttention: a kernel (inputs, heads, size) for each input."""
    inputs = ("_query_dense", "_key_dense", "_value_dense")
    return (
        Layout(
            "projection_kernel",
            tuple(f"{name}.kernel" for name in inputs),
            "part inputs head size -> part inputs head size",
        ),
        Layout(
            "projection_bias",
            tuple(f"{name}.bias" for name in inputs),
            "part head size -> part head size",
        ),
        Layout(
            "output_kernel",
            ("_output_dense.kernel",),
            "head size outputs -> head size outputs",
        ),
        Layout("output_bias", ("_output_dense.bias",), "outputs -> outputs"),
    )


LAYOUTS: dict[type, Layouts] = {
    layers.Dense: _dense,
    layers.DepthwiseConv1D: _depthwise,
    layers.DepthwiseConv2D: _depthwise,
    layers.SeparableConv1D: _separable,
    layers.SeparableConv2D: _separable,
    layers.Conv1DTranspose: _transposed,
    layers.Conv2DTranspose: _transposed,
    layers.Conv3DTranspose: _transposed,
    layers.Conv1D: _convolution,
    layers.Conv2D: _convolution,
    layers.Conv3D: _convolution,
    layers.BatchNormalization: _normalization,
    layers.GroupNormalization: _normalization,
    layers.LayerNormalization: _layer_normalization,
    layers.RMSNormalization: _rms_normalization,
    layers.Embedding: _embedding,
    layers.PReLU: _prelu,
    layers.Bidirectional: _bidirectional,
    layers.SimpleRNN: _recurrent,
    layers.LSTM: _recurrent,
    layers.GRU: _recurrent,
    layers.MultiHeadAttention: _attention,
}
"""The first class that matches is used."""
