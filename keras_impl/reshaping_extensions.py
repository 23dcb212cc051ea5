"""Layers that arrange numbers in an order that Keras's do not have."""

import math
from typing import Any

from keras import ops

from framework_parity.keras_impl.extensions import SampleLayer, registered


@registered
class ChannelsFirstFlatten(SampleLayer):
    """Flatten (n, h, w, c) in the order channel, height, width.

    For (n, l, c) the order is channel, position.
    """

    def call(self, x: Any) -> Any:
        moved = ops.moveaxis(x, -1, 1)
        return ops.reshape(moved, (-1, math.prod(self.sample)))


@registered
class ChannelsFirstReshape(SampleLayer):
    """Reshape that takes and puts numbers channel by channel."""

    def __init__(self, target: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target = tuple(target)

    def call(self, x: Any) -> Any:
        flat = ops.reshape(
            ops.moveaxis(x, -1, 1), (-1, math.prod(self.sample))
        )
        *positions, channels = self.target
        y = ops.reshape(flat, (-1, channels, *positions))
        return ops.moveaxis(y, 1, -1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"target": self.target}


@registered
class PixelShuffle(SampleLayer):
    """Make of each pixel a square of pixels with fewer channels.

    Args:
        factor: r, the number of rows and columns of a square.
        channels_first: whether the number at row i and column j of a square
            is in channel c r² + i r + j, or (i r + j) C + c.
    """

    def __init__(
        self, factor: int, channels_first: bool, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.factor, self.square = factor, factor**2
        self.channels_first = channels_first

    def call(self, x: Any) -> Any:
        if self.channels_first:
            h, w, c = self.sample
            parts = ops.reshape(x, (-1, h, w, c // self.square, self.square))
            x = ops.reshape(ops.swapaxes(parts, 3, 4), (-1, h, w, c))
        return ops.depth_to_space(x, self.factor)

    def get_config(self) -> dict[str, Any]:
        own = {"factor": self.factor, "channels_first": self.channels_first}
        return super().get_config() | own
