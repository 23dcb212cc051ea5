"""Windows that move over an image: what convolution and pooling share.

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

    Along a side of n pixels, padded to n + before + after, there is room
    for ⌊(n + before + after - span) / stride⌋ + 1 windows.
    """

    size: IntPair
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
