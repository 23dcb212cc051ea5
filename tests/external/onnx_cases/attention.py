"""Attention to given queries, keys and values.

The language's layer projects one sequence to queries, keys and values. Here
its channels hold all three side by side, and its kernels select them. A mask
that is no causal one is added to the scores through further channels: a one
for each query in its own channel, and the mask's row of this query in the
same channel of the keys.
"""

import math
from typing import Any, NamedTuple

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
from tests.external.onnx_cases.layout import Undo, one_pass

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
    named = {
        what: values[name]
        for what, name in zip(_INPUTS, node.inputs, strict=False)
        if name
    }
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
    given = Given(query, key, value, bias, scale, causal, past)
    return _ways(given, undo)


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


class Given(NamedTuple):
    """An attention whose heads are an axis of its own.

    Attributes:
        query: (batch, heads, queries, size).
        key: (batch, fewer heads, keys, size).
        value: (batch, fewer heads, keys, size of the output).
        bias: of `_added`.
        scale: of the scores.
        causal: whether a query sees only the keys up to its own place.
        past: the place of the first query among the keys, if so.
    """

    query: np.ndarray
    key: np.ndarray
    value: np.ndarray
    bias: np.ndarray | None
    scale: float
    causal: bool
    past: int


def _ways(given: Given, undo: Undo) -> list[Way]:
    """Return the ways to write an attention, all of whose tensors are known.

    Args:
        given: the attention.
        undo: from (batch, heads, queries, size) to the case's output.
    """
    batch, heads, queries, depth = given.query.shape
    wide = given.value.shape[-1]
    start = given.past if given.causal and given.bias is None else 0
    sample, begins = _side_by_side(_parts(given), start)
    least = max(depth + (0 if given.bias is None else queries), wide)
    channels = max(sample.shape[-1], heads * wide)

    def back(y: np.ndarray) -> np.ndarray:
        rows = y[:, start : start + queries, : heads * wide]
        parted = rows.reshape(batch, queries, heads, wide)
        return undo(parted.transpose(0, 2, 1, 3))

    def way(projections: str, size: int, width: int) -> Way:
        fields = {
            "heads": heads,
            "size": size,
            "causal": given.causal and given.bias is None,
            "bias": False,
            "projections": projections,
        }
        more = width - sample.shape[-1]
        tensors = _kernels(given, begins, size, width)
        if projections == "packed":
            three = [tensors.pop(f"{n}_kernel") for n in _INPUTS[:3]]
            tensors["projection_kernel"] = np.concatenate(three, 1)
        return one_pass(
            f"multi_head_attention, {projections}",
            ZEROS if given.bias is None else MASKED,
            [{"multi_head_attention": fields}],
            np.pad(sample, [(0, 0), (0, 0), (0, more)]),
            back,
            {f"multi_head_attention_1/{n}": t for n, t in tensors.items()},
        )

    # Packed, and with heads of all channels together, it is PyTorch's own.
    own = _power_of_four(max(least, -(-channels // heads)))
    return [
        way("separate", _power_of_four(least), channels),
        way("packed", own, heads * own),
    ]


def _power_of_four(least: int) -> int:
    """Return the least power of four that is not below a number.

    The root of such a size is a power of two, so that the layer's division
    by it rounds nothing.
    """
    size = 1
    while size < least:
        size *= 4
    return size


def _parts(given: Given) -> Arrays:
    """Return what the channels hold, (batch, heads, time, size) by name."""
    parts = {"query": given.query, "key": given.key, "value": given.value}
    if given.bias is None:
        return parts
    batch, _, queries, keys = given.bias.shape
    unseen = max(queries - keys, 0)
    bias = np.pad(
        given.bias,
        [(0, 0), (0, 0), (0, 0), (0, unseen)],
        constant_values=LEFT_OUT,
    )
    own = np.broadcast_to(np.eye(queries), (batch, 1, queries, queries))
    # Of a key: for each query, what is added to its score.
    return parts | {"own": own, "bias": bias.transpose(0, 1, 3, 2)}


def _kernels(
    given: Given, begins: dict[str, int], size: int, width: int
) -> Arrays:
    """Return the kernels that select the channels.

    Args:
        given: the attention.
        begins: where each part begins among the channels.
        size: of a head.
        width: the number of channels.
    """
    _, heads, queries, depth = given.query.shape
    groups, wide = given.value.shape[1], given.value.shape[-1]
    # As ONNX does, both factors are multiplied by the root of the scale.
    factor = math.sqrt(given.scale * math.sqrt(size))
    query, key, value = (np.zeros((width, heads, size)) for _ in range(3))
    output = np.zeros((heads, size, width))
    for head in range(heads):
        group = head // (heads // groups)
        _select(query, begins["query"], head, head, depth, factor)
        _select(key, begins["key"], group, head, depth, factor)
        _select(value, begins["value"], group, head, wide)
        places = head * wide + np.arange(wide)
        output[head, np.arange(wide), places] = 1.0
        if given.bias is not None:
            one = math.sqrt(size)
            row = head if given.bias.shape[1] > 1 else 0
            _select(query, begins["own"], 0, head, queries, one, depth)
            _select(key, begins["bias"], row, head, queries, 1.0, depth)
    return {
        "query_kernel": query.reshape(width, -1),
        "key_kernel": key.reshape(width, -1),
        "value_kernel": value.reshape(width, -1),
        "output_kernel": output.reshape(-1, width),
    }


def _side_by_side(
    parts: Arrays, start: int
) -> tuple[np.ndarray, dict[str, int]]:
    """Return parts (batch, heads, time, size) as channels of one sequence.

    Args:
        parts: by name; shorter ones end in zeros.
        start: the step at which the queries begin.

    Returns:
        The sequences; and where each part begins among the channels.
    """
    steps = max(part.shape[2] for part in parts.values())
    columns, begins, width = [], {}, 0
    for name, part in parts.items():
        lying = _lying(part)
        begin = start if name == "query" else 0
        end = steps - begin - lying.shape[1]
        columns.append(np.pad(lying, [(0, 0), (begin, end), (0, 0)]))
        begins[name] = width
        width += lying.shape[2]
    return np.concatenate(columns, -1), begins


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
