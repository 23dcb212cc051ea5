"""Layers that change the size of a sample, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.layers.resizing import (
    Cropping,
    Upsampling,
    ZeroPadding,
)
from framework_parity.keras_impl import window_extensions
from framework_parity.keras_impl.introspect.layers.windows import (
    is_channels_last,
)


def zero_padding(live: Any) -> ZeroPadding | None:
    """ZeroPadding1D or 2D."""
    classes = (keras.layers.ZeroPadding1D, keras.layers.ZeroPadding2D)
    if type(live) not in classes or not is_channels_last(live):
        return None
    fields = _sides(live.padding)
    return ZeroPadding(**fields) if fields else None


def cropping(live: Any) -> Cropping | None:
    """Cropping1D or 2D."""
    classes = (keras.layers.Cropping1D, keras.layers.Cropping2D)
    if type(live) not in classes or not is_channels_last(live):
        return None
    fields = _sides(live.cropping)
    return Cropping(**fields) if fields else None


def upsampling(live: Any) -> Upsampling | None:
    """UpSampling2D of nearest neighbours or bilinear, or the extension."""
    exact = type(live) is window_extensions.BilinearUpSampling2D
    if not exact and type(live) is not keras.layers.UpSampling2D:
        return None
    interpolation: Any = live.interpolation
    if exact and live.align_corners:
        interpolation = "bilinear_aligned"
    known = interpolation in ("nearest", "bilinear", "bilinear_aligned")
    if not known or not is_channels_last(live):
        return None
    return Upsampling(factor=live.size, interpolation=interpolation)


def _sides(sides: Any) -> dict[str, Any]:
    """Return the fields; none if nothing is added or cut off."""
    if isinstance(sides[0], int):
        sides = (sides, sides)
    start, end = (tuple(n) for n in zip(*sides, strict=True))
    if not any((*start, *end)):
        return {}
    return {"start": start, "end": end}
