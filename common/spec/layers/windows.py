"""Windows that move over an image: the base of convolution and pooling.

An image is (height, width, channels); all pairs are (height, width).
"""

from framework_parity.common.spec.layer import (
    LayerSpec,
    Shape,
    expect_image,
    refused,
)
from framework_parity.common.spec.padding import IntPair, Padding, Valid

Sides = tuple[tuple[int, int], tuple[int, int]]


class Window(LayerSpec):
    """A window of `size` that moves over an image.

    Along an axis of n pixels, padded to n + before + after, there are
    ⌊(n + before + after - span) / stride⌋ + 1 windows.
    """

    size: IntPair
    padding: Padding = Valid()

    @property
    def strides(self) -> tuple[int, int]:
        """The stride of the window, down and across."""
        raise NotImplementedError(f"{self.kind()} does not move")

    @property
    def gaps(self) -> tuple[int, int]:
        """The dilation of the window, down and across."""
        return 1, 1

    @property
    def spans(self) -> tuple[int, int]:
        """The numbers of rows and columns it spans: d (k - 1) + 1."""
        (h, w), (down, across) = self.size, self.gaps
        return down * (h - 1) + 1, across * (w - 1) + 1

    def pads(self, shape: Shape) -> Sides:
        """Return the padding: rows above, below; columns left, right."""
        moves = zip(shape, self.spans, self.strides, strict=False)
        top, left = (
            self.padding.along(axis, *move) for axis, move in enumerate(moves)
        )
        return top, left

    def windows(self, shape: Shape) -> tuple[int, int]:
        """Return the number of windows, down and across."""
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
