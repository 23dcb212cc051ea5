"""Layers that change the size of a sample, read from PyTorch."""

from typing import Any

from torch import nn

from framework_parity.common.spec.layers.resizing import (
    Cropping,
    Upsampling,
    ZeroPadding,
)
from framework_parity.torch_impl import window_extensions


def zero_padding(live: Any) -> ZeroPadding | None:
    """ZeroPad2d, or the extension for sequences, of positive numbers."""
    if not _is_rim(live) or min(live.padding) < 0 or not any(live.padding):
        return None
    return ZeroPadding(**_sides(live.padding))


def cropping(live: Any) -> Cropping | None:
    """ZeroPad2d, or the extension for sequences, of negative numbers."""
    if not _is_rim(live) or max(live.padding) > 0 or not any(live.padding):
        return None
    return Cropping(**_sides([-n for n in live.padding]))


def upsampling(live: Any) -> Upsampling | None:
    """Upsample by whole factors."""
    if type(live) is not nn.Upsample:
        return None
    interpolation: Any = f"{live.mode}{'_aligned' * bool(live.align_corners)}"
    if interpolation not in ("nearest", "bilinear", "bilinear_aligned"):
        return None
    factor = live.scale_factor
    if isinstance(factor, float):
        factor = (factor, factor)
    if factor is None or any(n != int(n) for n in factor):
        return None
    down, across = map(int, factor)
    return Upsampling(factor=(down, across), interpolation=interpolation)


def _is_rim(live: Any) -> bool:
    return type(live) in (nn.ZeroPad2d, window_extensions.SequenceZeroPad)


def _sides(padding: Any) -> dict[str, Any]:
    """Return the fields, from the padding, which begins with the last axis."""
    start, end = tuple(padding[::2]), tuple(padding[1::2])
    if len(start) == 1:
        start, end = start * 2, end * 2
    return {"start": start[::-1], "end": end[::-1]}
