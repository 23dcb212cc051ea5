"""Dropout layers, read from PyTorch."""

from typing import Any

from torch import nn

from framework_parity.common.spec.layers.regularization import (
    Dropout,
    SpatialDropout,
)


def dropout(live: Any) -> Dropout | None:
    """Dropout, whether or not its masks come from outside."""
    return Dropout(rate=live.p) if isinstance(live, nn.Dropout) else None


def spatial_dropout(live: Any) -> SpatialDropout | None:
    """Dropout1d or Dropout2d, with or without masks from outside."""
    if not isinstance(live, nn.Dropout1d | nn.Dropout2d):
        return None
    return SpatialDropout(rate=live.p)
