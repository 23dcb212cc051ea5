"""What PyTorch has no class for: the smallest subclass for each."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class ChannelsLastFlatten(nn.Module):
    """Flatten (n, c, h, w) in the order height, width, channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


class MaskedDropout(nn.Dropout):
    """x · mask while training, x in evaluation.

    The mask holds 0 and 1 / (1 - rate); `mask` is set before each step.
    """

    mask: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.mask if self.training else x


class SmoothedBCEWithLogitsLoss(nn.BCEWithLogitsLoss):
    """Binary cross-entropy against y (1 - α) + α/2."""

    def __init__(self, label_smoothing: float) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        alpha = self.label_smoothing
        return super().forward(z, y * (1 - alpha) + alpha / 2)


class L1L2(nn.Module):
    """l1 Σ |w| + l2 Σ w²."""

    def __init__(self, l1: float, l2: float) -> None:
        super().__init__()
        self.l1, self.l2 = l1, l2

    def forward(self, w: Tensor) -> Tensor:
        return self.l1 * w.abs().sum() + self.l2 * w.square().sum()


@torch.no_grad()
def clip_grad_norm_to_(
    parameters: Sequence[Tensor], max_norm: float, epsilon: float
) -> None:
    """clip_grad_norm_ with an ε of one's own: g ← min(1, c/(|g| + ε)) g."""
    grads = [p.grad for p in parameters]
    norm = nn.utils.get_total_norm(grads)
    factor = (max_norm / (norm + epsilon)).clamp(max=1.0)
    for grad in grads:
        grad.mul_(factor)


def clip_each_grad_norm_(
    parameters: Sequence[Tensor], max_norm: float, epsilon: float
) -> None:
    """clip_grad_norm_ for each parameter by itself."""
    for p in parameters:
        clip_grad_norm_to_([p], max_norm, epsilon)
