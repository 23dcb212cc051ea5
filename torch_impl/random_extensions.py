"""Layers with random draws, and variants that take them from outside."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class MaskedDropout(nn.Dropout):
    """x · mask in training, x in evaluation.

    The mask holds 0 and 1 / (1 - rate); `mask` is set during each step.
    """

    mask: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.mask.to(x.dtype) if self.training else x


class MaskedDropout2d(nn.Dropout2d):
    """`MaskedDropout` with one factor for each channel."""

    mask: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.mask.to(x.dtype) if self.training else x


class SequenceDropout1d(nn.Dropout1d):
    """Dropout1d whose channels are last, (n, t, c)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.mT).mT


class MaskedSequenceDropout1d(SequenceDropout1d):
    """`MaskedDropout` with one factor for each channel of (n, t, c)."""

    mask: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.mask.to(x.dtype) if self.training else x


class RandomFlip(nn.Module):
    """Mirror each image left to right at random, in training."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        return torch.where(self.drawn(x) > 0, x.flip(-1), x)

    def drawn(self, x: Tensor) -> Tensor:
        """Return 0 or 1 for each image."""
        return torch.randint(2, (len(x), 1, 1, 1), device=x.device)


class MaskedRandomFlip(RandomFlip):
    """`RandomFlip` with given draws; see `MaskedDropout`."""

    mask: Tensor

    def drawn(self, x: Tensor) -> Tensor:
        return self.mask


class RandomCrop(nn.Module):
    """Pad each image and cut out its size at random, in training."""

    def __init__(self, padding: int, fill: float) -> None:
        super().__init__()
        self.padding, self.fill = padding, fill

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        padded = functional.pad(x, [self.padding] * 4, value=self.fill)
        top, left = self.drawn(x).long().split(1, 1)
        rows, columns = (torch.arange(n, device=x.device) for n in x.shape[2:])
        cut = torch.take_along_dim(padded, top + rows[:, None], 2)
        return torch.take_along_dim(cut, left + columns, 3)

    def drawn(self, x: Tensor) -> Tensor:
        """Return the offsets of each image's crop from the top and left."""
        shape = (len(x), 2, 1, 1)
        return torch.randint(2 * self.padding + 1, shape, device=x.device)


class MaskedRandomCrop(RandomCrop):
    """`RandomCrop` with given draws; see `MaskedDropout`."""

    mask: Tensor

    def drawn(self, x: Tensor) -> Tensor:
        return self.mask


# What stands in for a layer that draws, where the masks are handed in.
MASKED_CLASS: dict[Any, type[nn.Module]] = {
    nn.Dropout: MaskedDropout,
    SequenceDropout1d: MaskedSequenceDropout1d,
    nn.Dropout2d: MaskedDropout2d,
    RandomFlip: MaskedRandomFlip,
    RandomCrop: MaskedRandomCrop,
}
