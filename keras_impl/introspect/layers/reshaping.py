"""Layers that arrange numbers in another way, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.axes import NAMED
from framework_parity.common.spec.layers.reshaping import (
    Permute,
    PixelShuffle,
    Repeat,
    Reshape,
)
from framework_parity.keras_impl import reshaping_extensions as extensions


def reshape(live: Any) -> Reshape | None:
    """Reshape, or the extension."""
    if type(live) is extensions.ChannelsFirstReshape:
        return Reshape(shape=live.target, order="channels_first")
    if type(live) is not keras.layers.Reshape or -1 in live.target_shape:
        return None
    return Reshape(shape=tuple(live.target_shape), order="channels_last")


def permute(live: Any) -> Permute | None:
    """Permute."""
    if type(live) is not keras.layers.Permute:
        return None
    names: Any = NAMED[len(live.dims)]
    return Permute(axes=tuple(names[axis - 1] for axis in live.dims))


def repeat(live: Any) -> Repeat | None:
    """RepeatVector."""
    matches = type(live) is keras.layers.RepeatVector
    return Repeat(times=live.n) if matches else None


def pixel_shuffle(live: Any) -> PixelShuffle | None:
    """The extension."""
    if type(live) is not extensions.PixelShuffle:
        return None
    order: Any = "channels_first" if live.channels_first else "channels_last"
    return PixelShuffle(factor=live.factor, order=order)
