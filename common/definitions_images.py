"""What the layers that look at images compute, and their slopes.

A continuation of `common.definitions`, in the same form. What a window sees
is written out as one axis, p, of its pixels in reading order.
"""

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from common.architecture import Place
from common.augmentation import RandomCrop
from common.images import AveragePool, Conv2d, Convolution, Window
from common.layer import Array, Shape
from common.rounding import summed

if TYPE_CHECKING:
    from common.definitions import Pass

Back: TypeAlias = Callable[[Array], Array]


def conv2d(place: Place, x: Array, run: "Pass") -> tuple[Array, Back]:
    """Y = Σ over pixels and channels of x K, group by group, plus b."""
    layer = cast("Conv2d", place.layer)
    seen, seen_back = _seen(layer, x)
    kernel = run.weights[f"{place.name}/kernel"]
    pixels, groups = math.prod(layer.size), layer.groups
    split = seen.reshape(*seen.shape[:4], groups, -1)
    parts = kernel.reshape(pixels, -1, groups, layer.filters // groups)
    y = np.einsum("nhwpgc,pcgf->nhwgf", split, parts, optimize=True)

    def back(slope: Array) -> Array:
        slopes = slope.reshape(y.shape)
        found = np.einsum("nhwpgc,nhwgf->pcgf", split, slopes, optimize=True)
        run.gradients[f"{place.name}/kernel"] = found.reshape(kernel.shape)
        down = np.einsum("nhwgf,pcgf->nhwpgc", slopes, parts, optimize=True)
        return seen_back(down.reshape(seen.shape))

    return _biased(place, y.reshape(*y.shape[:3], -1), run, back)


def depthwise_conv2d(
    place: Place, x: Array, run: "Pass"
) -> tuple[Array, Back]:
    """Y = Σ over pixels of x K, each channel by itself, plus b."""
    seen, seen_back = _seen(cast("Convolution", place.layer), x)
    kernel = run.weights[f"{place.name}/kernel"]
    parts = kernel.reshape(-1, *kernel.shape[2:])
    y = np.einsum("nhwpc,pcm->nhwcm", seen, parts)

    def back(slope: Array) -> Array:
        slopes = slope.reshape(y.shape)
        found = np.einsum("nhwpc,nhwcm->pcm", seen, slopes)
        run.gradients[f"{place.name}/kernel"] = found.reshape(kernel.shape)
        return seen_back(np.einsum("nhwcm,pcm->nhwpc", slopes, parts))

    return _biased(place, y.reshape(*y.shape[:3], -1), run, back)


def random_flip(place: Place, x: Array, run: "Pass") -> tuple[Array, Back]:
    """X, or its mirror image, while training; x in evaluation."""
    if run.masks is None:
        return x, lambda slope: slope
    flips = run.masks[place.name] > 0

    def flip(values: Array) -> Array:
        return np.where(flips, values[:, :, ::-1], values)

    return flip(x), flip


def random_crop(place: Place, x: Array, run: "Pass") -> tuple[Array, Back]:
    """A window of padded x while training; x in evaluation."""
    if run.masks is None:
        return x, lambda slope: slope
    layer = cast("RandomCrop", place.layer)
    pad, (height, width) = layer.padding, x.shape[1:3]
    sides = ((0, 0), (pad, pad), (pad, pad), (0, 0))
    padded = np.pad(x, sides, constant_values=layer.fill)
    corners = run.masks[place.name].reshape(-1, 2).astype(int)
    windows = [
        (slice(top, top + height), slice(left, left + width))
        for top, left in corners
    ]

    def back(slope: Array) -> Array:
        found = np.zeros_like(padded)
        for image, window, own in zip(found, windows, slope, strict=True):
            image[window] = own
        return found[:, pad : pad + height, pad : pad + width]

    cut = [
        image[window] for image, window in zip(padded, windows, strict=True)
    ]
    return np.stack(cut), back


def _biased(
    place: Place, y: Array, run: "Pass", back: Back
) -> tuple[Array, Back]:
    if not cast("Convolution", place.layer).bias:
        return y, back

    def biased_back(slope: Array) -> Array:
        run.gradients[f"{place.name}/bias"] = summed(
            slope, (0, 1, 2), run.rough
        )
        return back(slope)

    return y + run.weights[f"{place.name}/bias"], biased_back


def max_pool(place: Place, x: Array, run: "Pass") -> tuple[Array, Back]:
    """The largest that a window sees; the slope goes to the first of it."""
    seen, seen_back = _seen(cast("Window", place.layer), x, -np.inf)
    first = seen.argmax(3, keepdims=True)

    def back(slope: Array) -> Array:
        down = np.zeros_like(seen)
        np.put_along_axis(down, first, slope[:, :, :, np.newaxis], 3)
        return seen_back(down)

    return np.take_along_axis(seen, first, 3)[:, :, :, 0], back


def average_pool(place: Place, x: Array, run: "Pass") -> tuple[Array, Back]:
    """The sum of what a window sees, over its size or what is real of it."""
    layer = cast("AveragePool", place.layer)
    seen, seen_back = _seen(layer, x)
    real, _ = _seen(layer, np.ones_like(x), float(layer.count_padding))
    weight = 1.0 / real.sum(3, keepdims=True)

    def back(slope: Array) -> Array:
        each = slope[:, :, :, np.newaxis] * weight
        return seen_back(np.broadcast_to(each, seen.shape))

    return (seen * weight).sum(3), back


def global_average_pool(
    place: Place, x: Array, run: "Pass"
) -> tuple[Array, Back]:
    """The mean of each channel."""
    axes = tuple(range(1, x.ndim - 1))

    def back(slope: Array) -> Array:
        share = np.expand_dims(slope, axes) / math.prod(x.shape[1:-1])
        return np.broadcast_to(share, x.shape)

    return x.mean(axes), back


def global_max_pool(place: Place, x: Array, run: "Pass") -> tuple[Array, Back]:
    """The largest of each channel; equals share the slope equally."""
    axes = tuple(range(1, x.ndim - 1))
    y = x.max(axes, keepdims=True)
    share = (x == y) / (x == y).sum(axes, keepdims=True)
    return y.squeeze(axes), lambda slope: np.expand_dims(slope, axes) * share


def _seen(layer: Window, x: Array, padding: float = 0.0) -> tuple[Array, Back]:
    """Return what each window sees, (n, down, across, p, c), and back."""
    (top, bottom), (left, right) = layer.pads(x.shape[1:])
    rim = ((0, 0), (top, bottom), (left, right), (0, 0))
    padded = np.pad(x, rim, constant_values=padding)
    cuts = list(_cuts(layer, x.shape[1:]))

    def back(slope: Array) -> Array:
        whole = np.zeros_like(padded)
        for pixel, cut in enumerate(cuts):
            whole[cut] += slope[:, :, :, pixel]
        _, height, width, _ = x.shape
        return whole[:, top : top + height, left : left + width]

    return np.stack([padded[cut] for cut in cuts], axis=3), back


def _cuts(layer: Window, shape: Shape) -> Iterator[tuple[slice, ...]]:
    """Yield, for each pixel of the window, where it stands as it moves."""
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
    for down in ways[0]:
        for across in ways[1]:
            yield slice(None), down, across
