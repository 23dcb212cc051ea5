"""Layers that change images at random while a network is trained.

In evaluation they do nothing. What they draw comes from the shared stream,
as dropout's masks do, so that both frameworks change the same images alike.
"""

import numpy as np

from framework_parity.common.spec.layer import (
    Array,
    LayerSpec,
    Shape,
    expect_image,
)
from framework_parity.common.spec.node import Number, PositiveInt


class Augmentation(LayerSpec):
    """A layer that changes images at random in training, and only there."""


class RandomFlip(Augmentation):
    """While training, mirror every other image left to right, at random.

    Each image has its own draw: 1 mirrors it, 0 does not.
    """

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the input must be an image."""
        expect_image(self.kind(), shape)
        return shape

    def mask_shape(self, shape: Shape) -> Shape:
        """Return one number for each image."""
        return (1, 1, 1)

    def draw_mask(self, rng: np.random.Generator, shape: Shape) -> Array:
        """Return 0 and 1, alike often."""
        return rng.integers(2, size=shape).astype(float)


class RandomCrop(Augmentation):
    """While training, pad each image and cut its own size out, anywhere.

    Where it is cut is drawn for each image: so many rows from the top of
    the padded image and columns from the left, 0 to 2 `padding`.

    Attributes:
        padding: how many pixels are put around it, on each side.
        fill: what they hold.
    """

    shorthand_field = "padding"
    padding: PositiveInt
    fill: Number = 0.0

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the input must be an image."""
        expect_image(self.kind(), shape)
        return shape

    def mask_shape(self, shape: Shape) -> Shape:
        """Return two numbers for each image: rows and columns."""
        return (1, 1, 2)

    def draw_mask(self, rng: np.random.Generator, shape: Shape) -> Array:
        """Return whole numbers, each as often."""
        return rng.integers(2 * self.padding + 1, size=shape).astype(float)
