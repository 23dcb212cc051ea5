"""Perturbed arithmetic: the rounding of another order of operations.

The reference computes each formula in one way. A framework may compute it in
another, in which terms larger than the result cancel and leave their rounding
errors. A *perturbed* run of the reference has errors of the same size.
"""

from typing import NamedTuple

import numpy as np

from framework_parity.common.spec.layer import Array

UNIT = float(np.finfo(np.float64).eps)


class Rounding(NamedTuple):
    """How a run of the reference is perturbed.

    Attributes:
        side: the direction of each error: up (1), down (-1), or, for a
            larger number, either side, as follows from that number and the
            bits of each value; equal values get the same error. With 0
            nothing is perturbed.
        unit: the size of an error relative to the value: the machine
            epsilon of the precision whose rounding is simulated.
    """

    side: int = 0
    unit: float = UNIT

    def __bool__(self) -> bool:
        """Return whether anything is perturbed."""
        return self.side != 0


EXACT = Rounding()

# The sides of the perturbed runs.
SIDES = (1, -1, 2, 3)


def roughly(values: Array, size: Array | float, rounding: Rounding) -> Array:
    """Return values perturbed by one unit in the last place of some size.

    Args:
        values: the exact values.
        size: the magnitude of the terms that may have cancelled, of the
            shape of the values.
        rounding: the direction and the unit.

    Returns:
        The perturbed values.

    >>> up = Rounding(side=1)
    >>> float(roughly(np.array(1.0), 4.0, up) - 1.0) == 4 * UNIT
    True
    """
    return (
        values + sides(values, rounding.side) * rounding.unit * size
        if rounding
        else values
    )


def summed(terms: Array, axes: tuple[int, ...], rounding: Rounding) -> Array:
    """Return a sum over axes, perturbed by one unit of its largest term.

    Terms of equal size cancel to 0 in one order and not in another, as the
    slopes of an absolute error do, each 1/n or -1/n.

    Args:
        terms: the terms.
        axes: the axes to sum over.
        rounding: the direction and the unit.
    """
    return roughly(terms.sum(axes), np.abs(terms).max(axes), rounding)


def sides(values: Array, side: int) -> Array:
    """Return the direction, -1 or 1, of the perturbation of each value.

    It is the side itself if that is -1 or 1, else it follows from the side
    and the bits of the value (splitmix64).

    Args:
        values: the values, float64.
        side: see `Rounding`.
    """
    if abs(side) == 1:
        return np.full(values.shape, float(side))
    bits = np.ascontiguousarray(values).view(np.uint64)
    mixed = bits + np.uint64(side * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    odd = (mixed ^ (mixed >> np.uint64(31))) & np.uint64(1)
    return 2.0 * odd.astype(np.float64).reshape(values.shape) - 1.0
