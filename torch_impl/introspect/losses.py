"""Losses, read from PyTorch: those that are averaged over the batch."""

from typing import Any

from torch import nn

from framework_parity.common.spec.losses import (
    BinaryCrossEntropy,
    BinaryFocal,
    CrossEntropy,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanSquaredError,
    SmoothL1,
    WeightedCrossEntropy,
)
from framework_parity.torch_impl import loss_extensions as extensions


def cross_entropy(live: Any) -> CrossEntropy | None:
    """CrossEntropyLoss without class weights."""
    if type(live) is not nn.CrossEntropyLoss or not _plain(live):
        return None
    return CrossEntropy(label_smoothing=live.label_smoothing)


def weighted_cross_entropy(live: Any) -> WeightedCrossEntropy | None:
    """CrossEntropyLoss with class weights, or the extension."""
    samples = type(live) is extensions.SampleWeightedCrossEntropy
    if type(live) is not nn.CrossEntropyLoss and not samples:
        return None
    if live.weight is None or live.reduction != "mean":
        return None
    if live.ignore_index >= 0:
        return None
    return WeightedCrossEntropy(
        label_smoothing=live.label_smoothing,
        class_weights=tuple(live.weight.tolist()),
        apply_to="samples" if samples else "classes",
    )


def binary_cross_entropy(live: Any) -> BinaryCrossEntropy | None:
    """BCEWithLogitsLoss, or the extension that smooths labels."""
    smoothed = type(live) is extensions.SmoothedBCEWithLogitsLoss
    if type(live) is not nn.BCEWithLogitsLoss and not smoothed:
        return None
    weight = live.pos_weight
    if not _plain(live) or (weight is not None and weight.numel() != 1):
        return None
    return BinaryCrossEntropy(
        label_smoothing=live.label_smoothing if smoothed else 0.0,
        positive_weight=1.0 if weight is None else float(weight),
    )


def binary_focal(live: Any) -> BinaryFocal | None:
    """The extension."""
    if type(live) is not extensions.BinaryFocalLoss:
        return None
    return BinaryFocal(gamma=live.gamma, balance=live.balance)


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


def smooth_l1(live: Any) -> SmoothL1 | None:
    """SmoothL1Loss."""
    matches = type(live) is nn.SmoothL1Loss and live.beta > 0
    return SmoothL1(beta=live.beta) if matches and _plain(live) else None


def log_cosh(live: Any) -> LogCosh | None:
    """The extension."""
    return LogCosh() if type(live) is extensions.LogCoshLoss else None


def _plain(live: Any) -> bool:
    """Return whether all samples have the same weight."""
    weight = getattr(live, "weight", None)
    ignored = getattr(live, "ignore_index", -100) >= 0
    return live.reduction == "mean" and weight is None and not ignored
