"""Padding of windows, in PyTorch."""

from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.windows import Window


def is_uneven(spec: Window, shape: Shape) -> bool:
    return any(before != after for before, after in spec.pads(shape))


def padding_of(spec: Window, shape: Shape) -> tuple[int, ...]:
    """Return what to add on both sides, or on each in turn.

    Translation: padding, when it is said for each side, begins with the
    last axis: left, right, top, bottom.
    """
    (top, bottom), (left, right) = spec.pads(shape)
    if is_uneven(spec, shape):
        return left, right, top, bottom
    return top, left
