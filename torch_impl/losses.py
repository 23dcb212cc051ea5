"""Losses, in PyTorch."""

from torch import nn

from common.calls import Call, call
from common.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError


def cross_entropy(spec: CrossEntropy) -> Call:
    """CrossEntropyLoss.

    Translation: always from logits; called as loss(outputs, labels).
    """
    return call(nn.CrossEntropyLoss)


def binary_cross_entropy(spec: BinaryCrossEntropy) -> Call:
    """BCEWithLogitsLoss.

    Translation: `BCELoss` without the logits would want probabilities.
    """
    return call(nn.BCEWithLogitsLoss)


def mean_squared_error(spec: MeanSquaredError) -> Call:
    """MSELoss.

    Translation: (n,) against (n, 1) broadcasts to (n, n), with a warning.
    """
    return call(nn.MSELoss)
