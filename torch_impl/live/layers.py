"""Read PyTorch's layers as nodes of a neutral graph.

These are the layers whose fields depend on the input, and those that the
language has not. All others are read as elements of the language.
"""

import copy
from collections.abc import Callable
from typing import Any

from torch import nn

from framework_parity.common.layouts import Array
from framework_parity.common.live.attention import (
    LOWEST,
    Mask,
    masked_fields,
)
from framework_parity.common.live.elements import (
    Described,
    described,
    window,
)
from framework_parity.common.live.graph import OPAQUE
from framework_parity.common.live.trace import Call
from framework_parity.torch_impl import introspect
from framework_parity.torch_impl.live.functions import (
    padded,
    resized,
)
from framework_parity.torch_impl.live.tensors import to_array


def _convolution(reader: Any, event: Call, module: Any) -> Described:
    """Conv1d, Conv3d, and convolutions the language has not."""
    number = len(module.kernel_size)
    reader.first.add(event.first[1])
    if number == 2 and type(module) is nn.Conv2d:
        try:
            return described(introspect.read(module), reader.sample(event))
        except LookupError:
            pass
    pads = module.padding
    if pads == "same":
        total = [
            d * (k - 1)
            for k, d in zip(module.kernel_size, module.dilation, strict=True)
        ]
        sides = tuple((t // 2, t - t // 2) for t in total)
    else:
        sides = tuple(
            (p, p) for p in ((0,) * number if pads == "valid" else pads)
        )
    fields = window(
        module.kernel_size,
        module.stride,
        sides,
        filters=module.out_channels,
        groups=module.groups,
        dilation=module.dilation,
        bias=module.bias is not None,
    )
    if module.padding_mode != "zeros":
        fields["padding_mode"] = module.padding_mode
    return f"conv{number}d", fields


def _transposed(reader: Any, event: Call, module: Any) -> Described:
    number = len(module.kernel_size)
    reader.first.add(event.first[1])
    outputs = tuple(event.outputs[0].shape[2:]) if event.outputs else ()
    fields = {
        "size": module.kernel_size,
        "stride": module.stride,
        "cropped": tuple((p, p) for p in module.padding),
        "sides": outputs,
        "filters": module.out_channels,
        "groups": module.groups,
        "dilation": module.dilation,
        "bias": module.bias is not None,
    }
    return f"conv{number}d_transpose", fields


def _recurrent(reader: Any, event: Call, module: Any) -> Described:
    """RNN, LSTM and GRU, which return all outputs, and the last states."""
    kind = {nn.LSTM: "lstm", nn.GRU: "gru"}.get(type(module), "simple_rnn")
    fields = {
        "units": module.hidden_size,
        "direction": "both" if module.bidirectional else "forward",
        "bias": module.bias,
        "activation": getattr(module, "nonlinearity", "tanh"),
        "returns": "sequence",
        "time_axis": int(module.batch_first),
        "masked": False,
        "dropout": 0.0,
    }
    if kind != "simple_rnn":
        fields["recurrent_activation"] = "sigmoid"
    if kind == "gru":
        fields["reset"] = "after"
    if module.num_layers > 1:
        fields |= {"layers": module.num_layers, "dropout": module.dropout}
    if module.proj_size:
        fields["projected"] = module.proj_size
    return kind, fields


def _attention(reader: Any, event: Call, module: Any) -> Described:
    """MultiheadAttention; in its mask True keeps a key out."""
    names = ("query", "key", "value")
    given = [event.argument(place, n) for place, n in enumerate(names)]
    mask = event.argument(5, "attn_mask", None)
    fields = {
        "heads": module.num_heads,
        "key_size": module.head_dim,
        "bias": module.in_proj_bias is not None,
        "dropout": module.dropout,
        "time_axis": int(module.batch_first),
        "inputs": event.edges(*given),
    }
    padding = event.argument(3, "key_padding_mask", None)
    whole = masked_fields(reader.trace, event, mask, to_array, masks=True)
    if padding is None and "masked" not in whole:
        return "multi_head_attention", fields | whole
    parts = []
    if mask is not None:
        kept = _allowed(mask)
        # One matrix for all, or one for each head of each sample.
        alone = kept.ndim == 2 or len(kept) == 1
        heads = kept if alone else kept[:: module.num_heads]
        parts.append(heads.reshape(-1, *kept.shape[-2:]))
    if padding is not None:
        parts.append(_allowed(padding)[:, None])
    return "multi_head_attention", fields | {"mask": Mask.of_all(parts)}


def _allowed(mask: Any) -> Array:
    """Return where a mask lets keys through.

    Args:
        mask: booleans, of which True keeps a key out, or numbers that are
            added to the scores.
    """
    array = to_array(mask)
    numbers = array.dtype.kind == "f"
    return array > LOWEST if numbers else ~array.astype(bool)


def _embedding(reader: Any, event: Call, module: Any) -> Described:
    return "embedding", {
        "ids": module.num_embeddings,
        "size": module.embedding_dim,
        "padding_row": module.padding_idx,
    }


def _layer_norm(reader: Any, event: Call, module: Any) -> Described:
    number = len(module.normalized_shape)
    axes = tuple(
        sorted(reader.axis(event, axis) for axis in range(-number, 0))
    )
    root = isinstance(module, nn.RMSNorm)
    return "rms_norm" if root else "layer_norm", {
        "axes": axes,
        "epsilon": "machine" if module.eps is None else module.eps,
        "affine": module.elementwise_affine,
    }


def _group_norm(reader: Any, event: Call, module: Any) -> Described:
    return "group_norm", {
        "groups": module.num_groups,
        "epsilon": module.eps,
        "affine": module.affine,
    }


def _instance_norm(reader: Any, event: Call, module: Any) -> Described:
    """InstanceNorm: a group for each channel."""
    if module.track_running_stats:
        return OPAQUE, {"module": type(module).__name__}
    reader.first.add(event.first[1])
    return "group_norm", {
        "groups": event.first[0].shape[1],
        "epsilon": module.eps,
        "affine": module.affine,
    }


def _batch_norm(reader: Any, event: Call, module: Any) -> Described:
    tensor, edge = event.first
    if tensor.ndim >= 3:
        reader.first.add(edge)
    try:
        return described(introspect.read(module), reader.sample(event))
    except LookupError:
        return OPAQUE, {"module": type(module).__name__}


def _softmax(reader: Any, event: Call, module: Any) -> Described:
    kind = "log_softmax" if isinstance(module, nn.LogSoftmax) else "softmax"
    axis = -1 if module.dim is None else module.dim
    return kind, {"axis": reader.axis(event, axis)}


def _flatten(reader: Any, event: Call, module: Any) -> Described:
    changed: Described = reader.reshaped(event)
    return changed


def _identity(reader: Any, event: Call, module: Any) -> Described:
    return "identity", {}


def _adaptive(reader: Any, event: Call, module: Any) -> Described:
    size = module.output_size
    sides = {size} if isinstance(size, int) else set(size)
    highest = (nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d)
    word = "max" if isinstance(module, highest) else "average"
    reader.first.add(event.first[1])
    if sides == {1}:
        return f"global_{word}_pool", {}
    before, after = event.first[0].shape, event.outputs[0].shape
    if before == after:
        return "identity", {}
    return f"adaptive_{word}_pool", {"sides": tuple(after[2:])}


def _softplus(reader: Any, event: Call, module: Any) -> Described:
    """Softplus; beyond its threshold of 20 it is off by up to 2e-9."""
    if module.beta != 1:
        return OPAQUE, {"module": "Softplus"}
    return "softplus", {}


def _border(mode: str) -> Callable[[Any, Call, Any], Described]:
    """ReflectionPad and the like; PyTorch counts from the last axis."""

    def read(reader: Any, event: Call, module: Any) -> Described:
        return padded(reader, event, module.padding, mode)

    return read


def _upsampling(reader: Any, event: Call, module: Any) -> Described:
    reader.first.add(event.first[1])
    return resized(event, module.mode, module.align_corners, antialias=False)


def _max_pool(reader: Any, event: Call, module: Any) -> Described:
    """MaxPool2d; the ceiling of the output's size is padding at the end."""
    reader.first.add(event.first[1])
    plain = copy.copy(module)
    plain.ceil_mode = False
    try:
        kind, fields = described(introspect.read(plain), reader.sample(event))
    except LookupError:
        return OPAQUE, {"module": type(module).__name__}
    if not module.ceil_mode:
        return kind, fields
    pads = [
        (first, last + max((out - 1) * stride + size - n - first - last, 0))
        for (first, last), out, stride, size, n in zip(
            fields["pads"],
            event.outputs[0].shape[2:],
            fields["stride"],
            fields["size"],
            event.first[0].shape[2:],
            strict=True,
        )
    ]
    return kind, fields | {"pads": tuple(pads)}


def _pixel_shuffle(reader: Any, event: Call, module: Any) -> Described:
    reader.first.add(event.first[1])
    factor = module.upscale_factor
    return "pixel_shuffle", {"factor": factor, "order": "channels_first"}


def _pool_1d(kind: str) -> Callable[[Any, Call, Any], Described]:
    def read(reader: Any, event: Call, module: Any) -> Described:
        size, stride, pad = (
            value if isinstance(value, int) else value[0]
            for value in (module.kernel_size, module.stride, module.padding)
        )
        if module.ceil_mode or getattr(module, "dilation", 1) != 1:
            return OPAQUE, {"module": type(module).__name__}
        reader.first.add(event.first[1])
        fields = window((size,), (stride,), ((pad, pad),))
        if kind == "average_pool1d":
            counted = module.count_include_pad or not pad
            fields["count_padding"] = bool(counted)
        return kind, fields

    return read


LAYERS: dict[type, Callable[[Any, Call, Any], Described]] = {
    nn.Conv1d: _convolution,
    nn.Conv2d: _convolution,
    nn.Conv3d: _convolution,
    nn.modules.conv._ConvTransposeNd: _transposed,
    nn.modules.rnn.RNNBase: _recurrent,
    nn.MultiheadAttention: _attention,
    nn.Embedding: _embedding,
    nn.LayerNorm: _layer_norm,
    nn.RMSNorm: _layer_norm,
    nn.GroupNorm: _group_norm,
    nn.modules.instancenorm._InstanceNorm: _instance_norm,
    nn.modules.batchnorm._BatchNorm: _batch_norm,
    nn.Softmax: _softmax,
    nn.LogSoftmax: _softmax,
    nn.Flatten: _flatten,
    nn.Unflatten: _flatten,
    nn.Identity: _identity,
    nn.Softplus: _softplus,
    nn.MaxPool2d: _max_pool,
    nn.MaxPool1d: _pool_1d("max_pool1d"),
    nn.AvgPool1d: _pool_1d("average_pool1d"),
    nn.Upsample: _upsampling,
    nn.PixelShuffle: _pixel_shuffle,
    nn.AdaptiveAvgPool1d: _adaptive,
    nn.AdaptiveMaxPool1d: _adaptive,
    nn.AdaptiveAvgPool2d: _adaptive,
    nn.AdaptiveMaxPool2d: _adaptive,
    nn.ZeroPad1d: _border("constant"),
    nn.ZeroPad2d: _border("constant"),
    nn.modules.padding._ReflectionPadNd: _border("reflect"),
    nn.modules.padding._ReplicationPadNd: _border("replicate"),
    nn.modules.padding._CircularPadNd: _border("circular"),
}
"""Readers of modules whose fields depend on the layout, or that the language
has not. The first class that matches is used."""
