"""Augmentation layers, in NumPy, with the random draws of the step."""

from typing import cast

import numpy as np

from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.augmentation import RandomCrop


def random_flip(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """X or its mirror image in training, x in evaluation."""
    if run.masks is None:
        return x, lambda slope: slope
    flips = run.masks[node.name] > 0

    def flip(values: Array) -> Array:
        return np.where(flips, values[:, :, ::-1], values)

    return flip(x), flip


def random_crop(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """A window of padded x in training, x in evaluation."""
    if run.masks is None:
        return x, lambda slope: slope
    layer = cast("RandomCrop", node.layer)
    pad, (height, width) = layer.padding, x.shape[1:3]
    sides = ((0, 0), (pad, pad), (pad, pad), (0, 0))
    padded = np.pad(x, sides, constant_values=layer.fill)
    corners = run.masks[node.name].reshape(-1, 2).astype(int)
    windows = [
        (slice(top, top + height), slice(left, left + width))
        for top, left in corners
    ]

    def back(slope: Array) -> Array:
        gradient = np.zeros_like(padded)
        for image, window, image_slope in zip(
            gradient, windows, slope, strict=True
        ):
            image[window] = image_slope
        return gradient[:, pad : pad + height, pad : pad + width]

    cut = [
        image[window] for image, window in zip(padded, windows, strict=True)
    ]
    return np.stack(cut), back
