"""Read Keras's layers as nodes of a neutral graph.

These are the layers whose fields depend on the input, and those that the
language has not. All others are read as elements of the language.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers
from keras.src.backend import get_keras_mask

from framework_parity.common.layouts import Array
from framework_parity.common.live.attention import Mask, masked_fields
from framework_parity.common.live.elements import (
    Described,
    same_pads,
    window,
)
from framework_parity.common.live.graph import OPAQUE
from framework_parity.common.live.rules import resize_fields
from framework_parity.common.live.trace import Call
from framework_parity.keras_impl.live.words import ALIASES, SINGLE


def _activation(reader: Any, event: Call, layer: Any) -> Described:
    """Activation: the function inside, with its defaults."""
    name = getattr(layer.activation, "__name__", "")
    name = ALIASES.get(name, name)
    if name == "linear":
        return "identity", {}
    if name in SINGLE:
        return name, {}
    plain = {"relu": ("relu", {}), "gelu": ("gelu", {"form": "erf"})}
    if name in plain:
        return plain[name]
    if name == "leaky_relu":
        return "leaky_relu", {"slope": 0.2}
    if name == "elu":
        return "elu", {"alpha": 1.0}
    if name in ("softmax", "log_softmax"):
        return name, {"axis": reader.axis(event, -1)}
    return OPAQUE, {"function": name}


def _softmax_layer(reader: Any, event: Call, layer: Any) -> Described:
    return "softmax", {"axis": reader.axis(event, layer.axis)}


def _relu_layer(reader: Any, event: Call, layer: Any) -> Described:
    if (
        layer.max_value == 6
        and not layer.negative_slope
        and not layer.threshold
    ):
        return "relu6", {}
    return reader.element(event, layer)


def _arranging(reader: Any, event: Call, layer: Any) -> Described:
    return reader.reshaped(event)


def _permuting(reader: Any, event: Call, layer: Any) -> Described:
    return "permute", {"order": (0, *layer.dims)}


def _merging(kind: str) -> Callable[[Any, Call, Any], Described]:
    def read(reader: Any, event: Call, layer: Any) -> Described:
        if kind == "concatenate":
            return kind, {"axis": reader.axis(event, layer.axis)}
        return kind, {}

    return read


def _convolution(reader: Any, event: Call, layer: Any) -> Described:
    """Conv1D, Conv3D, and what the language has not."""
    if layer.rank == 2:
        kind, fields = reader.element(event, layer)
        if kind != OPAQUE:
            return kind, fields
    sides = tuple(event.first[0].shape)[1:-1]
    spans = (layer.kernel_size, layer.strides, layer.dilation_rate)
    pads = tuple((0, 0) for _ in sides)
    if layer.padding == "same":
        pads = same_pads(sides, *spans)
    elif layer.padding == "causal":
        reach = layer.dilation_rate[0] * (layer.kernel_size[0] - 1)
        pads = ((reach, 0),)
    return f"conv{layer.rank}d", window(
        layer.kernel_size,
        layer.strides,
        pads,
        filters=layer.filters,
        groups=layer.groups,
        dilation=layer.dilation_rate,
        bias=layer.use_bias,
    )


def _transposing(reader: Any, event: Call, layer: Any) -> Described:
    """Conv1DTranspose to 3D: what is cut off before and after each axis."""
    sides = tuple(event.first[0].shape)[1:-1]
    outputs = tuple(event.outputs[0].shape)[1:-1]
    cropped = []
    for n, out, k, s, d in zip(
        *(sides, outputs, layer.kernel_size, layer.strides),
        layer.dilation_rate,
        strict=True,
    ):
        whole = (n - 1) * s + d * (k - 1) + 1
        cut = max(whole - out, 0)
        before = cut // 2 if layer.padding == "same" else 0
        cropped.append((before, before))
    return f"conv{layer.rank}d_transpose", {
        "size": layer.kernel_size,
        "stride": layer.strides,
        "cropped": tuple(cropped),
        "sides": outputs,
        "filters": layer.filters,
        "groups": 1,
        "dilation": layer.dilation_rate,
        "bias": layer.use_bias,
    }


def _recurrent(reader: Any, event: Call, layer: Any) -> Described:
    """SimpleRNN, LSTM and GRU, or two of them in Bidirectional."""
    inner = getattr(layer, "forward_layer", layer)
    kinds = {
        layers.SimpleRNN: "simple_rnn",
        layers.LSTM: "lstm",
        layers.GRU: "gru",
    }
    kind = kinds.get(type(inner), OPAQUE)
    both = inner is not layer
    if kind == OPAQUE or (both and layer.merge_mode != "concat"):
        return OPAQUE, {"layer": type(layer).__name__}
    direction = "backward" if inner.go_backwards else "forward"
    fields = {
        "units": inner.units,
        "direction": "both" if both else direction,
        "bias": inner.use_bias,
        "activation": _name_of(inner.activation),
        "returns": "sequence" if inner.return_sequences else "last",
        "time_axis": 1,
        "masked": get_keras_mask(event.first[0]) is not None,
        "dropout": inner.dropout,
    }
    if kind != "simple_rnn":
        fields["recurrent_activation"] = _name_of(inner.recurrent_activation)
    if kind == "gru":
        fields["reset"] = "after" if inner.reset_after else "before"
    if inner.recurrent_dropout:
        fields["recurrent_dropout"] = inner.recurrent_dropout
    return kind, fields


def _name_of(function: Any) -> str:
    """Return the name of an activation."""
    return str(getattr(function, "__name__", function))


def _attention(reader: Any, event: Call, layer: Any) -> Described:
    """MultiHeadAttention, called with query, value and key."""
    query, value = event.argument(0, "query"), event.argument(1, "value")
    key = event.argument(2, "key", None)
    key = value if key is None else key
    mask = event.argument(6, "attention_mask", None)
    fields = {
        "heads": layer.num_heads,
        "key_size": layer.key_dim,
        "bias": layer._use_bias,
        "dropout": layer.dropout,
        "time_axis": 1,
        "inputs": event.edges(query, key, value),
    }
    causal = bool(event.argument(9, "use_causal_mask", False))
    # These mask steps, and not pairs of them; the first masks queries.
    names = ("query_mask", "value_mask", "key_mask")
    steps = [
        event.argument(place, name, None)
        for place, name in enumerate(names, start=3)
    ]
    carried = [get_keras_mask(each) for each in (query, value, key)]
    queries, *others = (
        given if given is not None else implied
        for given, implied in zip(steps, carried, strict=True)
    )
    whole = masked_fields(reader.trace, event, mask, _booleans)
    known = [each for each in (queries, *others) if each is not None]
    if not known and "masked" not in whole:
        whole["causal"] = whole["causal"] or causal
        return "multi_head_attention", fields | whole
    if queries is not None and get_keras_mask(query) is None:
        return "multi_head_attention", fields | {"masked": True}
    parts = [_booleans(each)[:, None] for each in others if each is not None]
    if queries is not None:
        parts.append(_booleans(queries)[..., None])
    if mask is not None:
        allowed = _booleans(mask)
        parts.append(allowed.reshape(-1, *allowed.shape[-2:]))
    if causal:
        parts.append(np.tri(query.shape[1], key.shape[1])[None] != 0)
    return "multi_head_attention", fields | {"mask": Mask.of_all(parts)}


def _booleans(mask: Any) -> Array:
    """Return where a mask lets keys through: where it is not 0."""
    return np.asarray(keras.ops.convert_to_numpy(mask), bool)


def _dot_attention(reader: Any, event: Call, layer: Any) -> Described:
    """Attention of one head, called with [query, value, key]."""
    given = list(event.argument(0, "inputs"))
    given_masks = event.argument(1, "mask", None)
    plain = layer.score_mode == "dot" and not layer.use_scale
    carried = any(get_keras_mask(each) is not None for each in given)
    if not plain or carried or given_masks is not None or layer.dropout:
        return OPAQUE, {"layer": type(layer).__name__}
    query, value, key = given if len(given) == 3 else (*given, given[1])
    return "attention", {
        "scale": 1.0,
        "causal": bool(event.argument(4, "use_causal_mask", False)),
        "inputs": event.edges(query, key, value),
    }


def _embedding(reader: Any, event: Call, layer: Any) -> Described:
    return "embedding", {
        "ids": layer.input_dim,
        "size": layer.output_dim,
        "padding_row": None,
    }


def _layer_norm(reader: Any, event: Call, layer: Any) -> Described:
    root = isinstance(layer, layers.RMSNormalization)
    return "rms_norm" if root else "layer_norm", {
        "axes": reader.axes(event, layer.axis),
        "epsilon": layer.epsilon,
        "affine": root or bool(layer.scale),
    }


def _batch_norm(reader: Any, event: Call, layer: Any) -> Described:
    """BatchNormalization, whose axis is counted from either end."""
    axis = reader.axis(event, layer.axis)
    last = axis == len(event.first[0].shape) - 1
    if not last:
        whole: Described = reader.element(event, layer)
        return whole
    return "batch_norm", {
        "epsilon": layer.epsilon,
        "running_decay": layer.momentum,
        "running_variance": "biased",
        "affine": layer.scale or layer.center,
        "axis": "channels",
    }


def _group_norm(reader: Any, event: Call, layer: Any) -> Described:
    groups = layer.groups
    return "group_norm", {
        "groups": event.first[0].shape[-1] if groups == -1 else groups,
        "epsilon": layer.epsilon,
        "affine": bool(layer.scale),
    }


def _dropout(reader: Any, event: Call, layer: Any) -> Described:
    """Dropout; with one number for each sample it is stochastic depth."""
    shape = layer.noise_shape
    if shape is not None and all(size == 1 for size in shape[1:]):
        return "stochastic_depth", {"rate": float(layer.rate)}
    described: Described = reader.element(event, layer)
    return described


def _global(kind: str) -> Callable[[Any, Call, Any], Described]:
    """A pooling of all positions, whether it keeps their axes or not."""

    def read(reader: Any, event: Call, layer: Any) -> Described:
        if layer.data_format != "channels_last":
            return OPAQUE, {"layer": type(layer).__name__}
        masked = get_keras_mask(event.first[0]) is not None
        fields: dict[str, Any] = {"masked": True} if masked else {}
        return kind, fields | {"inputs": (event.first[1],)}

    return read


def _adaptive(kind: str) -> Callable[[Any, Call, Any], Described]:
    """An adaptive pooling, whose windows are those of PyTorch."""

    def read(reader: Any, event: Call, layer: Any) -> Described:
        sides = tuple(event.outputs[0].shape)[1:-1]
        return kind, {"sides": sides}

    return read


def _zero_pad(reader: Any, event: Call, layer: Any) -> Described:
    pads = layer.padding
    if isinstance(layer, layers.ZeroPadding1D):
        pads = (pads,)
    return "zero_pad", {"pads": tuple(map(tuple, pads))}


def _boxed(reader: Any, event: Call, layer: Any) -> Described:
    """Cropping: PyTorch has an operation, and no layer."""
    return OPAQUE, {"layer": type(layer).__name__}


def _upsampling(reader: Any, event: Call, layer: Any) -> Described:
    """UpSampling2D and Resizing; corners are half a pixel outside."""
    before = tuple(event.first[0].shape)[1:3]
    after = tuple(event.outputs[0].shape)[1:3]
    method = layer.interpolation
    fields = resize_fields(before, after, method)
    if fields is None or getattr(layer, "antialias", False):
        return OPAQUE, {"layer": f"{type(layer).__name__} {method}"}
    return "resize", fields


def _pool_1d(kind: str) -> Callable[[Any, Call, Any], Described]:
    def read(reader: Any, event: Call, layer: Any) -> Described:
        spans = layer.pool_size, layer.strides
        size, stride = (
            (value,) if isinstance(value, int) else tuple(value)
            for value in spans
        )
        pads: tuple[tuple[int, int], ...] = ((0, 0),)
        if layer.padding == "same":
            sides = tuple(event.first[0].shape)[1:2]
            pads = same_pads(sides, size, stride, (1,))
        fields = window(size, stride, pads)
        if kind == "average_pool1d":
            fields["count_padding"] = pads == ((0, 0),)
        return kind, fields

    return read


LAYERS: dict[type, Callable[[Any, Call, Any], Described]] = {
    layers.Activation: _activation,
    layers.Softmax: _softmax_layer,
    layers.ReLU: _relu_layer,
    layers.Flatten: _arranging,
    layers.Reshape: _arranging,
    layers.Permute: _permuting,
    layers.Add: _merging("add"),
    layers.Subtract: _merging("subtract"),
    layers.Multiply: _merging("multiply"),
    layers.Maximum: _merging("maximum"),
    layers.Minimum: _merging("minimum"),
    layers.Average: _merging("average"),
    layers.Concatenate: _merging("concatenate"),
    layers.UpSampling2D: _upsampling,
    layers.Resizing: _upsampling,
    layers.MaxPooling1D: _pool_1d("max_pool1d"),
    layers.AveragePooling1D: _pool_1d("average_pool1d"),
    layers.AdaptiveAveragePooling1D: _adaptive("adaptive_average_pool"),
    layers.AdaptiveAveragePooling2D: _adaptive("adaptive_average_pool"),
    layers.AdaptiveMaxPooling1D: _adaptive("adaptive_max_pool"),
    layers.AdaptiveMaxPooling2D: _adaptive("adaptive_max_pool"),
    layers.GlobalAveragePooling2D: _global("global_average_pool"),
    layers.GlobalAveragePooling1D: _global("global_average_pool"),
    layers.GlobalMaxPooling2D: _global("global_max_pool"),
    layers.Conv1DTranspose: _transposing,
    layers.Conv2DTranspose: _transposing,
    layers.Conv3DTranspose: _transposing,
    layers.Conv1D: _convolution,
    layers.Conv2D: _convolution,
    layers.Conv3D: _convolution,
    layers.Bidirectional: _recurrent,
    layers.SimpleRNN: _recurrent,
    layers.LSTM: _recurrent,
    layers.GRU: _recurrent,
    layers.MultiHeadAttention: _attention,
    layers.Attention: _dot_attention,
    layers.Embedding: _embedding,
    layers.LayerNormalization: _layer_norm,
    layers.RMSNormalization: _layer_norm,
    layers.Dropout: _dropout,
    layers.BatchNormalization: _batch_norm,
    layers.GroupNormalization: _group_norm,
    layers.ZeroPadding1D: _zero_pad,
    layers.ZeroPadding2D: _zero_pad,
    layers.Cropping1D: _boxed,
    layers.Cropping2D: _boxed,
}
"""Readers of layers whose fields depend on the input, or that the language
has not. The first class that matches is used."""
