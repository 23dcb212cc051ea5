"""Padding of windows, in PyTorch."""

from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.windows import Window


def is_uneven(spec: Window, shape: Shape) -> bool:
    """Return whether the padding of two opposite sides differs.

    Args:
        spec: the window.
        shape: the shape of one input sample, channels last.
    """
    return any(before != after for before, after in spec.pads(shape))


def padding_of(spec: Window, shape: Shape) -> tuple[int, ...]:
    """Return the padding of both sides of each axis, or of all sides.

    Args:
        spec: the window.
        shape: the shape of one input sample, channels last.

    Translation: padding of single sides begins with the last axis: left,
    right, top, bottom. It is always that of single sides for a sequence.
    """
    pads = spec.pads(shape)
    if is_uneven(spec, shape) or len(pads) == 1:
        return tuple(n for sides in reversed(pads) for n in sides)
    return tuple(before for before, _ in pads)
