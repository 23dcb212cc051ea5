"""The layouts of the tensors of PyTorch's layers."""

from typing import Any

from torch import nn

from framework_parity.common.layouts import Layout, Layouts, matching

SPACE = {1: "w", 2: "h w", 3: "d h w"}
"""The axes of a window, by their number."""

GATES = {nn.RNN: 1, nn.LSTM: 4, nn.GRU: 3}
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
    """Linear: the kernel is (units, inputs)."""
    return (
        Layout("kernel", ("weight",), "outputs inputs -> inputs outputs"),
        Layout("bias", ("bias",), "outputs -> outputs"),
    )


def _convolution(layer: Any) -> tuple[Layout, ...]:
    """Conv1d to Conv3d: the kernel is (filters, inputs of a group, ...).

    With as many groups as channels it is depthwise: filter `c * m + k` is
    the k-th of channel c.
    """
    space = SPACE[len(layer.kernel_size)]
    kernel = Layout(
        "kernel",
        ("weight",),
        f"outputs inputs {space} -> {space} inputs outputs",
    )
    if layer.groups == layer.in_channels > 1:
        kernel = Layout(
            "kernel",
            ("weight",),
            f"(channel k) 1 {space} -> {space} channel k",
            {"channel": layer.in_channels},
        )
    return kernel, Layout("bias", ("bias",), "outputs -> outputs")


def _transposed(layer: Any) -> tuple[Layout, ...]:
    """ConvTranspose1d to 3d: the kernel is (inputs, filters, ...)."""
    space = SPACE[len(layer.kernel_size)]
    return (
        Layout(
            "kernel",
            ("weight",),
            f"inputs outputs {space} -> {space} outputs inputs",
        ),
        Layout("bias", ("bias",), "outputs -> outputs"),
    )


def _normalization(layer: Any) -> tuple[Layout, ...]:
    """Batch, group and instance normalisation."""
    names = {
        "weight": "gamma",
        "bias": "beta",
        "running_mean": "running_mean",
        "running_var": "running_variance",
    }
    return tuple(
        Layout(neutral, (own,), "c -> c") for own, neutral in names.items()
    )


def _layer_normalization(layer: Any) -> tuple[Layout, ...]:
    """LayerNorm: of an image, the channels are first."""
    number = len(layer.normalized_shape)
    axes = "c h w -> h w c"
    if number != 3:
        same = " ".join(f"a{axis}" for axis in range(number))
        axes = f"{same} -> {same}"
    return (
        Layout("gamma", ("weight",), axes),
        Layout("beta", ("bias",), axes),
    )


def _rms_normalization(layer: Any) -> tuple[Layout, ...]:
    """RMSNorm."""
    same = " ".join(f"a{axis}" for axis in range(len(layer.normalized_shape)))
    return (Layout("gamma", ("weight",), f"{same} -> {same}"),)


def _embedding(layer: Any) -> tuple[Layout, ...]:
    """Embedding: one row for each id."""
    return (Layout("embeddings", ("weight",), "id size -> id size"),)


def _prelu(layer: Any) -> tuple[Layout, ...]:
    """PReLU: one slope, or one for each channel."""
    return (Layout("slope", ("weight",), "c -> c"),)


def _recurrent(layer: Any) -> tuple[Layout, ...]:
    """RNN, LSTM and GRU: the rows of a matrix are gate after gate.

    Both biases of RNN and LSTM are added, and those of GRU multiply the
    state apart.
    """
    number = next(n for kind, n in GATES.items() if isinstance(layer, kind))
    sizes = {"gate": number}
    directions = ("", "_reverse") if layer.bidirectional else ("",)
    found = []
    for depth in range(layer.num_layers):
        for direction in directions:
            ending = f"l{depth}{direction}"
            prefix = _prefix(layer, depth, direction)
            pair = (f"bias_ih_{ending}", f"bias_hh_{ending}")
            rows = "(gate outputs) inputs -> inputs gate outputs"
            found += [
                Layout(
                    f"{prefix}kernel", (f"weight_ih_{ending}",), rows, sizes
                ),
                Layout(
                    f"{prefix}recurrent_kernel",
                    (f"weight_hh_{ending}",),
                    rows,
                    sizes,
                ),
            ]
            if isinstance(layer, nn.GRU):
                axes = "part (gate outputs) -> part gate outputs"
                found.append(Layout(f"{prefix}bias", pair, axes, sizes))
            else:
                axes = "(gate outputs) -> gate outputs"
                found.append(
                    Layout(f"{prefix}bias", pair, axes, sizes, several="add")
                )
    return tuple(found)


def _prefix(layer: Any, depth: int, direction: str) -> str:
    parts = []
    if layer.num_layers > 1:
        parts.append(f"layer_{depth + 1}")
    if layer.bidirectional:
        parts.append("backward" if direction else "forward")
    return "".join(f"{part}/" for part in parts)


def _attention(layer: Any) -> tuple[Layout, ...]:
    """MultiheadAttention: query, key and value in one matrix or in three.

    The rows of a head are beside each other.
    """
    heads = {"head": layer.num_heads}
    rows = "part (head size) inputs -> part inputs head size"
    found = [
        Layout(
            "projection_kernel",
            ("in_proj_weight",),
            "(part head size) inputs -> part inputs head size",
            heads | {"part": 3},
        ),
        Layout(
            "projection_kernel",
            ("q_proj_weight", "k_proj_weight", "v_proj_weight"),
            rows,
            heads,
        ),
        Layout(
            "projection_bias",
            ("in_proj_bias",),
            "(part head size) -> part head size",
            heads | {"part": 3},
        ),
        Layout(
            "output_kernel",
            ("out_proj.weight",),
            "outputs (head size) -> head size outputs",
            heads,
        ),
        Layout("output_bias", ("out_proj.bias",), "outputs -> outputs"),
    ]
    return tuple(found)


LAYOUTS: dict[type, Layouts] = {
    nn.Linear: _dense,
    nn.modules.conv._ConvTransposeNd: _transposed,
    nn.modules.conv._ConvNd: _convolution,
    nn.modules.batchnorm._NormBase: _normalization,
    nn.GroupNorm: _normalization,
    nn.LayerNorm: _layer_normalization,
    nn.RMSNorm: _rms_normalization,
    nn.Embedding: _embedding,
    nn.PReLU: _prelu,
    nn.modules.rnn.RNNBase: _recurrent,
    nn.MultiheadAttention: _attention,
}
"""The first class that matches is used."""
