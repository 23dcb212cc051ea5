"""Losses, read from PyTorch: those that are averaged over the batch."""

from typing import Any

from torch import nn

from common.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError


def cross_entropy(live: Any) -> CrossEntropy | None:
    """CrossEntropyLoss, of classes that all count the same."""
    if type(live) is not nn.CrossEntropyLoss or not _plain(live):
        return None
    if live.label_smoothing or live.ignore_index >= 0:
        return None
    return CrossEntropy()


def binary_cross_entropy(live: Any) -> BinaryCrossEntropy | None:
    """BCEWithLogitsLoss, of classes that all count the same."""
    if type(live) is not nn.BCEWithLogitsLoss or not _plain(live):
        return None
    return BinaryCrossEntropy() if live.pos_weight is None else None


def mean_squared_error(live: Any) -> MeanSquaredError | None:
    """MSELoss."""
    if type(live) is not nn.MSELoss or not _plain(live):
        return None
    return MeanSquaredError()


def _plain(live: Any) -> bool:
    weight = getattr(live, "weight", None)
    return live.reduction == "mean" and weight is None
