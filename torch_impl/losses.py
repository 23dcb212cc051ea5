"""Losses, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)
from framework_parity.torch_impl import extensions


def cross_entropy(spec: CrossEntropy) -> Call:
    """CrossEntropyLoss.

    Translation: it always takes logits; called as loss(outputs, labels).
    """
    return call(nn.CrossEntropyLoss, label_smoothing=spec.label_smoothing)


def binary_cross_entropy(spec: BinaryCrossEntropy) -> Call:
    """BCEWithLogitsLoss.

    Translation: `BCELoss` takes probabilities instead of logits; neither
    class has label smoothing.
    """
    if spec.label_smoothing:
        return call(extensions.SmoothedBCEWithLogitsLoss, spec.label_smoothing)
    return call(nn.BCEWithLogitsLoss)


def mean_squared_error(spec: MeanSquaredError) -> Call:
    """MSELoss.

    Translation: (n,) against (n, 1) broadcasts to (n, n), with a warning.
    """
    return call(nn.MSELoss)


def mean_absolute_error(spec: MeanAbsoluteError) -> Call:
    """L1Loss."""
    return call(nn.L1Loss)


def huber(spec: Huber) -> Call:
    """HuberLoss.

    Translation: `SmoothL1Loss(beta)` is this loss with delta = beta, divided
    by beta.
    """
    return call(nn.HuberLoss, delta=spec.delta)
