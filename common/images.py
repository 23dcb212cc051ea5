"""Layers that move a window over an image: convolutions and pooling.

An image is (height, width, channels); all pairs are (height, width).
"""

from typing import Any, ClassVar, Literal

from common.counted import counted
from common.element import Count, Flag
from common.initializers import BiasInitializer, KernelInitializer
from common.layer import LayerElement, Shape, expect_image, refused
from common.padding import Padding, Pair, Valid

Sides = tuple[tuple[int, int], tuple[int, int]]


class Window(LayerElement):
    """A window of `size` that moves over an image.

    Along a side of n pixels, padded to n + before + after, there is room
    for ⌊(n + before + after - span) / stride⌋ + 1 windows.
    """

    size: Pair
    padding: Padding = Valid()

    @property
    def strides(self) -> tuple[int, int]:
        """How far the window moves at a time."""
        raise NotImplementedError(f"{self.kind()} does not move")

    @property
    def gaps(self) -> tuple[int, int]:
        """The distance between two pixels of the window, 1 if they touch."""
        return 1, 1

    @property
    def spans(self) -> tuple[int, int]:
        """How many rows and columns it reaches over: d (k - 1) + 1."""
        (h, w), (down, across) = self.size, self.gaps
        return down * (h - 1) + 1, across * (w - 1) + 1

    def pads(self, shape: Shape) -> Sides:
        """Return what is added: rows above, below; columns left, right."""
        moves = zip(shape, self.spans, self.strides, strict=False)
        top, left = (
            self.padding.along(axis, *each) for axis, each in enumerate(moves)
        )
        return top, left

    def windows(self, shape: Shape) -> tuple[int, int]:
        """Return in how many places the window stands, down and across."""
        expect_image(self.kind(), shape)
        room = [
            n + sum(pads) - span
            for n, pads, span in zip(
                shape, self.pads(shape), self.spans, strict=False
            )
        ]
        if min(room) < 0:
            raise refused(
                f"{self.kind()}'s window of {self.spans} is larger than the "
                f"image, which is {shape[:2]} before padding "
                f"'{self.padding.kind()}'"
            )
        down, across = self.strides
        return room[0] // down + 1, room[1] // across + 1


class Convolution(Window):
    """What both convolutions say.

    Attributes:
        size: of the kernel.
        stride: how far it moves at a time.
        dilation: the distance between its pixels, 1 if they touch.
        bias: whether each filter adds a number of its own.
    """

    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    bias: Flag = True
    kernel_initializer: KernelInitializer
    bias_initializer: BiasInitializer

    @property
    def strides(self) -> tuple[int, int]:
        return self.stride

    @property
    def gaps(self) -> tuple[int, int]:
        return self.dilation

    def kernel_shape(self, channels: int) -> Shape:
        """Return the kernel's shape for an image of so many channels."""
        raise NotImplementedError(f"{self.kind()} has no kernel")

    def filters_over(self, channels: int) -> int:
        """Return how many channels come out."""
        raise NotImplementedError(f"{self.kind()} has no filters")

    def output_shape(self, shape: Shape) -> Shape:
        """Return (windows down, windows across, filters)."""
        windows = self.windows(shape)
        return (*windows, self.filters_over(shape[-1]))

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the kernel and, if wanted, one bias for each filter."""
        kernel = {"kernel": self.kernel_shape(shape[-1])}
        bias = {"bias": (self.filters_over(shape[-1]),)}
        return kernel | (bias if self.bias else {})


class Conv2d(Convolution):
    """y = Σ over the window of x K, plus b, for each filter.

    K is (height, width, channels / groups, filters), as in Keras; PyTorch
    stores (filters, channels / groups, height, width). With `groups`, the
    channels and the filters are cut into so many parts, and each part of
    the filters sees its own part of the channels.
    """

    main = "filters"
    filters: Count
    groups: Count = 1

    def filters_over(self, channels: int) -> int:
        return self.filters

    def kernel_shape(self, channels: int) -> Shape:
        return (*self.size, channels // self.groups, self.filters)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (windows down, windows across, filters)."""
        found = super().output_shape(shape)
        if max(self.stride) > 1 and max(self.dilation) > 1:
            raise refused(
                f"conv2d has stride {self.stride} and dilation "
                f"{self.dilation}; Keras cannot do both, so let one be 1"
            )
        for what, count in ("channel", shape[-1]), ("filter", self.filters):
            if count % self.groups:
                raise refused(
                    f"conv2d cuts {counted(count, what)} into {self.groups} "
                    "groups, "
                    "which leaves a remainder"
                )
        return found

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return h w channels / groups and h w filters."""
        h, w, channels, filters = self.kernel_shape(shape[-1])
        return h * w * channels, h * w * filters


class DepthwiseConv2d(Convolution):
    """A convolution of each channel by itself, with filters of its own.

    K is (height, width, channels, multiplier), as in Keras; filter m of
    channel c leaves as channel c · multiplier + m. PyTorch says a
    convolution with as many groups as channels.

    Attributes:
        multiplier: how many filters each channel has.
        fan_in: what the initialisers are told that an output sees: the h w
            pixels of its own channel, which is true (`per_channel`,
            PyTorch), or those of all channels (`all_channels`, Keras).
    """

    multiplier: Count = 1
    fan_in: Literal["per_channel", "all_channels"]

    def filters_over(self, channels: int) -> int:
        return channels * self.multiplier

    def kernel_shape(self, channels: int) -> Shape:
        return (*self.size, channels, self.multiplier)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (windows down, windows across, channels · multiplier)."""
        found = super().output_shape(shape)
        if self.stride[0] != self.stride[1]:
            raise refused(
                f"depthwise_conv2d has stride {self.stride}; Keras's moves "
                "as far down as across, so let both be the same"
            )
        return found

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return what each framework reads off the kernel it stores."""
        h, w, channels, multiplier = self.kernel_shape(shape[-1])
        if self.fan_in == "per_channel":
            return h * w, h * w * channels * multiplier
        return h * w * channels, h * w * multiplier


class Pool(Window):
    """What both kinds of pooling say.

    Attributes:
        size: of the window.
        stride: how far it moves at a time; left unsaid, its own size, so
            that windows touch and do not overlap.
    """

    main: ClassVar[str | None] = "size"
    stride: Pair | None = None

    @classmethod
    def _fields_of(cls, written: Any) -> Any:
        fields = super()._fields_of(written)
        said = isinstance(fields, dict) and "size" in fields
        if said and fields.get("stride") is None:
            return fields | {"stride": fields["size"]}
        return fields

    @property
    def strides(self) -> tuple[int, int]:
        return self.stride or self.size

    def output_shape(self, shape: Shape) -> Shape:
        """Return (windows down, windows across, channels)."""
        windows = self.windows(shape)
        for pads, size in zip(self.pads(shape), self.size, strict=True):
            if max(pads) > size // 2:
                raise refused(
                    f"{self.kind()} pads by {max(pads)}, more than half of "
                    f"its window of {self.size}, which would then see "
                    "nothing but padding"
                )
        return (*windows, shape[-1])


class MaxPool(Pool):
    """The largest number in each window, channel by channel.

    What is padded is -∞ and never the largest. Among equals, the slope goes
    to the first, in both frameworks.
    """


class AveragePool(Pool):
    """The mean of each window, channel by channel.

    Attributes:
        count_padding: whether padded zeros count, so that a mean at the rim
            is divided by the whole window (true, PyTorch), or not, so that
            it is divided by the pixels there are (false, Keras).
    """

    count_padding: Flag


class GlobalPool(LayerElement):
    """What both kinds of pooling over all positions of a sample say."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return (channels,); the input must have positions."""
        if len(shape) == 1:
            raise refused(
                f"{self.kind()} got samples of shape {shape}, vectors, which "
                "have no positions to pool over; leave it out"
            )
        return (shape[-1],)


class GlobalAveragePool(GlobalPool):
    """The mean of each channel; Lin et al. 2014."""


class GlobalMaxPool(GlobalPool):
    """The largest number of each channel.

    Among equals, each gets an equal share of the slope, in Keras's layer
    and in PyTorch's `amax`.
    """
