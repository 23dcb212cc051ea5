"""Modules that arrange numbers in an order that PyTorch's do not have."""

from torch import Tensor, nn


class ChannelsLastFlatten(nn.Module):
    """Flatten (n, c, h, w) in the order height, width, channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x.movedim(1, -1).flatten(1)


class ChannelsFirstFlatten(nn.Module):
    """Flatten a sequence (n, t, c) in the order channel, time."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mT.flatten(1)


class Reshape(nn.Module):
    """Arrange each sample in another shape, given with its channels last.

    Args:
        shape: (channels,), (time, channels) or (height, width, channels).
        channels_first: whether numbers are taken and put channel by channel,
            or position by position.
    """

    def __init__(self, shape: tuple[int, ...], channels_first: bool) -> None:
        super().__init__()
        self.shape, self.channels_first = shape, channels_first

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim == 4:
            x = x.movedim(1, -1)
        if self.channels_first:
            flat = x.movedim(-1, 1).flatten(1)
            *positions, channels = self.shape
            y = flat.reshape(-1, channels, *positions).movedim(1, -1)
        else:
            y = x.flatten(1).reshape(-1, *self.shape)
        return y.movedim(-1, 1) if y.ndim == 4 else y


class Permute(nn.Module):
    """Exchange the axes of (n, c, h, w) or (n, t, c)."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.dims)


class RepeatVector(nn.Module):
    """Repeat (n, c) at each step of a sequence (n, t, c)."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def forward(self, x: Tensor) -> Tensor:
        return x[:, None].expand(-1, self.times, -1)


class ChannelsLastPixelShuffle(nn.Module):
    """PixelShuffle whose channels are (i r + j) C + c.

    PyTorch's are c r² + i r + j, for row i and column j of a square.
    """

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        parts = x.unflatten(1, (self.factor**2, -1))
        shuffled = parts.transpose(1, 2).flatten(1, 2)
        return nn.functional.pixel_shuffle(shuffled, self.factor)
