"""Rows of a table, by token ids."""

from typing import Any

import numpy as np

from tests.external.calculations import Forward
from tests.external.onnx_cases.case import (
    COMPOSED,
    DIRECT,
    FLOATS,
    LAYOUT,
    Node,
    NotExpressible,
    Way,
)
from tests.external.onnx_cases.layout import Undo

Values = dict[str, Any]


def _rows(
    ids: np.ndarray, table: np.ndarray, how: str, undo: Undo
) -> list[Way]:
    """Return the way to take rows (ids, size) of a table."""
    vocabulary, size = table.shape
    item = Forward(
        [{"embedding": {"vocabulary": vocabulary, "size": size}}],
        ids,
        {"embedding_1/embeddings": table},
        tokens=vocabulary,
    )
    return [
        Way("embedding", how, [item], lambda r: {0: undo(r[0]["outputs"])})
    ]


def gather(node: Node, values: Values) -> list[Way]:
    """Return the way to gather along an axis."""
    data, ids = (values[name] for name in node.inputs)
    if data.dtype.name not in FLOATS:
        raise NotExpressible("a type that is no float", data.dtype.name)
    axis = node.get("axis", 0) % data.ndim
    moved = np.moveaxis(data, axis, 0)
    table = moved.reshape(len(moved), -1)
    sequences = (ids % len(table)).reshape(-1, ids.shape[-1])
    places = range(axis, axis + ids.ndim)

    def undo(y: np.ndarray) -> np.ndarray:
        whole = y.reshape(*ids.shape, *moved.shape[1:])
        return np.moveaxis(whole, range(ids.ndim), places)

    how = DIRECT if axis == 0 and data.ndim == ids.ndim == 2 else LAYOUT
    return _rows(sequences, table, how, undo)


def one_hot(node: Node, values: Values) -> list[Way]:
    """Return the way to write a one in the place of each index."""
    ids, depth, pair = (values[name] for name in node.inputs)
    if isinstance(pair, str):
        raise NotExpressible("a type that is no float", pair)
    count = int(np.asarray(depth).reshape(()))
    off, on = (float(n) for n in pair)
    whole = ids.astype(int)
    inside = (whole >= -count) & (whole < count)
    # One more id stands for all that are out of range.
    known = np.where(inside, whole % count, count)
    table = np.full((count + 1, count), off)
    table[np.arange(count), np.arange(count)] = on
    axis = node.get("axis", -1) % (ids.ndim + 1)

    def undo(y: np.ndarray) -> np.ndarray:
        return np.moveaxis(y.reshape(*ids.shape, count), -1, axis)

    sequences = known.reshape(-1, ids.shape[-1])
    return _rows(sequences, table, COMPOSED, undo)
