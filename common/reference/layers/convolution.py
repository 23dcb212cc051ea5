"""Convolution layers, in NumPy."""

import math
from typing import cast

import numpy as np

from framework_parity.common.reference.layers.windows import seen_by_windows
from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.reference.rounding import summed
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.convolution import Conv2d, Convolution


def conv2d(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Y = Σ over pixels and channels of x K, group by group, plus b."""
    layer = cast("Conv2d", node.layer)
    seen, seen_back = seen_by_windows(layer, x)
    kernel = run.weights[f"{node.name}/kernel"]
    pixels, groups = math.prod(layer.size), layer.groups
    split = seen.reshape(*seen.shape[:4], groups, -1)
    parts = kernel.reshape(pixels, -1, groups, layer.filters // groups)
    y = np.einsum("nhwpgc,pcgf->nhwgf", split, parts, optimize=True)

    def back(slope: Array) -> Array:
        slopes = slope.reshape(y.shape)
        gradient = np.einsum(
            "nhwpgc,nhwgf->pcgf", split, slopes, optimize=True
        )
        run.gradients[f"{node.name}/kernel"] = gradient.reshape(kernel.shape)
        down = np.einsum("nhwgf,pcgf->nhwpgc", slopes, parts, optimize=True)
        return seen_back(down.reshape(seen.shape))

    return _biased(node, y.reshape(*y.shape[:3], -1), run, back)


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
            slope, (0, 1, 2), run.rounding
        )
        return back(slope)

    return y + run.weights[f"{node.name}/bias"], biased_back
