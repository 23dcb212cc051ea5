"""Attention to given queries, keys and values.

The language's layer projects one sequence to queries, keys and values. Here
its channels hold all three side by side, and its kernels select them. A mask
that is no causal one is added to the scores through further channels: a one
for each query in its own channel, and the mask's row of this query in the
same channel of the keys.
"""

import math
from typing import Any

import numpy as np

from tests.external.calculations import Arrays
from tests.external.onnx_cases.case import (
    MASKED,
    ZEROS,
    Case,
    Node,
    NotExpressible,
    Way,
)
from tests.external.onnx_cases.layout import one_pass

Values = dict[str, Any]

# What is added to a score that is left out, whose exponential is then zero.
LEFT_OUT = -1e9


def attention(case: Case, node: Node, values: Values) -> list[Way]:
    """Return the ways to write an attention.

    Args:
        case: the published case.
        node: the operator.
        values: the arrays.
    """
    given = dict(zip(_INPUTS, node.inputs, strict=False))
    named = {what: values[name] for what, name in given.items() if name}
    for what in ("softcap", "score_mod", "prob_mod"):
        if node.get(what):
            raise NotExpressible("attention: other scores", what)
    query = _of_heads(named["query"], node.get("q_num_heads"))
    key = _of_heads(named["key"], node.get("kv_num_heads"))
    value = _of_heads(named["value"], node.get("kv_num_heads"))
    if query.dtype.name not in ("float32", "float64"):
        raise NotExpressible("a type that is no float", query.dtype.name)
    past = named["past_key"].shape[2] if "past_key" in named else 0
    if past:
        key = np.concatenate([named["past_key"], key], 2)
        value = np.concatenate([named["past_value"], value], 2)
    bias = _added(node, named, query, key, past)
    causal = bool(node.get("is_causal", 0))
    if bias is None and causal and past + query.shape[2] > key.shape[2]:
        raise NotExpressible("attention: queries beyond the keys", node.op)
    scale = 1 / math.sqrt(query.shape[-1])
    if node.get("scale"):
        # ONNX multiplies both factors by its root, which is a float32.
        scale = float(np.sqrt(np.float32(node.get("scale")))) ** 2
    undo = _lying if named["query"].ndim == 3 else _standing
    return _ways(query, key, value, bias, scale, causal, past, undo)


_INPUTS = (
    "query",
    "key",
    "value",
    "mask",
    "past_key",
    "past_value",
    "lengths",
)


def _of_heads(x: np.ndarray, heads: int | None) -> np.ndarray:
    """Return (batch, heads, time, size)."""
    if x.ndim == 4:
        return x
    assert heads, "an attention of three axes says how many heads it has"
    return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)


def _lying(y: np.ndarray) -> np.ndarray:
    """Return (batch, time, heads · size)."""
    return y.transpose(0, 2, 1, 3).reshape(len(y), y.shape[2], -1)


def _standing(y: np.ndarray) -> np.ndarray:
    return y


def _added(
    node: Node,
    named: Values,
    query: np.ndarray,
    key: np.ndarray,
    past: int,
) -> np.ndarray | None:
    """Return what is added to the scores, or None if only causality is.

    Returns:
        An array (batch, heads, queries, keys), which includes causality; its
        heads may be one.
    """
    queries, keys = query.shape[2], key.shape[2]
    left = node.get("left_window_size", -1)
    right = node.get("right_window_size", -1)
    mask, lengths = named.get("mask"), named.get("lengths")
    windowed = left >= 0 or right >= 0
    if mask is None and lengths is None and not windowed and queries <= keys:
        return None
    allowed = np.ones((len(query), 1, queries, keys), bool)
    added = np.zeros((len(query), 1, queries, keys), query.dtype)
    if mask is not None:
        mask = np.broadcast_to(mask, np.broadcast_shapes(mask.shape, (1, 1)))
        missing = keys - mask.shape[-1]
        seen = mask if mask.dtype == bool else mask != -np.inf
        seen = np.pad(seen, [(0, 0)] * (mask.ndim - 1) + [(0, missing)])
        allowed = allowed & seen
        if mask.dtype != bool:
            wide = [(0, 0)] * (mask.ndim - 1) + [(0, missing)]
            added = added + np.pad(mask, wide)
    # The place of a query among the keys, less that of the key.
    starts = np.full(len(query), past)
    if lengths is not None:
        starts = lengths.reshape(-1) - queries
        inside = np.arange(keys) < lengths.reshape(-1, 1, 1, 1)
        allowed = allowed & inside
    ahead = np.arange(queries)[:, None] - np.arange(keys)
    distance = ahead + starts.reshape(-1, 1, 1, 1)
    if node.get("is_causal", 0):
        allowed = allowed & (distance >= 0)
    if left >= 0:
        allowed = allowed & (distance <= left)
    if right >= 0:
        allowed = allowed & (distance >= -right)
    if not allowed.any(-1).all():
        raise NotExpressible("attention: a query that sees no key", node.op)
    return np.where(allowed, added, LEFT_OUT)


def _ways(
    query: np.ndarray,
    key: np.ndarray,
    value: np.ndarray,
    bias: np.ndarray | None,
    scale: float,
    causal: bool,
    past: int,
    undo: Any,
) -> list[Way]:
    """Return the ways to write it, with all tensors known.

    Args:
        query: (batch, heads, queries, size).
        key: (batch, fewer heads, keys, size).
        value: (batch, fewer heads, keys, size of the output).
        bias: of `_added`.
        scale: of the scores.
        causal: whether the layer itself is causal, unless there is a bias.
        past: the place of the first query among the keys, if so.
        undo: from (batch, heads, queries, size) to the case's output.
    """
    batch, heads, queries, depth = query.shape
    groups, keys, wide = key.shape[1], key.shape[2], value.shape[-1]
    steps, start = max(queries, keys), 0
    if bias is None:
        start, masks = (past if causal else 0), 0
    else:
        causal, masks = False, bias.shape[1]
    parts = {"query": query, "key": key, "value": value}
    if bias is not None:
        short = np.full((*bias.shape[:3], steps - keys), LEFT_OUT)
        bias = np.concatenate([bias, short], -1)
        own = np.broadcast_to(np.eye(queries), (batch, 1, queries, queries))
        # Of a key: for each query, what is added to its score.
        parts |= {"own": own, "bias": bias.transpose(0, 1, 3, 2)}
    sample, begins, width = _side_by_side(parts, steps, start)
    ways = []
    total = depth + (queries if bias is not None else 0)
    for projections, size in _sizes(heads, width, max(total, wide)):
        factor = scale * math.sqrt(size)
        kernels = {n: np.zeros((width, heads, size)) for n in ("q", "k", "v")}
        output = np.zeros((heads, size, width))
        for head in range(heads):
            group = head // (heads // groups)
            _select(kernels["q"], begins["query"], head, head, depth, factor)
            _select(kernels["k"], begins["key"], group, head, depth)
            _select(kernels["v"], begins["value"], group, head, wide)
            place = head * wide + np.arange(wide)
            output[head, np.arange(wide), place] = 1.0
            if bias is not None:
                row = (head if masks > 1 else 0, head, queries)
                own_row = (0, head, queries)
                _select(
                    kernels["q"],
                    begins["own"],
                    *own_row,
                    math.sqrt(size),
                    depth,
                )
                _select(kernels["k"], begins["bias"], *row, 1.0, depth)
        flat = {n: k.reshape(width, -1) for n, k in kernels.items()}
        tensors: Arrays = {
            "query_kernel": flat["q"],
            "key_kernel": flat["k"],
            "value_kernel": flat["v"],
        }
        if projections == "packed":
            tensors = {
                "projection_kernel": np.concatenate([*flat.values()], 1)
            }
        tensors["output_kernel"] = output.reshape(-1, width)
        fields = {
            "heads": heads,
            "size": size,
            "causal": causal,
            "bias": False,
            "projections": projections,
        }

        def back(y: np.ndarray) -> np.ndarray:
            rows = y[:, start : start + queries, : heads * wide]
            parted = rows.reshape(batch, queries, heads, wide)
            return np.asarray(undo(parted.transpose(0, 2, 1, 3)))

        ways.append(
            one_pass(
                f"multi_head_attention, {projections}",
                ZEROS if bias is None else MASKED,
                [{"multi_head_attention": fields}],
                sample,
                back,
                {f"multi_head_attention_1/{n}": t for n, t in tensors.items()},
            )
        )
    return ways


def _sizes(heads: int, width: int, least: int) -> list[tuple[str, int]]:
    """Return the size of a head for each way to write the projections.

    Packed, heads of all channels together are PyTorch's own layer.
    """
    own = width // heads
    fits = width % heads == 0 and own >= least
    return [("separate", least), ("packed", own if fits else least)]


def _side_by_side(
    parts: Arrays, steps: int, start: int
) -> tuple[np.ndarray, dict[str, int], int]:
    """Return parts (batch, heads, time, size) as channels of one sequence.

    Args:
        parts: by name.
        steps: the length of the sequence; shorter parts end in zeros.
        start: the step at which the queries begin.

    Returns:
        The sequences; where each part begins among the channels; and the
        number of channels.
    """
    columns, begins, width = [], {}, 0
    for name, part in parts.items():
        lying = _lying(part)
        begin = start if name in ("query", "own") else 0
        end = steps - begin - lying.shape[1]
        columns.append(np.pad(lying, [(0, 0), (begin, end), (0, 0)]))
        begins[name] = width
        width += lying.shape[2]
    return np.concatenate(columns, -1), begins, width


def _select(
    kernel: np.ndarray,
    begin: int,
    source: int,
    head: int,
    size: int,
    factor: float = 1.0,
    at: int = 0,
) -> None:
    """Let a head have the channels of one part's head.

    Args:
        kernel: (channels, heads, size), which is changed.
        begin: the part's first channel.
        source: the part's head.
        head: the kernel's head.
        size: of the part's heads.
        factor: of the channels.
        at: the first of the kernel's columns.
    """
    places = np.arange(size)
    kernel[begin + source * size + places, head, at + places] = factor
