"""Normalisation layers: over the batch, or over a sample's axes."""

import math
from typing import Literal

import numpy as np

from framework_parity.common.spec.axes import axes_of
from framework_parity.common.spec.layer import (
    Array,
    LayerSpec,
    Shape,
    refused,
)
from framework_parity.common.spec.node import (
    Fraction,
    Positive,
    StrictBool,
)


class BatchNorm(LayerSpec):
    """Make each channel's mean 0 and variance 1, then scale and shift it::

        y = γ (x - mean) / √(variance + ε) + β

    Training takes mean and (biased) variance from the batch and keeps a
    running average of both; evaluation takes those averages. `running_decay`
    is the share of the old average that a step keeps: PyTorch's `momentum` is
    the share of the *new* value, 1 - running_decay; Keras's is `running_decay`
    itself. What is averaged is the variance with n - 1 in the denominator
    (`unbiased`, PyTorch) or with n (`biased`, Keras). Ioffe and Szegedy 2015.

    Attributes:
        affine: whether γ and β are learnt; they start at 1 and 0.
        axis: which axis has a mean, a variance, γ and β for each of its
            numbers: the `channels`, as both frameworks have it unasked, or
            in their place `height` (also the first axis of samples of two
            axes) or `width`. Keras's `axis=1` is the height of samples
            whose channels stand last.
    """

    epsilon: Positive
    running_decay: Fraction
    running_variance: Literal["biased", "unbiased"]
    affine: StrictBool = True
    axis: Literal["channels", "height", "width"] = "channels"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; there must be such an axis."""
        self.along(shape)
        return shape

    def along(self, shape: Shape) -> int:
        """Return the axis of one sample that keeps its numbers apart."""
        return axes_of(self.kind(), self.axis, shape)[0]

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return γ and β, one number a channel."""
        channels = (shape[self.along(shape)],)
        return {"gamma": channels, "beta": channels} if self.affine else {}

    def state(self, shape: Shape) -> dict[str, Shape]:
        """Return the running averages, one number a channel each."""
        channels = (shape[self.along(shape)],)
        return {"running_mean": channels, "running_variance": channels}

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> Array:
        """Return ones for γ and the variance, zeros for β and the mean."""
        ones = name in ("gamma", "running_variance")
        count = shape[self.along(shape)]
        return np.ones(count) if ones else np.zeros(count)


class LayerNorm(LayerSpec):
    """Make each sample's mean 0 and variance 1, then scale and shift it::

        y = γ (x - mean) / √(variance + ε) + β

    with the (biased) variance, in training as in evaluation. Ba et al. 2016.

    Attributes:
        axes: what of a sample is normalised together, with a γ and β for
            each number of it. `channels`: those of one position, as Keras's
            layer does unasked. `all`: the whole sample, as PyTorch's
            `LayerNorm((c, h, w))`. `positions`: those of one channel, as
            PyTorch's `LayerNorm((h, w))`. `height` and `width`: one axis
            alone; PyTorch's `LayerNorm(w)` is the width of an image. In a
            vector `channels` and `all` are one.
        affine: whether γ and β are learnt; they start at 1 and 0.
    """

    epsilon: Positive
    axes: Literal["channels", "all", "positions", "height", "width"]
    affine: StrictBool = True

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; there must be numbers to average."""
        if math.prod(self.normalized(shape)) == 1:
            raise refused(
                f"layer_norm with axes '{self.axes}' meets samples of shape "
                f"{shape}, where it averages one number, which has no variance"
            )
        return shape

    def normalized(self, shape: Shape) -> Shape:
        """Return the shape of what is normalised together."""
        return tuple(shape[axis] for axis in self.along(shape))

    def along(self, shape: Shape) -> tuple[int, ...]:
        """Return the axes of one sample that are normalised together."""
        return axes_of(self.kind(), self.axes, shape)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return γ and β, in the shape of what is normalised together."""
        own = self.normalized(shape)
        return {"gamma": own, "beta": own} if self.affine else {}

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> Array:
        """Return ones for γ, zeros for β."""
        own = self.normalized(shape)
        return np.ones(own) if name == "gamma" else np.zeros(own)
