"""Losses, read from PyTorch: those that are averaged over the batch."""

from typing import Any

from torch import nn

from framework_parity.common.spec.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)
from framework_parity.torch_impl import extensions


def cross_entropy(live: Any) -> CrossEntropy | None:
    """CrossEntropyLoss without class weights."""
    if type(live) is not nn.CrossEntropyLoss or not _plain(live):
        return None
    return CrossEntropy(label_smoothing=live.label_smoothing)


def binary_cross_entropy(live: Any) -> BinaryCrossEntropy | None:
    """BCEWithLogitsLoss, or the extension that smooths labels."""
    smoothed = type(live) is extensions.SmoothedBCEWithLogitsLoss
    if type(live) is not nn.BCEWithLogitsLoss and not smoothed:
        return None
    if not _plain(live) or live.pos_weight is not None:
        return None
    return BinaryCrossEntropy(
        label_smoothing=live.label_smoothing if smoothed else 0.0
    )


def mean_squared_error(live: Any) -> MeanSquaredError | None:
    """MSELoss."""
    matches = type(live) is nn.MSELoss
    return MeanSquaredError() if matches and _plain(live) else None


def mean_absolute_error(live: Any) -> MeanAbsoluteError | None:
    """L1Loss."""
    matches = type(live) is nn.L1Loss
    return MeanAbsoluteError() if matches and _plain(live) else None


def huber(live: Any) -> Huber | None:
    """HuberLoss."""
    matches = type(live) is nn.HuberLoss
    return Huber(delta=live.delta) if matches and _plain(live) else None


def _plain(live: Any) -> bool:
    """Return whether all samples have the same weight."""
    weight = getattr(live, "weight", None)
    ignored = getattr(live, "ignore_index", -100) >= 0
    return live.reduction == "mean" and weight is None and not ignored
