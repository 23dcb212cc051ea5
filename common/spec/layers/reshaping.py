"""Layers that arrange the numbers of a sample in another way."""

import math
from typing import Annotated, Literal

from pydantic import Field

from framework_parity.common.spec.axes import NAMED
from framework_parity.common.spec.layer import (
    LayerSpec,
    Shape,
    expect_image,
    refused,
)
from framework_parity.common.spec.node import MOST, PositiveInt

AxisName = Literal["time", "height", "width", "channels"]


class Reshape(LayerSpec):
    """Arrange the numbers of a sample in another shape.

    Attributes:
        shape: the new shape: (channels,), (time, channels) or (height, width,
            channels).
        order: the order in which numbers are taken and put, as in `flatten`:
            position by position (`channels_last`, Keras) or channel by
            channel (`channels_first`, PyTorch's `Unflatten` to the shape of
            an image).
    """

    shorthand_field = "shape"
    shape: Annotated[
        tuple[PositiveInt, ...], Field(min_length=1, max_length=3)
    ]
    order: Literal["channels_first", "channels_last"]

    def output_shape(self, shape: Shape) -> Shape:
        """Return the new shape, which has as many elements."""
        if math.prod(shape) != math.prod(self.shape):
            raise refused(
                f"reshape makes samples of shape {self.shape} of those of "
                f"shape {shape}, which have {math.prod(shape)} numbers and "
                f"not {math.prod(self.shape)}"
            )
        return self.shape

    def is_order_free(self, shape: Shape) -> bool:
        """Return whether both orders are the same for an input shape."""
        return all(len(s) == 1 or s[-1] == 1 for s in (shape, self.shape)) or (
            shape == self.shape
        )


class Permute(LayerSpec):
    """Exchange the axes of a sequence or an image.

    Attributes:
        axes: the axes of the input, in the order in which they become those
            of the output. `[channels, time]` makes the channels of a sequence
            its steps, as Keras's `Permute((2, 1))`.
    """

    shorthand_field = "axes"
    axes: Annotated[tuple[AxisName, ...], Field(min_length=2, max_length=3)]

    def output_shape(self, shape: Shape) -> Shape:
        """Return the lengths of the axes in the new order."""
        return tuple(shape[axis] for axis in self.along(shape))

    def along(self, shape: Shape) -> tuple[int, ...]:
        """Return the axes of one sample in the new order, from 0.

        Args:
            shape: the shape of a sample.

        Raises:
            PydanticCustomError: if they are not the axes of such a sample, or
                in the order that they have.
        """
        known = NAMED[len(shape)]
        if sorted(self.axes) != sorted(known):
            raise refused(
                f"permute has the axes {', '.join(self.axes)}, but samples of "
                f"shape {shape} have: {', '.join(known)}"
            )
        if self.axes == known:
            raise refused(
                f"permute leaves the axes of samples of shape {shape} as they "
                "are; leave it out"
            )
        return tuple(known.index(name) for name in self.axes)


class Repeat(LayerSpec):
    """Make a sequence of a vector, whose steps are all that vector.

    Attributes:
        times: the number of steps.
    """

    shorthand_field = "times"
    times: PositiveInt

    def output_shape(self, shape: Shape) -> Shape:
        """Return (times, channels)."""
        if len(shape) != 1:
            raise refused(
                f"repeat got samples of shape {shape}, expected vectors"
            )
        return (self.times, *shape)


class PixelShuffle(LayerSpec):
    """Make of each pixel a square of pixels with fewer channels.

    Shi et al. 2016, section 3.2.

    Attributes:
        factor: r, the number of rows and columns of a square.
        order: which number is at row i and column j of a square, in its
            channel c: that of channel c r² + i r + j (`channels_first`,
            PyTorch's `PixelShuffle`), or (i r + j) C + c, where C is the
            number of channels of the output (`channels_last`, Keras's and
            TensorFlow's `depth_to_space`).
    """

    shorthand_field = "factor"
    factor: Annotated[int, Field(strict=True, ge=2, le=MOST)]
    order: Literal["channels_first", "channels_last"]

    def output_shape(self, shape: Shape) -> Shape:
        """Return (height r, width r, channels / r²)."""
        expect_image(self.kind(), shape)
        square = self.factor**2
        if shape[-1] % square:
            raise refused(
                f"pixel_shuffle divides {shape[-1]} channels by {square}, "
                "which leaves a remainder"
            )
        rows, columns = (n * self.factor for n in shape[:2])
        return rows, columns, shape[-1] // square
