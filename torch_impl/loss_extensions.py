"""Losses that PyTorch has no class for."""

import math
from typing import Any

import torch
from torch import Tensor, nn


class SmoothedBCEWithLogitsLoss(nn.BCEWithLogitsLoss):
    """Binary cross-entropy against y (1 - α) + α/2."""

    def __init__(self, label_smoothing: float, **fields: Any) -> None:
        super().__init__(**fields)
        self.label_smoothing = label_smoothing

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        alpha = self.label_smoothing
        return super().forward(z, y * (1 - alpha) + alpha / 2)


class SampleWeightedCrossEntropy(nn.CrossEntropyLoss):
    """Cross-entropy whose samples are weighted by their labels.

    The sum is divided by the number of samples, and not by that of their
    weights.
    """

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        smoothing = self.label_smoothing
        losses = nn.functional.cross_entropy(
            z, y, reduction="none", label_smoothing=smoothing
        )
        assert self.weight is not None
        return (losses * self.weight[y.long()]).mean()


class BinaryFocalLoss(nn.modules.loss._Loss):
    """-a (1 - p)^γ log p, where p is the probability of the label.

    Args:
        gamma: γ.
        balance: a for the label 1, and 1 - a for 0; None for 1.
    """

    def __init__(self, gamma: float, balance: float | None) -> None:
        super().__init__()
        self.gamma, self.balance = gamma, balance

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        u = torch.where(y > 0.5, z, -z)
        losses = torch.sigmoid(-u) ** self.gamma * -nn.functional.logsigmoid(u)
        if self.balance is not None:
            losses = losses * torch.where(
                y > 0.5, self.balance, 1 - self.balance
            )
        return losses.mean()


class LogCoshLoss(nn.modules.loss._Loss):
    """log cosh(z - y), averaged."""

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        e = z - y
        size = e.abs()
        # The first form keeps the digits of e²/2, the second is finite.
        near = torch.log1p(2 * torch.sinh(e.clamp(-1, 1) / 2) ** 2)
        far = size + torch.log1p(torch.exp(-2 * size)) - math.log(2)
        return torch.where(size < 1, near, far).mean()
