"""Convolution layers, in NumPy."""

import math
from itertools import product
from typing import cast

import numpy as np

from framework_parity.common.reference.layers.windows import seen_by_windows
from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.reference.rounding import summed
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.convolution import (
    Conv2dTranspose,
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


def conv2d_transpose(
    node: LayerNode, x: Array, run: Pass
) -> tuple[Array, Back]:
    """Y = Σ over the windows that meet in a pixel of x K, cut off, plus b."""
    layer = cast("Conv2dTranspose", node.layer)
    kernel = run.weights[f"{node.name}/kernel"]
    sides = layer.output_shape(x.shape[1:])[:-1]
    spans = zip(sides, layer.cut, strict=True)
    inner = (slice(None), *(slice(cut[0], cut[0] + n) for n, cut in spans))
    # Room for all that is written, and for all that is read.
    room = [
        max((n - 1) * s + k, before + side)
        for n, s, k, (before, _), side in zip(
            *(x.shape[1:-1], layer.stride, layer.size, layer.cut, sides),
            strict=True,
        )
    ]
    wide = np.zeros((len(x), *room, layer.filters))
    places = [
        (
            place,
            (
                slice(None),
                *(
                    slice(p, p + s * (n - 1) + 1, s)
                    for p, s, n in zip(
                        place, layer.stride, x.shape[1:-1], strict=True
                    )
                ),
            ),
        )
        for place in product(*map(range, layer.size))
    ]
    for place, at in places:
        wide[at] += x @ kernel[place].T

    def back(slope: Array) -> Array:
        by_wide = np.zeros_like(wide)
        by_wide[inner] = slope
        by_x, by_kernel = np.zeros_like(x), np.zeros_like(kernel)
        for place, at in places:
            by_x += by_wide[at] @ kernel[place]
            by_kernel[place] = np.tensordot(
                by_wide[at], x, ((0, 1, 2), (0, 1, 2))
            )
        run.gradients[f"{node.name}/kernel"] = by_kernel
        return by_x

    return _biased(node, wide[inner], run, back)


def _biased(
    node: LayerNode, y: Array, run: Pass, back: Back
) -> tuple[Array, Back]:
    if not cast("Convolution | Conv2dTranspose", node.layer).bias:
        return y, back

    def biased_back(slope: Array) -> Array:
        run.gradients[f"{node.name}/bias"] = summed(
            slope, tuple(range(slope.ndim - 1)), run.rounding
        )
        return back(slope)

    return y + run.weights[f"{node.name}/bias"], biased_back
