"""The difference of two arrays, in units in the last place."""

from typing import Any

import numpy as np


def units(actual: Any, expected: Any, dtype: str = "float64") -> float:
    """Return the largest difference, in units of the expected size.

    A unit in the last place is the precision's epsilon times the largest
    finite number of the expected array, or epsilon where that is zero.
    Infinities have to be in the same places, and so have NaNs.

    Args:
        actual: array-like.
        expected: array-like, of the same shape.
        dtype: the precision that `actual` was computed in.

    Returns:
        The difference in units; infinity where an infinity or a NaN is in
        the wrong place.

    >>> units([1.0, 2.0 + 2**-51], [1.0, 2.0])
    1.0
    >>> units([1.0, np.nan], [1.0, 2.0])
    inf
    """
    actual = np.asarray(actual, np.float64)
    expected = np.asarray(expected, np.float64)
    assert actual.shape == expected.shape, (actual.shape, expected.shape)
    finite = np.isfinite(expected)
    if not np.array_equal(actual[~finite], expected[~finite], equal_nan=True):
        return float("inf")
    actual, expected = actual[finite], expected[finite]
    off = float(np.abs(actual - expected).max(initial=0.0))
    size = float(np.abs(expected).max(initial=0.0)) or 1.0
    difference = off / size / float(np.finfo(dtype).eps)
    return difference if np.isfinite(difference) else float("inf")
