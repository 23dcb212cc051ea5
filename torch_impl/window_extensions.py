"""Minimal subclasses for windows that PyTorch has no class for."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class PaddedConv2d(nn.Conv2d):
    """Conv2d after padding with zeros, `padding` for each side."""

    def __init__(
        self, *args: Any, padding: tuple[int, ...], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sides = padding

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, self.sides))


class PaddedMaxPool2d(nn.MaxPool2d):
    """MaxPool2d after padding with -∞, `padding` for each side."""

    def __init__(
        self, *args: Any, padding: tuple[int, ...], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sides = padding

    def forward(self, x: Tensor) -> Tensor:
        padded = functional.pad(x, self.sides, value=-math.inf)
        pooled: Tensor = super().forward(padded)
        return pooled


class PaddedAvgPool2d(nn.AvgPool2d):
    """AvgPool2d after padding with zeros, `padding` for each side.

    If padding is not counted, the mean is divided by the mean of ones that
    are padded with zeros: by the share of the window inside the input.
    """

    def __init__(
        self,
        *args: Any,
        padding: tuple[int, ...],
        count_include_pad: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sides, self.counted = padding, count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        mean = super().forward(functional.pad(x, self.sides))
        if self.counted:
            return mean
        ones = functional.pad(torch.ones_like(x[:1]), self.sides)
        return mean / super().forward(ones)


class SequenceConv1d(nn.Conv1d):
    """Conv1d of a sequence (n, t, c), with zeros before and after."""

    def __init__(
        self, *args: Any, padding: tuple[int, int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sides = padding

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x.mT, self.sides)).mT


class SequenceMaxPool1d(nn.MaxPool1d):
    """MaxPool1d of a sequence (n, t, c), with -∞ before and after."""

    def __init__(
        self, *args: Any, padding: tuple[int, int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sides = padding

    def forward(self, x: Tensor) -> Tensor:
        padded = functional.pad(x.mT, self.sides, value=-math.inf)
        pooled: Tensor = super().forward(padded).mT
        return pooled


class SequenceAvgPool1d(nn.AvgPool1d):
    """AvgPool1d of a sequence (n, t, c), with zeros before and after.

    If padding is not counted, the mean is divided as in `PaddedAvgPool2d`.
    """

    def __init__(
        self,
        *args: Any,
        padding: tuple[int, int],
        count_include_pad: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sides, self.counted = padding, count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        mean = super().forward(functional.pad(x.mT, self.sides))
        if not self.counted:
            ones = functional.pad(torch.ones_like(x[:1].mT), self.sides)
            mean = mean / super().forward(ones)
        return mean.mT


class SequenceZeroPad(nn.ZeroPad1d):
    """ZeroPad1d of a sequence (n, t, c); negative numbers cut off."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's
        return super().forward(input.mT).mT


class CroppedConvTranspose2d(nn.ConvTranspose2d):
    """ConvTranspose2d of which `cropping` is cut off each side.

    The sides are left, right, top, bottom; negative numbers add zeros. The
    bias is added afterwards.
    """

    def __init__(
        self, *args: Any, cropping: tuple[int, ...], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sides = cropping

    def forward(
        self,
        input: Tensor,  # noqa: A002 - PyTorch's
        output_size: Any = None,
    ) -> Tensor:
        whole = functional.conv_transpose2d(
            input, self.weight, stride=self.stride
        )
        part = functional.pad(whole, [-n for n in self.sides])
        return part if self.bias is None else part + self.bias[:, None, None]
