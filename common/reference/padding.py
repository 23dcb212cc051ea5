"""Padding of images and series, in NumPy, and the way back."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from framework_parity.common.reference.passes import Back
from framework_parity.common.spec.layer import Array


def padded(
    x: Array,
    pads: Sequence[tuple[int, int]],
    mode: Any = "constant",
    value: float = 0.0,
) -> tuple[Array, Back]:
    """Continue each sample at its borders.

    Args:
        x: (n, positions..., channels).
        pads: for each axis of positions, how many are added before and after.
        mode: of `np.pad`: `constant`, or one that repeats positions.
        value: of what is added by `constant`.

    Returns:
        The padded samples, and a function from the derivative by them to that
        by x.

    >>> wide, back = padded(np.array([[[1.0], [2.0]]]), [(1, 0)], "edge")
    >>> wide.ravel(), back(np.ones_like(wide)).ravel()
    (array([1., 1., 2.]), array([2., 1.]))
    """
    if mode == "constant":
        rim = ((0, 0), *pads, (0, 0))
        inner = tuple(
            slice(before, before + size)
            for (before, _), size in zip(rim, x.shape, strict=True)
        )
        whole = np.pad(x, rim, constant_values=value)
        return whole, lambda slope: slope[inner]
    places = [
        np.pad(np.arange(size), pad, mode=mode)
        for size, pad in zip(x.shape[1:-1], pads, strict=True)
    ]
    at = np.ix_(np.arange(len(x)), *places, np.arange(x.shape[-1]))

    def back(slope: Array) -> Array:
        by_x = np.zeros_like(x)
        np.add.at(by_x, at, slope)
        return by_x

    return x[at], back
