"""Windows that move over a sample: the base of convolution and pooling.

An image is (height, width, channels), and all pairs are (height, width). A
sequence is (time, channels).
"""

from framework_parity.common.spec.layer import (
    LayerSpec,
    Shape,
    expect_image,
    expect_sequence,
    refused,
)
from framework_parity.common.spec.node import PositiveInt
from framework_parity.common.spec.padding import (
    CausalPadding,
    IntPair,
    IntSingle,
    Padding,
    Symmetric,
    Valid,
)

Sides = tuple[tuple[int, int], ...]


class Window(LayerSpec):
    """A window of `size` that moves over an image or a sequence.

    Along an axis of n pixels, padded to n + before + after, there are
    ⌊(n + before + after - span) / stride⌋ + 1 windows.
    """

    size: tuple[PositiveInt, ...]
    padding: CausalPadding = Valid()

    @property
    def strides(self) -> tuple[int, ...]:
        """The stride of the window along each axis."""
        raise NotImplementedError(f"{self.kind()} does not move")

    @property
    def gaps(self) -> tuple[int, ...]:
        """The dilation of the window along each axis."""
        return (1,) * len(self.size)

    @property
    def spans(self) -> tuple[int, ...]:
        """The number of pixels it spans along each axis: d (k - 1) + 1."""
        return tuple(
            d * (k - 1) + 1 for k, d in zip(self.size, self.gaps, strict=True)
        )

    def pads(self, shape: Shape) -> Sides:
        """Return the padding before and after each axis.

        Of an image: rows above, below; columns left, right.
        """
        moves = zip(shape, self.spans, self.strides, strict=False)
        return tuple(
            self.padding.along(axis, *move) for axis, move in enumerate(moves)
        )

    def windows(self, shape: Shape) -> tuple[int, ...]:
        """Return the number of windows along each axis."""
        self.expect(shape)
        room = [
            n + sum(pads) - span
            for n, pads, span in zip(
                shape, self.pads(shape), self.spans, strict=False
            )
        ]
        if min(room) < 0:
            raise refused(
                f"{self.kind()}'s window of {self.spans} is larger than the "
                f"samples, which are {shape[:-1]} before padding "
                f"'{self.padding.kind()}'"
            )
        return tuple(
            n // stride + 1
            for n, stride in zip(room, self.strides, strict=True)
        )

    def expect(self, shape: Shape) -> None:
        """Raise an error if the samples have other axes than the window."""
        raise NotImplementedError(f"{self.kind()} has no axes")


class ImageWindow(Window):
    """A window that moves down and across an image."""

    size: IntPair
    padding: Padding = Valid()

    def expect(self, shape: Shape) -> None:
        expect_image(self.kind(), shape)


class SequenceWindow(Window):
    """A window that moves along the time of a sequence."""

    size: IntSingle

    def expect(self, shape: Shape) -> None:
        expect_sequence(self.kind(), shape)
        padding = self.padding
        if isinstance(padding, Symmetric) and len(set(padding.by)) > 1:
            raise refused(
                f"{self.kind()} has the padding {padding.by}, expected one "
                "number of steps, before and after a sequence"
            )
