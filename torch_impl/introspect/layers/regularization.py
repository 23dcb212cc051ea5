"""Dropout layers, read from PyTorch."""

from typing import Any

from torch import nn

from framework_parity.common.spec.layers.regularization import (
    Dropout,
    SpatialDropout,
)
from framework_parity.torch_impl import random_extensions


def dropout(live: Any) -> Dropout | None:
    """Dropout, whether or not its masks come from outside."""
    return Dropout(rate=live.p) if isinstance(live, nn.Dropout) else None


def spatial_dropout(live: Any) -> SpatialDropout | None:
    """Dropout2d or its extension for sequences, with masks or without."""
    classes = (random_extensions.SequenceDropout1d, nn.Dropout2d)
    if not isinstance(live, classes):
        return None
    return SpatialDropout(rate=live.p)
