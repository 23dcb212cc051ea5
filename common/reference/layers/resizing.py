"""Layers that change the size of a sample, in NumPy."""

from typing import cast

import numpy as np

from framework_parity.common.reference.padding import padded
from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.resizing import (
    Cropping,
    Upsampling,
    ZeroPadding,
)


def zero_padding(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Zeros before and after each axis of positions."""
    return padded(x, cast("ZeroPadding", node.layer).sides(node.input_shape))


def cropping(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Each axis of positions without what is cut off."""
    sides = cast("Cropping", node.layer).sides(node.input_shape)
    inner = (
        slice(None),
        *(
            slice(before, n - after)
            for (before, after), n in zip(sides, x.shape[1:-1], strict=True)
        ),
    )

    def back(slope: Array) -> Array:
        whole = np.zeros_like(x)
        whole[inner] = slope
        return whole

    return x[inner], back


def upsampling(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Sums of shares of the pixels; the slope is shared alike."""
    layer = cast("Upsampling", node.layer)
    down, across = (
        layer.shares(size, factor)
        for size, factor in zip(node.input_shape, layer.factor, strict=False)
    )

    def back(slope: Array) -> Array:
        by_x = np.einsum("ah,bw,nabc->nhwc", down, across, slope)
        return np.asarray(by_x)

    return np.einsum("ah,bw,nhwc->nabc", down, across, x), back
