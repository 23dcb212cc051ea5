"""Pooling layers: over windows, and over all positions at once."""

from typing import Any, ClassVar

from framework_parity.common.spec.layer import (
    LayerSpec,
    Shape,
    refused,
)
from framework_parity.common.spec.layers.windows import (
    ImageWindow,
    SequenceWindow,
    Window,
)
from framework_parity.common.spec.node import PositiveInt, StrictBool
from framework_parity.common.spec.padding import (
    IntPair,
    IntSingle,
    Padding,
    Valid,
)


class Pool(Window):
    """The base class of pooling over windows.

    Attributes:
        size: the size of the window: (height, width), or a number of steps.
        stride: the stride; by default the size, so that windows are adjacent
            and do not overlap.
    """

    shorthand_field: ClassVar[str | None] = "size"
    stride: tuple[PositiveInt, ...] | None = None

    @classmethod
    def _fields_of(cls, written: Any) -> Any:
        fields = super()._fields_of(written)
        has_size = isinstance(fields, dict) and "size" in fields
        if has_size and fields.get("stride") is None:
            return fields | {"stride": fields["size"]}
        return fields

    @property
    def strides(self) -> tuple[int, ...]:
        return self.stride or self.size

    def output_shape(self, shape: Shape) -> Shape:
        """Return (windows along each axis, channels)."""
        windows = self.windows(shape)
        for pads, size in zip(self.pads(shape), self.size, strict=True):
            if max(pads) > size // 2:
                raise refused(
                    f"{self.kind()} pads by {max(pads)}, more than half of "
                    f"its window of {self.size}, which would then see "
                    "nothing but padding"
                )
        return (*windows, shape[-1])


class MaxPool(ImageWindow, Pool):
    """The largest number in each window, channel by channel.

    Padding is -∞ and never the largest. Of equal numbers, the first receives
    the gradient, in both frameworks.
    """

    stride: IntPair | None = None


class MaxPool1d(SequenceWindow, Pool):
    """The largest number in each window of steps, channel by channel."""

    padding: Padding = Valid()
    stride: IntSingle | None = None


class AveragePool(ImageWindow, Pool):
    """The mean of each window, channel by channel.

    Attributes:
        count_padding: whether padded zeros are counted, so that a sum at the
            rim is divided by the size of the window (true, PyTorch), or by
            the number of pixels inside the image (false, Keras).
    """

    stride: IntPair | None = None
    count_padding: StrictBool


class AveragePool1d(SequenceWindow, Pool):
    """The mean of each window of steps, channel by channel.

    Attributes:
        count_padding: whether padded zeros are counted, so that a sum at the
            end is divided by the size of the window (true, PyTorch), or by
            the number of steps inside the sequence (false, Keras).
    """

    padding: Padding = Valid()
    stride: IntSingle | None = None
    count_padding: StrictBool


class GlobalPool(LayerSpec):
    """The base class of pooling over all positions of a sample."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return (channels,); the input must have positions."""
        if len(shape) == 1:
            raise refused(
                f"{self.kind()} got samples of shape {shape}, vectors, which "
                "have no positions to pool over; leave it out"
            )
        return (shape[-1],)


class GlobalAveragePool(GlobalPool):
    """The mean of each channel; Lin et al. 2014.

    Of a sequence with padding it is the mean of the other steps, which is
    NaN if there are none.
    """

    def takes_padding(self) -> bool:
        """Return true, since steps of padding are left out."""
        return True


class GlobalMaxPool(GlobalPool):
    """The largest number of each channel.

    Equal numbers receive equal shares of the gradient, in Keras's layer and in
    PyTorch's `amax`.
    """
