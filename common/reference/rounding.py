"""Rough arithmetic: what a framework's other order of sums may round off.

The reference computes each formula in one way. Where a framework computes it
in another, terms may cancel that are larger than the result, and it keeps the
rounding of the larger. A *rough* run of the reference errs as much.
"""

import numpy as np

from framework_parity.common.spec.layer import Array

UNIT = float(np.finfo(np.float64).eps)

# Which ways a formula is rounded to see what it may lose.
SIDES = (1, -1, 2, 3)


def roughly(
    values: Array, size: Array | float, rounding_variant: int
) -> Array:
    """Return values that err by one unit in the last place of some size.

    Args:
        values: as they are.
        size: of the terms that may have cancelled, of the values' shape.
        rounding_variant: which way: up (1), down (-1), or to either side, as a
        larger
            number and the bits of each value decide: equal values err
            alike. With 0 the values are returned as they are.

    >>> float(roughly(np.array(1.0), 4.0, 1) - 1.0) == 4 * UNIT
    True
    """
    return (
        values + sides(values, rounding_variant) * UNIT * size
        if rounding_variant
        else values
    )


def summed(
    terms: Array, axes: tuple[int, ...], rounding_variant: int
) -> Array:
    """Return a sum over some axes that errs by one unit of its largest term.

    Terms as large as each other cancel to 0 in one order and not in another,
    as the slopes of an absolute error do, each 1/n or -1/n.
    """
    return roughly(terms.sum(axes), np.abs(terms).max(axes), rounding_variant)


def sides(values: Array, rounding_variant: int) -> Array:
    """Return -1 or 1 for each value: the variant, if it is one of the two.

    Else they follow from the value's bits (splitmix64).
    """
    if abs(rounding_variant) == 1:
        return np.full(values.shape, float(rounding_variant))
    bits = np.ascontiguousarray(values).view(np.uint64)
    mixed = bits + np.uint64(rounding_variant * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    odd = (mixed ^ (mixed >> np.uint64(31))) & np.uint64(1)
    return 2.0 * odd.astype(np.float64).reshape(values.shape) - 1.0
