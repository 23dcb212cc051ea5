"""Pooling layers, in NumPy."""

import math
from typing import cast

import numpy as np

from framework_parity.common.reference.layers.windows import seen_by_windows
from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.pooling import AveragePool
from framework_parity.common.spec.layers.windows import Window


def max_pool1d(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """The maximum of each window; the slope goes to the first of equals."""
    return max_pool(node, x, run)


def max_pool(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """The maximum of each window; the slope goes to the first of equals."""
    seen, seen_back = seen_by_windows(cast("Window", node.layer), x, -np.inf)
    first = seen.argmax(-2, keepdims=True)

    def back(slope: Array) -> Array:
        down = np.zeros_like(seen)
        np.put_along_axis(down, first, np.expand_dims(slope, -2), -2)
        return seen_back(down)

    return np.take_along_axis(seen, first, -2)[..., 0, :], back


def average_pool1d(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """The mean of each window, with or without the padding counted."""
    return average_pool(node, x, run)


def average_pool(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """The mean of each window, with or without the padding counted."""
    layer = cast("AveragePool", node.layer)
    seen, seen_back = seen_by_windows(layer, x)
    real, _ = seen_by_windows(
        layer, np.ones_like(x), float(layer.count_padding)
    )
    weight = 1.0 / real.sum(-2, keepdims=True)

    def back(slope: Array) -> Array:
        share = np.expand_dims(slope, -2) * weight
        return seen_back(np.broadcast_to(share, seen.shape))

    return (seen * weight).sum(-2), back


def global_average_pool(
    node: LayerNode, x: Array, run: Pass
) -> tuple[Array, Back]:
    """The mean of each channel, over the steps that are no padding."""
    if node.padded and run.valid is not None:
        weight = (run.valid / run.valid.sum(1, keepdims=True))[..., None]
        total = (x * weight).sum(1)
        return total, lambda slope: slope[:, None] * weight
    axes = tuple(range(1, x.ndim - 1))

    def back(slope: Array) -> Array:
        share = np.expand_dims(slope, axes) / math.prod(x.shape[1:-1])
        return np.broadcast_to(share, x.shape)

    return x.mean(axes), back


def global_max_pool(
    node: LayerNode, x: Array, run: Pass
) -> tuple[Array, Back]:
    """The maximum of each channel; equal values share the slope equally."""
    axes = tuple(range(1, x.ndim - 1))
    y = x.max(axes, keepdims=True)
    share = (x == y) / (x == y).sum(axes, keepdims=True)
    return y.squeeze(axes), lambda slope: np.expand_dims(slope, axes) * share
