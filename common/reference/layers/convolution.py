"""Convolution layers, in NumPy."""

import math
from typing import cast

import numpy as np

from framework_parity.common.reference.layers.windows import seen_by_windows
from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.reference.rounding import summed
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.convolution import (
    Convolution,
    Grouped,
)


def conv1d(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Y = Σ over steps and channels of x K, group by group, plus b."""
    return conv2d(node, x, run)


def conv2d(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Y = Σ over pixels and channels of x K, group by group, plus b."""
    layer = cast("Grouped", node.layer)
    seen, seen_back = seen_by_windows(layer, x)
    kernel = run.weights[f"{node.name}/kernel"]
    pixels, groups = math.prod(layer.size), layer.groups
    sides = seen.shape[:-2]
    split = seen.reshape(-1, pixels, groups, x.shape[-1] // groups)
    parts = kernel.reshape(pixels, -1, groups, layer.filters // groups)
    y = np.einsum("npgc,pcgf->ngf", split, parts, optimize=True)

    def back(slope: Array) -> Array:
        slopes = slope.reshape(y.shape)
        gradient = np.einsum("npgc,ngf->pcgf", split, slopes, optimize=True)
        run.gradients[f"{node.name}/kernel"] = gradient.reshape(kernel.shape)
        down = np.einsum("ngf,pcgf->npgc", slopes, parts, optimize=True)
        return seen_back(down.reshape(seen.shape))

    return _biased(node, y.reshape(*sides, -1), run, back)


def depthwise_conv2d(
    node: LayerNode, x: Array, run: Pass
) -> tuple[Array, Back]:
    """Y = Σ over pixels of x K, channel by channel, plus b."""
    seen, seen_back = seen_by_windows(cast("Convolution", node.layer), x)
    kernel = run.weights[f"{node.name}/kernel"]
    parts = kernel.reshape(-1, *kernel.shape[2:])
    y = np.einsum("nhwpc,pcm->nhwcm", seen, parts)

    def back(slope: Array) -> Array:
        slopes = slope.reshape(y.shape)
        gradient = np.einsum("nhwpc,nhwcm->pcm", seen, slopes)
        run.gradients[f"{node.name}/kernel"] = gradient.reshape(kernel.shape)
        return seen_back(np.einsum("nhwcm,pcm->nhwpc", slopes, parts))

    return _biased(node, y.reshape(*y.shape[:3], -1), run, back)


def _biased(
    node: LayerNode, y: Array, run: Pass, back: Back
) -> tuple[Array, Back]:
    if not cast("Convolution", node.layer).bias:
        return y, back

    def biased_back(slope: Array) -> Array:
        run.gradients[f"{node.name}/bias"] = summed(
            slope, tuple(range(slope.ndim - 1)), run.rounding
        )
        return back(slope)

    return y + run.weights[f"{node.name}/bias"], biased_back
