"""Every tolerance of these tests, with its reason.

A difference is relative to the largest number of the tensor: a sum of large
terms cannot be more accurate than its terms.
"""

from typing import Any

import numpy as np

# One pass or one step in float64. Each number is a sum of at most a few
# hundred terms, so it is right to some hundred units in the last place,
# which are 2e-16 each. A constant rounded to float32 is off by 1e-8.
ROUNDING = 1e-12

# Thirty steps in float64: each step's rounding affects all later ones.
TRAINED = 1e-10

# One pass or one step in float32, whose last place is 1e-7.
SINGLE = 1e-5

# Thirty steps in mixed precision: bfloat16's last place is 0.008, and a
# few layers round one after another, some of them by truncation.
HALF = 0.1

# The least error of bfloat16; with less, nothing was computed in it.
MIXED_MATTERS = 1e-4

# Central differences with a step of 1e-6: their own error is the square of
# the step, plus rounding divided by it. A loss of 100 is right to 1e-14.
FINITE_DIFFERENCE = 1e-6

# Two settings with different meanings must differ by at least this, so that
# a test that compares them could have failed.
MATTERS = 1e-6


def distance(actual: Any, expected: Any) -> float:
    """Return the largest difference, in units of the expected size.

    If the expected tensor is all zero, return the largest number: there is no
    size to compare it with.

    >>> distance([1.0, 2.0], [1.0, 4.0])
    0.5
    """
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    off = np.abs(actual - expected).max(initial=0.0)
    size = np.abs(expected).max(initial=0.0)
    return float(off / size if size > 0 else off)


def assert_gradients_close(
    actual: dict[str, Any], expected: dict[str, Any], tolerance: float
) -> None:
    """Raise if gradients differ by too much, relative to their layer's.

    A bias whose gradient cancels to a thousandth of its terms has three
    digits less; its kernel's gradient shows how large the terms are.

    Args:
        actual: by parameter, `layer/tensor`.
        expected: likewise.
        tolerance: of the largest difference, in units of the largest
            expected gradient of the same layer.
    """
    assert list(actual) == list(expected)
    sizes: dict[str, float] = {}
    for name, value in expected.items():
        layer = name.partition("/")[0]
        size = float(np.abs(value).max(initial=0.0))
        sizes[layer] = max(size, sizes.get(layer, 0.0))
    far = {}
    for name, value in expected.items():
        assert actual[name].shape == value.shape
        off = float(np.abs(actual[name] - value).max(initial=0.0))
        if not off <= tolerance * (sizes[name.partition("/")[0]] or 1.0):
            far[name] = off
    assert not far, f"further apart than {tolerance} of their layer: {far}"


def is_rounding(name: str) -> bool:
    """Return whether a parameter's gradient is nothing but rounding.

    A softmax of scores does not change if a number is added to all, as a bias
    of the keys does.
    """
    return name.endswith("/key_bias")


def assert_close(actual: Any, expected: Any, tolerance: float) -> None:
    """Raise if tensors, or mappings of them, differ by more."""
    if not isinstance(expected, dict):
        actual, expected = {"value": actual}, {"value": expected}
    assert list(actual) == list(expected)
    far = {
        name: distance(actual[name], value)
        for name, value in expected.items()
        if not distance(actual[name], value) <= tolerance
    }
    assert not far, f"further apart than {tolerance}: {far}"
