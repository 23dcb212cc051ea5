"""Rules that both frameworks' readers share."""

import math

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.elements import Described
from framework_parity.common.spec.layer import Shape


def arranged(
    before: Shape, after: Shape, *, channels_first: bool
) -> Described:
    """Return what a change of shape is, in neutral terms.

    Args:
        before: shape of the input, batch first, as the framework has it.
        after: shape of the output.
        channels_first: whether the input has its channels first.

    Returns:
        `identity` where at most the number of axes of size 1 changes,
        `flatten` where each sample becomes a vector, else `reshape`.

    >>> arranged((2, 3, 4, 5), (2, 60), channels_first=True)
    ('flatten', {'order': 'channels_first'})
    >>> arranged((2, 7, 1, 1), (2, 7), channels_first=True)
    ('identity', {})
    """

    def wide(shape: Shape) -> Shape:
        return tuple(size for size in shape if size != 1)

    if wide(before) == wide(after):
        return "identity", {}
    order = "channels_first" if channels_first else "channels_last"
    kept = before[:1] == after[:1]
    if kept and len(after) == 2 and after[1] == math.prod(before[1:]):
        return "flatten", {"order": order}
    fields: dict[str, object] = {"shape": after[1:] if kept else after}
    if channels_first:
        fields["order"] = order
    return "reshape", fields


def resize_fields(
    before: Shape, after: Shape, method: str, corners: str = "half_pixel"
) -> dict[str, object] | None:
    """Return the fields of an interpolation of images.

    Args:
        before: height and width of the image.
        after: height and width of the result.
        method: `nearest`, `bilinear` or another one.
        corners: `aligned` or `half_pixel`, of a bilinear one.

    Returns:
        The fields of `resize`; None where it cannot be computed here.

    >>> resize_fields((2, 3), (4, 6), "nearest")
    {'size': (4, 6), 'method': 'nearest'}
    """
    whole = all(b % a == 0 for a, b in zip(before, after, strict=True))
    known = method == "bilinear" or (method == "nearest" and whole)
    if len(after) != 2 or not known:
        return None
    fields: dict[str, object] = {"size": after, "method": method}
    if method == "bilinear":
        fields["corners"] = corners
    return fields


def selected(before: Array, after: Array) -> tuple[int, int] | None:
    """Return the axis and the index that a part of an array is taken at.

    It is found by the values, so that all ways to write it are known.

    Args:
        before: the array.
        after: the part, with or without the axis.

    Returns:
        The axis and the index; None where it is no part at one index, or
        where it is not clear at which.

    >>> selected(np.arange(6).reshape(2, 3), np.array([2, 5]))
    (1, 2)
    """
    places = [
        (axis, index)
        for axis, size in enumerate(before.shape)
        if before.size == after.size * size
        for index in range(size)
        if np.array_equal(
            np.take(before, index, axis).reshape(-1), after.reshape(-1)
        )
    ]
    return places[0] if len(places) == 1 else None


def equation_of(written: str) -> str:
    """Return an equation of einsum with its letters in order of appearance.

    Args:
        written: the equation, with or without the output.

    >>> equation_of("bij, bjf -> bif"), equation_of("ij,jk")
    ('abc,acd->abd', 'ab,bc->ac')
    """
    left, arrow, right = written.replace(" ", "").partition("->")
    if not arrow:
        once = [c for c in left if c != "," and left.count(c) == 1]
        right = "".join(sorted(once))
    known: dict[str, str] = {}
    for letter in left:
        if letter != ",":
            known.setdefault(letter, chr(ord("a") + len(known)))
    renamed = (known.get(letter, letter) for letter in f"{left}->{right}")
    return "".join(renamed)
