"""Dropout layers, which set numbers to zero at random in training."""

import numpy as np

from framework_parity.common.spec.layer import (
    Array,
    LayerSpec,
    Shape,
    refused,
)
from framework_parity.common.spec.node import Fraction


class Dropout(LayerSpec):
    """While training, zero a share `rate` and divide the rest by 1 - rate.

    In evaluation it is the identity. The masks come from the shared stream,
    so that both frameworks drop the same numbers. Srivastava et al. 2014, in
    the inverted form of both frameworks.
    """

    shorthand_field = "rate"
    rate: Fraction

    def takes_padding(self) -> bool:
        """Return true, since each step is computed by itself."""
        return True

    def mask_shape(self, shape: Shape) -> Shape:
        """Return the shape of the sample: each number has its own factor."""
        return shape

    def draw_mask(self, rng: np.random.Generator, shape: Shape) -> Array:
        """Return 0 where a number is dropped, 1 / (1 - rate) elsewhere."""
        keep = 1.0 - self.rate
        return (rng.random(shape) < keep) / keep


class SpatialDropout(LayerSpec):
    """While training, zero a share `rate` of the channels, each as a whole.

    The rest is divided by 1 - rate. Tompson et al. 2015; it is Dropout2d in
    PyTorch and SpatialDropout2D in Keras, and Dropout1d and SpatialDropout1D
    for sequences.
    """

    shorthand_field = "rate"
    rate: Fraction

    def takes_padding(self) -> bool:
        """Return true, since each step is computed by itself."""
        return True

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the input must have positions."""
        if len(shape) == 1:
            raise refused(
                f"spatial_dropout got samples of shape {shape}, expected "
                "images or sequences; for vectors there is "
                "'dropout'"
            )
        return shape

    def mask_shape(self, shape: Shape) -> Shape:
        """Return the shape of one factor for each channel."""
        return (*(1 for _ in shape[:-1]), shape[-1])

    def draw_mask(self, rng: np.random.Generator, shape: Shape) -> Array:
        """Return 0 where a number is dropped, 1 / (1 - rate) elsewhere."""
        keep = 1.0 - self.rate
        return (rng.random(shape) < keep) / keep
