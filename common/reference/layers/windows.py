"""The windows of a convolution or pooling layer, in NumPy.

The pixels of a window are one axis, p, in reading order.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np

from framework_parity.common.reference.padding import padded
from framework_parity.common.reference.passes import Back
from framework_parity.common.spec.layer import Array, Shape
from framework_parity.common.spec.layers.windows import Window


def seen_by_windows(
    layer: Window, x: Array, padding: float = 0.0
) -> tuple[Array, Back]:
    """Return the pixels of each window, and the backward function.

    Args:
        layer: the size, stride, dilation and padding of the window.
        x: the input, of shape (n, positions..., c).
        padding: the value of the padding.

    Returns:
        The pixels, of shape (n, windows..., p, c), and a function from the
        derivative by them to that by x.
    """
    whole, unpadded = padded(x, layer.pads(x.shape[1:]), value=padding)
    cuts = list(_cuts(layer, x.shape[1:]))

    def back(slope: Array) -> Array:
        by_whole = np.zeros_like(whole)
        for pixel, cut in enumerate(cuts):
            by_whole[cut] += slope[..., pixel, :]
        return unpadded(by_whole)

    return np.stack([whole[cut] for cut in cuts], axis=-2), back


def _cuts(layer: Window, shape: Shape) -> Iterator[tuple[slice, ...]]:
    """Yield, for each pixel of the window, its slices of the padded input."""
    ways = [
        [
            slice(gap * pixel, gap * pixel + (count - 1) * step + 1, step)
            for pixel in range(size)
        ]
        for size, gap, step, count in zip(
            layer.size,
            layer.gaps,
            layer.strides,
            layer.windows(shape),
            strict=True,
        )
    ]
    for cut in product(*ways):
        yield slice(None), *cut
