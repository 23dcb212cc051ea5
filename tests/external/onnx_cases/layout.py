"""Between ONNX's layout and this project's: channels second, or last."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.external.calculations import Arrays, Forward
from tests.external.onnx_cases.case import Way

Undo = Callable[[np.ndarray], np.ndarray]


def to_image(x: np.ndarray) -> np.ndarray:
    """Return (N, C, ...) as images with their channels last.

    (N, C, L) becomes an image of one row, and of (N, C, D, H, W) the first
    two sides become one.
    """
    if x.ndim == 3:
        x = x[:, :, None, :]
    if x.ndim == 5:
        x = x.reshape(*x.shape[:2], -1, x.shape[-1])
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1))


def from_image(y: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return images in the layout of `like`, the inverse of `to_image`."""
    y = y.transpose(0, 3, 1, 2)
    if like.ndim == 3:
        return y[:, :, 0, :]
    return y.reshape(like.shape) if like.ndim == 5 else y


def rows_along(x: np.ndarray, axis: int) -> tuple[np.ndarray, Undo]:
    """Return an array as samples along one axis, and the inverse."""
    moved = np.moveaxis(x, axis, -1)

    def undo(y: np.ndarray) -> np.ndarray:
        return np.moveaxis(y.reshape(moved.shape), -1, axis)

    return np.ascontiguousarray(moved.reshape(-1, x.shape[axis])), undo


def as_rows(x: np.ndarray) -> np.ndarray:
    """Return an array as samples of one axis each."""
    return x.reshape(len(x), -1) if x.ndim > 1 else x.reshape(-1, 1)


def one_pass(
    name: str,
    how: str,
    layers: list[Any],
    x: np.ndarray,
    undo: Undo,
    weights: Arrays | None = None,
    *,
    double: bool = True,
    **more: Any,
) -> Way:
    """Return a way that is one pass of a network with one output.

    Args:
        name: of the way.
        how: how close it is to the case.
        layers: as they are written.
        x: the samples.
        undo: from the network's output to the case's.
        weights: by tensor.
        double: whether the double-precision result is used.
        more: further arguments of `Forward`.
    """
    item = Forward(layers, x, weights or {}, **more)
    return Way(
        name,
        how,
        [item],
        lambda results: {0: undo(results[0]["outputs"])},
        double=double,
    )
