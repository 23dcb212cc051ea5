"""Losses, read from Keras: those that are averaged over the batch."""

from typing import Any

import keras

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
from framework_parity.keras_impl import loss_extensions as extensions


def cross_entropy(live: Any) -> CrossEntropy | None:
    """SparseCategoricalCrossentropy, or the extension that smooths."""
    smoothed = type(live) is extensions.SmoothedCrossentropy
    sparse = type(live) is keras.losses.SparseCategoricalCrossentropy
    if not sparse and not smoothed:
        return None
    if not _plain(live) or not live.get_config()["from_logits"]:
        return None
    return CrossEntropy(
        label_smoothing=live.label_smoothing if smoothed else 0.0
    )


def weighted_cross_entropy(live: Any) -> WeightedCrossEntropy | None:
    """The extension."""
    if type(live) is not extensions.WeightedCrossentropy:
        return None
    if not _plain(live) or not live.get_config()["from_logits"]:
        return None
    return WeightedCrossEntropy(
        label_smoothing=live.label_smoothing,
        class_weights=tuple(live.weights),
        apply_to=live.apply_to,
    )


def binary_cross_entropy(live: Any) -> BinaryCrossEntropy | None:
    """BinaryCrossentropy, from logits, or the extension."""
    if type(live) is extensions.PositiveWeightCrossentropy:
        return BinaryCrossEntropy(
            label_smoothing=live.label_smoothing, positive_weight=live.weight
        )
    if type(live) is not keras.losses.BinaryCrossentropy:
        return None
    if not _plain(live) or not live.from_logits:
        return None
    return BinaryCrossEntropy(label_smoothing=float(live.label_smoothing))


def binary_focal(live: Any) -> BinaryFocal | None:
    """The extension."""
    if type(live) is not extensions.BinaryFocalLoss or not _plain(live):
        return None
    return BinaryFocal(gamma=live.gamma, balance=live.balance)


def mean_squared_error(live: Any) -> MeanSquaredError | None:
    """MeanSquaredError."""
    matches = type(live) is keras.losses.MeanSquaredError
    return MeanSquaredError() if matches and _plain(live) else None


def mean_absolute_error(live: Any) -> MeanAbsoluteError | None:
    """MeanAbsoluteError."""
    matches = type(live) is keras.losses.MeanAbsoluteError
    return MeanAbsoluteError() if matches and _plain(live) else None


def huber(live: Any) -> Huber | None:
    """Huber."""
    if type(live) is not keras.losses.Huber or not _plain(live):
        return None
    # Keras leaves the delta out of `get_config`.
    return Huber(delta=float(live._fn_kwargs["delta"]))


def smooth_l1(live: Any) -> SmoothL1 | None:
    """The extension of Huber."""
    if type(live) is not extensions.SmoothL1 or not _plain(live):
        return None
    return SmoothL1(beta=float(live._fn_kwargs["delta"]))


def log_cosh(live: Any) -> LogCosh | None:
    """The extension."""
    matches = type(live) is extensions.ExactLogCosh
    return LogCosh() if matches and _plain(live) else None


def _plain(live: Any) -> bool:
    """Return whether all samples have the same weight."""
    ignored = live.get_config().get("ignore_class")
    return live.reduction == "sum_over_batch_size" and ignored is None
