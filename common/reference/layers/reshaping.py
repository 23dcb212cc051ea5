"""Layers that arrange the numbers of a sample in another way, in NumPy."""

import math
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from einops import rearrange
from einops import repeat as repeated

from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.reshaping import (
    Permute,
    PixelShuffle,
    Repeat,
    Reshape,
)

Places = npt.NDArray[np.int64]


def reshape(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Take and put position by position, or channel by channel."""
    layer = cast("Reshape", node.layer)
    places = _places(node)
    if layer.order == "channels_last":
        return _taken(x, places.reshape(layer.shape))
    *positions, channels = layer.shape
    flat = np.moveaxis(places, -1, 0).ravel()
    turned = flat.reshape(channels, *positions)
    return _taken(x, np.moveaxis(turned, 0, -1))


def permute(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Exchange the axes."""
    along = cast("Permute", node.layer).along(node.input_shape)
    return _taken(x, _places(node).transpose(along))


def repeat(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """The same vector at each step; its slope is the sum of theirs."""
    times = cast("Repeat", node.layer).times
    return _taken(x, repeated(_places(node), "c -> t c", t=times))


def pixel_shuffle(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """A square of pixels of the channels of each."""
    layer = cast("PixelShuffle", node.layer)
    axes = "(c i j)" if layer.order == "channels_first" else "(i j c)"
    return _taken(
        x,
        rearrange(
            _places(node),
            f"h w {axes} -> (h i) (w j) c",
            i=layer.factor,
            j=layer.factor,
        ),
    )


def _places(node: LayerNode) -> Places:
    """Return the number of each element of a sample, in its shape."""
    shape = node.input_shape
    return np.arange(math.prod(shape)).reshape(shape)


def _taken(x: Array, places: Places) -> tuple[Array, Back]:
    """Return the elements at some places of each sample."""
    flat = x.reshape(len(x), -1)

    def back(slope: Array) -> Array:
        by_flat = np.zeros_like(flat)
        rows: Any = np.arange(len(x))[:, np.newaxis]
        np.add.at(by_flat, (rows, places.ravel()), slope.reshape(len(x), -1))
        return by_flat.reshape(x.shape)

    return flat[:, places], back
