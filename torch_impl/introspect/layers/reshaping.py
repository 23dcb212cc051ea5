"""Layers that arrange numbers in another way, read from PyTorch."""

from typing import Any

from torch import nn

from framework_parity.common.spec.axes import NAMED
from framework_parity.common.spec.layers.reshaping import (
    Permute,
    PixelShuffle,
    Repeat,
    Reshape,
)
from framework_parity.torch_impl import reshaping_extensions as extensions


def reshape(live: Any) -> Reshape | None:
    """Unflatten of a vector, or the extension."""
    if type(live) is extensions.Reshape:
        first = live.channels_first
        return Reshape(
            shape=live.shape,
            order="channels_first" if first else "channels_last",
        )
    if type(live) is not nn.Unflatten or live.dim != 1:
        return None
    sizes = tuple(live.unflattened_size)
    if len(sizes) == 2:
        return Reshape(shape=sizes, order="channels_last")
    if len(sizes) != 3:
        return None
    return Reshape(shape=(*sizes[1:], sizes[0]), order="channels_first")


def permute(live: Any) -> Permute | None:
    """The extension."""
    if type(live) is not extensions.Permute:
        return None
    if len(live.dims) == 3:
        names: Any = tuple(NAMED[2][dim - 1] for dim in live.dims[1:])
        return Permute(axes=names)
    stored = {1: "channels", 2: "height", 3: "width"}
    _, channels, rows, columns = live.dims
    names = tuple(stored[dim] for dim in (rows, columns, channels))
    return Permute(axes=names)


def repeat(live: Any) -> Repeat | None:
    """The extension."""
    matches = type(live) is extensions.RepeatVector
    return Repeat(times=live.times) if matches else None


def pixel_shuffle(live: Any) -> PixelShuffle | None:
    """PixelShuffle, or the extension."""
    if type(live) is nn.PixelShuffle:
        factor = live.upscale_factor
        return PixelShuffle(factor=factor, order="channels_first")
    if type(live) is not extensions.ChannelsLastPixelShuffle:
        return None
    return PixelShuffle(factor=live.factor, order="channels_last")
