"""Augmentation layers, which change images at random in training.

In evaluation they are the identity. Their random draws come from the shared
stream, as the masks of dropout do, so that both frameworks change the same
images in the same way.
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
    """The base class of augmentation layers."""


class RandomFlip(Augmentation):
    """While training, mirror every other image left to right, at random.

    Each image has its own draw: 1 mirrors it, 0 does not.
    """

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the input must be an image."""
        expect_image(self.kind(), shape)
        return shape

    def mask_shape(self, shape: Shape) -> Shape:
        """Return the shape of one number for each image."""
        return (1, 1, 1)

    def draw_mask(self, rng: np.random.Generator, shape: Shape) -> Array:
        """Draw 0 or 1 with equal probability, as floats."""
        return rng.integers(2, size=shape).astype(float)


class RandomCrop(Augmentation):
    """While training, pad each image and cut its own size out, anywhere.

    The position of the crop is drawn for each image: its first row and its
    first column in the padded image, each from 0 to 2 `padding`.

    Attributes:
        padding: the number of pixels that are added on each side.
        fill: the value of these pixels.
    """

    shorthand_field = "padding"
    padding: PositiveInt
    fill: Number = 0.0

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the input must be an image."""
        expect_image(self.kind(), shape)
        return shape

    def mask_shape(self, shape: Shape) -> Shape:
        """Return the shape of two numbers for each image: row and column."""
        return (1, 1, 2)

    def draw_mask(self, rng: np.random.Generator, shape: Shape) -> Array:
        """Draw integers from a uniform distribution, as floats."""
        return rng.integers(2 * self.padding + 1, size=shape).astype(float)
