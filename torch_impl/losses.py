"""Losses, in PyTorch."""

import torch
from torch import nn

from framework_parity.common.codegen.calls import Call, call
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


def cross_entropy(spec: CrossEntropy) -> Call:
    """CrossEntropyLoss.

    Translation: it always takes logits; called as loss(outputs, labels).
    """
    return call(nn.CrossEntropyLoss, label_smoothing=spec.label_smoothing)


def weighted_cross_entropy(spec: WeightedCrossEntropy) -> Call:
    """CrossEntropyLoss with weights of classes, or a custom class.

    Translation: the sum of the labels' weights divides the loss. Weights of
    samples, as Keras's `class_weight`, need a custom class.
    """
    known = {
        "classes": nn.CrossEntropyLoss,
        "samples": extensions.SampleWeightedCrossEntropy,
    }
    return call(
        known[spec.apply_to],
        call(torch.tensor, list(spec.class_weights)),
        label_smoothing=spec.label_smoothing,
    )


def binary_cross_entropy(spec: BinaryCrossEntropy) -> Call:
    """BCEWithLogitsLoss.

    Translation: `BCELoss` takes probabilities instead of logits; neither
    class has label smoothing.
    """
    weight = {}
    if spec.positive_weight != 1:
        weight = {"pos_weight": call(torch.tensor, spec.positive_weight)}
    if spec.label_smoothing:
        return call(
            extensions.SmoothedBCEWithLogitsLoss,
            spec.label_smoothing,
            **weight,
        )
    return call(nn.BCEWithLogitsLoss, **weight)


def binary_focal(spec: BinaryFocal) -> Call:
    """A custom class; `torchvision.ops.sigmoid_focal_loss` is a function.

    Translation: its `alpha` is 0.25 by default, and -1 for no balance.
    """
    return call(extensions.BinaryFocalLoss, spec.gamma, spec.balance)


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


def smooth_l1(spec: SmoothL1) -> Call:
    """SmoothL1Loss."""
    return call(nn.SmoothL1Loss, beta=spec.beta)


def log_cosh(spec: LogCosh) -> Call:
    """A custom class; PyTorch has no such loss."""
    return call(extensions.LogCoshLoss)
