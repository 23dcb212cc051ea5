"""Normalisation layers: over the batch, or over a sample's axes."""

import math
from typing import Literal

import numpy as np

from framework_parity.common.spec.axes import axes_of
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.layer import (
    Array,
    LayerSpec,
    Shape,
    refused,
)
from framework_parity.common.spec.node import (
    Fraction,
    Positive,
    PositiveInt,
    StrictBool,
)

RunningVariance = Literal["biased", "unbiased"]
NormalizedAxes = Literal[
    "channels", "all", "positions", "time", "height", "width"
]


class BatchNorm(LayerSpec):
    """Make each channel's mean 0 and variance 1, then scale and shift it::

        y = γ (x - mean) / √(variance + ε) + β

    Training uses the mean and the (biased) variance of the batch and updates
    a running average of both; evaluation uses the running averages.
    `running_decay` is the weight of the old average in each update:
    PyTorch's `momentum` is the weight of the *new* value, 1 - running_decay;
    Keras's is `running_decay`. The running variance is that with n - 1 in the
    denominator (`unbiased`, PyTorch) or with n (`biased`, Keras). Ioffe and
    Szegedy 2015.

    Attributes:
        epsilon: ε.
        running_decay: the weight of the old running average.
        running_variance: which variance is averaged.
        affine: whether γ and β are learnt; they start at 1 and 0.
        axis: the axis with a mean, a variance, γ and β for each index: the
            `channels`, the default of both frameworks, `time` of sequences,
            or `height` or `width` of images. Keras's `axis=1` is the time of
            a sequence and the height of an image.
    """

    epsilon: Positive
    running_decay: Fraction
    running_variance: RunningVariance
    affine: StrictBool = True
    axis: Literal["channels", "time", "height", "width"] = "channels"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the axis must exist."""
        self.along(shape)
        return shape

    def along(self, shape: Shape) -> int:
        """Return the axis of one sample that is not averaged over."""
        return axes_of(self.kind(), self.axis, shape)[0]

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shapes of γ and β, (channels,)."""
        channels = (shape[self.along(shape)],)
        return {"gamma": channels, "beta": channels} if self.affine else {}

    def state(self, shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the running averages, (channels,)."""
        channels = (shape[self.along(shape)],)
        return {"running_mean": channels, "running_variance": channels}

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> Array:
        """Return ones for γ and the variance, zeros for β and the mean."""
        ones = name in ("gamma", "running_variance")
        count = shape[self.along(shape)]
        return np.ones(count) if ones else np.zeros(count)


class SampleNorm(LayerSpec):
    """The base class of normalisations over axes of a sample."""

    axes: NormalizedAxes
    affine: StrictBool = True

    def takes_padding(self) -> bool:
        """Return whether each step is computed by itself."""
        return self.axes == "channels"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the axes must exist."""
        self.along(shape)
        return shape

    def normalized(self, shape: Shape) -> Shape:
        """Return the lengths of the axes that are normalised together."""
        return tuple(shape[axis] for axis in self.along(shape))

    def along(self, shape: Shape) -> tuple[int, ...]:
        """Return the axes of one sample that are normalised together."""
        return axes_of(self.kind(), self.axes, shape)

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> Array:
        """Return ones for γ, zeros for β."""
        normalized = self.normalized(shape)
        return np.ones(normalized) if name == "gamma" else np.zeros(normalized)


class LayerNorm(SampleNorm):
    """Make each sample's mean 0 and variance 1, then scale and shift it::

        y = γ (x - mean) / √(variance + ε) + β

    with the (biased) variance, in training as in evaluation. Ba et al. 2016.

    Attributes:
        epsilon: ε.
        axes: the axes that are normalised together, with a γ and β for each
            of their elements. `channels`: the channels of one position,
            Keras's default. `all`: the whole sample, as PyTorch's
            `LayerNorm((c, h, w))`. `positions`: the positions of one channel,
            as PyTorch's `LayerNorm((h, w))`. `time`, `height` and `width`: one
            axis; PyTorch's `LayerNorm(w)` is the width of an image. For a
            vector `channels` and `all` are the same.
        affine: whether γ and β are learnt; they start at 1 and 0.
    """

    epsilon: Positive

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the axes must have two elements."""
        if math.prod(self.normalized(shape)) == 1:
            raise refused(
                f"layer_norm with axes '{self.axes}' meets samples of shape "
                f"{shape}, where it averages one number, which has no variance"
            )
        return shape

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shapes of γ and β, those of the normalised axes."""
        normalized = self.normalized(shape)
        return {"gamma": normalized, "beta": normalized} if self.affine else {}


class RmsNorm(SampleNorm):
    """Divide by the root mean square of some axes, then scale::

        y = γ x / √(mean(x²) + ε)

    in training as in evaluation. Zhang and Sennrich 2019.

    Attributes:
        epsilon: ε, a number or `machine`: the distance from 1 to the next
            number, 2.2e-16 in float64 and 1.2e-7 in all other precisions,
            which is PyTorch's default.
        axes: the axes that are normalised together, with a γ for each of
            their elements; see `LayerNorm`.
        affine: whether γ is learnt; it starts at 1.
    """

    epsilon: Positive | Literal["machine"]
    axes: NormalizedAxes = "channels"

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shape of γ, that of the normalised axes."""
        return {"gamma": self.normalized(shape)} if self.affine else {}


class GroupNorm(LayerSpec):
    """Make the mean of each group of channels 0 and its variance 1::

        y = γ (x - mean) / √(variance + ε) + β

    over all positions of a sample, with the (biased) variance, in training as
    in evaluation; γ and β are those of each channel. With as many groups as
    channels it is instance normalisation. Wu and He 2018.

    Attributes:
        groups: the number of groups, of neighbouring channels.
        epsilon: ε.
        affine: whether γ and β are learnt; they start at 1 and 0.
    """

    shorthand_field = "groups"
    groups: PositiveInt
    epsilon: Positive
    affine: StrictBool = True

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; each group must have two numbers."""
        if shape[-1] % self.groups:
            raise refused(
                f"group_norm cuts {counted(shape[-1], 'channel')} into "
                f"{self.groups} groups, which leaves a remainder"
            )
        if math.prod(shape) == self.groups:
            raise refused(
                f"group_norm with {self.groups} groups meets samples of shape "
                f"{shape}, where it averages one number, which has no variance"
            )
        return shape

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shapes of γ and β, (channels,)."""
        channels = shape[-1:]
        return {"gamma": channels, "beta": channels} if self.affine else {}

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> Array:
        """Return ones for γ, zeros for β."""
        return np.full(shape[-1:], float(name == "gamma"))
