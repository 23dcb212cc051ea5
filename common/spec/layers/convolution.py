"""Convolution layers over images and sequences."""

import math
from typing import Annotated, Literal, TypeAlias

from pydantic import model_validator

from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.initializers import (
    BiasInitializer,
    KernelInitializer,
)
from framework_parity.common.spec.layer import (
    LayerSpec,
    Shape,
    expect_image,
    refused,
)
from framework_parity.common.spec.layers.windows import (
    ImageWindow,
    SequenceWindow,
    Window,
)
from framework_parity.common.spec.node import (
    PositiveInt,
    StrictBool,
    TaggedUnion,
)
from framework_parity.common.spec.padding import (
    IntPair,
    IntSingle,
    Margin,
    Same,
    Symmetric,
    Valid,
)

Cut: TypeAlias = Annotated[Valid | Same | Symmetric, TaggedUnion()]
"""What a transposed convolution cuts off."""


class Convolution(Window):
    """The base class of convolutions.

    Attributes:
        size: the size of the kernel: (height, width), or a number of steps.
        stride: the stride.
        dilation: the distance between neighbouring pixels of the kernel.
        bias: whether there is a bias for each filter.
    """

    stride: tuple[PositiveInt, ...]
    dilation: tuple[PositiveInt, ...]
    bias: StrictBool = True
    kernel_initializer: KernelInitializer
    bias_initializer: BiasInitializer

    @property
    def strides(self) -> tuple[int, ...]:
        return self.stride

    @property
    def gaps(self) -> tuple[int, ...]:
        return self.dilation

    def kernel_shape(self, channels: int) -> Shape:
        """Return the shape of the kernel for a number of input channels."""
        raise NotImplementedError(f"{self.kind()} has no kernel")

    def filters_over(self, channels: int) -> int:
        """Return the number of output channels."""
        raise NotImplementedError(f"{self.kind()} has no filters")

    def output_shape(self, shape: Shape) -> Shape:
        """Return (windows along each axis, filters)."""
        windows = self.windows(shape)
        return (*windows, self.filters_over(shape[-1]))

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the kernel and, with `bias`, the bias."""
        kernel = {"kernel": self.kernel_shape(shape[-1])}
        bias = {"bias": (self.filters_over(shape[-1]),)}
        return kernel | (bias if self.bias else {})


class Grouped(Convolution):
    """The base class of convolutions of groups of channels."""

    shorthand_field = "filters"
    filters: PositiveInt
    groups: PositiveInt = 1

    def filters_over(self, channels: int) -> int:
        return self.filters

    def kernel_shape(self, channels: int) -> Shape:
        return (*self.size, channels // self.groups, self.filters)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (windows along each axis, filters)."""
        output = super().output_shape(shape)
        if max(self.stride) > 1 and max(self.dilation) > 1:
            raise refused(
                f"{self.kind()} has stride {self.stride} and dilation "
                f"{self.dilation}; Keras cannot do both, so let one be 1"
            )
        for what, count in ("channel", shape[-1]), ("filter", self.filters):
            if count % self.groups:
                raise refused(
                    f"{self.kind()} cuts {counted(count, what)} into "
                    f"{self.groups} groups, which leaves a remainder"
                )
        return output

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return (p channels / groups, p filters), p the window's pixels."""
        *size, channels, filters = self.kernel_shape(shape[-1])
        return math.prod(size) * channels, math.prod(size) * filters


class Conv2d(ImageWindow, Grouped):
    """y = Σ over the window of x K, plus b, for each filter.

    K is (height, width, channels / groups, filters), as in Keras; PyTorch
    stores (filters, channels / groups, height, width). With `groups`, the
    channels and the filters are divided into this number of groups, and each
    group of filters is applied to its own group of channels.
    """

    stride: IntPair = (1, 1)
    dilation: IntPair = (1, 1)


class Conv1d(SequenceWindow, Grouped):
    """y = Σ over a window of steps of x K, plus b, for each filter.

    K is (steps, channels / groups, filters), as in Keras; PyTorch stores
    (filters, channels / groups, steps). With `groups`, each group of filters
    is applied to its own group of channels.
    """

    stride: IntSingle = (1,)
    dilation: IntSingle = (1,)


class DepthwiseConv2d(ImageWindow, Convolution):
    """A convolution of each channel by itself, with filters of its own.

    K is (height, width, channels, multiplier), as in Keras; filter m of
    channel c gives the output channel c · multiplier + m. In PyTorch it is a
    convolution with as many groups as channels.

    Attributes:
        multiplier: the number of filters for each channel.
        fan_in: the fan_in of the initialisers: the h w pixels of one channel,
            which is the true number of inputs (`per_channel`, PyTorch), or
            those of all channels (`all_channels`, Keras).
    """

    stride: IntPair = (1, 1)
    dilation: IntPair = (1, 1)
    multiplier: PositiveInt = 1
    fan_in: Literal["per_channel", "all_channels"]

    def filters_over(self, channels: int) -> int:
        return channels * self.multiplier

    def kernel_shape(self, channels: int) -> Shape:
        return (*self.size, channels, self.multiplier)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (windows down, windows across, channels · multiplier)."""
        output = super().output_shape(shape)
        if self.stride[0] != self.stride[1]:
            raise refused(
                f"depthwise_conv2d has stride {self.stride}; Keras's moves "
                "as far down as across, so let both be the same"
            )
        return output

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return the fans that each framework infers from its kernel."""
        h, w, channels, multiplier = self.kernel_shape(shape[-1])
        if self.fan_in == "per_channel":
            return h * w, h * w * channels * multiplier
        return h * w * channels, h * w * multiplier


class Conv2dTranspose(LayerSpec):
    """A transposed convolution of images, of which the rim is cut off.

    Each pixel of the input adds its window, x K, to the output; neighbouring
    pixels' windows are `stride` apart. Of n pixels, the whole output has
    (n - 1) s + k. K is (height, width, filters, channels), as in
    Keras; PyTorch stores (channels, filters, height, width).

    Attributes:
        filters: the number of output channels.
        size: the size of the kernel, (height, width).
        stride: the distance of neighbouring windows in the output.
        padding: what is cut off. `valid`: nothing; `symmetric`: a number on
            both sides, PyTorch's `padding`; `same`: so much that the output
            has n s pixels, Keras's word, of which an odd one goes to the end.
        output_padding: how much less is cut off at the end; where that is
            more than there is, the rest is zero, plus the bias.
        bias: whether there is a bias for each filter.
    """

    shorthand_field = "filters"
    filters: PositiveInt
    size: IntPair
    stride: IntPair = (1, 1)
    padding: Cut = Valid()
    output_padding: Margin = (0, 0)
    bias: StrictBool = True
    kernel_initializer: KernelInitializer
    bias_initializer: BiasInitializer

    @model_validator(mode="after")
    def _pads_less_than_a_stride(self) -> "Conv2dTranspose":
        pairs = zip(self.output_padding, self.stride, strict=True)
        if any(added >= stride for added, stride in pairs):
            raise ValueError(
                f"got output_padding {self.output_padding}, expected less "
                f"than the stride {self.stride}"
            )
        if isinstance(self.padding, Same) and any(self.output_padding):
            raise ValueError(
                "got output_padding with the padding 'same', whose output "
                "has n times the stride"
            )
        return self

    @property
    def cut(self) -> tuple[tuple[int, int], ...]:
        """What is cut off before and after each axis; less than 0 is added."""
        cut = []
        for axis, added in enumerate(self.output_padding):
            extra = self.size[axis] - self.stride[axis]
            before, after = 0, -added
            if isinstance(self.padding, Same):
                before = max(extra, 0) // 2
                after = extra - before
            elif isinstance(self.padding, Symmetric):
                before = self.padding.by[axis]
                after = before - added
            cut.append((before, after))
        return tuple(cut)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (height, width, filters) of the output."""
        expect_image(self.kind(), shape)
        sides = [
            (n - 1) * s + k - sum(cut)
            for n, s, k, cut in zip(
                shape, self.stride, self.size, self.cut, strict=False
            )
        ]
        if min(sides) < 1:
            raise refused(
                f"{self.kind()} cuts off {self.cut} of an output from samples "
                f"of shape {shape}, of which nothing is left"
            )
        return (*sides, self.filters)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the kernel and, with `bias`, the bias."""
        kernel = {"kernel": (*self.size, self.filters, shape[-1])}
        return kernel | ({"bias": (self.filters,)} if self.bias else {})

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return (h w filters, h w channels), as both frameworks infer them.

        They take the kernel for that of the convolution in the other
        direction.
        """
        pixels = math.prod(self.size)
        return pixels * self.filters, pixels * shape[-1]
