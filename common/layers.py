"""Layers: how a sample's shape changes, and what is learnt on the way.

Shapes are those of one sample, without the batch: a vector (channels,), two
axes (height, channels), or an image (height, width, channels). Channels
stand last, whatever a framework stores; PyTorch stores them first.
"""

import math
from typing import Annotated, Literal, TypeAlias

import numpy as np
from pydantic import Field

from common.activations import (
    Custom,
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    Linear,
    LogSoftmax,
    Mish,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Softsign,
    Swish,
    Tanh,
)
from common.augmentation import RandomCrop, RandomFlip
from common.axes import axes_of
from common.element import Count, Flag, Number, OneKind, Positive, Share
from common.images import (
    AveragePool,
    Conv2d,
    DepthwiseConv2d,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
)
from common.initializers import BiasInitializer, KernelInitializer
from common.layer import Array, LayerElement, Shape, refused


class Dense(LayerElement):
    """y = x K + b, with K of shape (inputs, units).

    PyTorch calls it Linear and stores the kernel transposed; Keras stores
    it as said here.
    """

    main = "units"
    units: Count
    bias: Flag = True
    kernel_initializer: KernelInitializer
    bias_initializer: BiasInitializer

    def output_shape(self, shape: Shape) -> Shape:
        """Return (units,); the input must be a vector."""
        if len(shape) != 1:
            raise refused(
                f"dense got samples of shape {shape}, expected vectors; put "
                "a 'flatten' before it"
            )
        return (self.units,)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the kernel (inputs, units) and, if wanted, the bias."""
        kernel = {"kernel": (shape[0], self.units)}
        return kernel | ({"bias": (self.units,)} if self.bias else {})

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return the numbers of inputs and of units."""
        return shape[0], self.units


class Flatten(LayerElement):
    """Lay an image, or a sample of two axes, out as a vector.

    With order `channels_last` the channels of one position lie side by side
    (Keras); with `channels_first` the positions of one channel do (PyTorch).
    For a vector the two are the same.
    """

    main = "order"
    order: Literal["channels_first", "channels_last"]

    def output_shape(self, shape: Shape) -> Shape:
        """Return one axis with as many numbers as there were."""
        return (math.prod(shape),)


class BatchNorm(LayerElement):
    """Make each channel's mean 0 and variance 1, then scale and shift it::

        y = γ (x - mean) / √(variance + ε) + β

    Training takes mean and (biased) variance from the batch and keeps a
    running average of both; evaluation takes those averages. `kept` is the
    share of the old average that a step keeps: PyTorch's `momentum` is the
    share of the *new* value, 1 - kept; Keras's is `kept` itself. What is
    averaged is the variance with n - 1 in the denominator (`unbiased`,
    PyTorch) or with n (`biased`, Keras). Ioffe and Szegedy 2015.

    Attributes:
        affine: whether γ and β are learnt; they start at 1 and 0.
        axis: which axis has a mean, a variance, γ and β for each of its
            numbers: the `channels`, as both frameworks have it unasked, or
            in their place `height` (also the first axis of samples of two
            axes) or `width`. Keras's `axis=1` is the height of samples
            whose channels stand last.
    """

    epsilon: Positive
    kept: Share
    running_variance: Literal["biased", "unbiased"]
    affine: Flag = True
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


class LayerNorm(LayerElement):
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
    affine: Flag = True

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


class Prelu(LayerElement):
    """x where x > 0, and a x elsewhere, with a learnt; He et al. 2015.

    Attributes:
        slopes: how many a there are: `one` (PyTorch), one `per_channel` (the
            paper), or one `per_number` of a sample (Keras).
        initial: where they start.
        at_zero: the derivative at exactly 0: `slope`, which is a (PyTorch),
            or `zero`, since Keras computes relu(x) - a relu(-x).
    """

    slopes: Literal["one", "per_channel", "per_number"]
    initial: Number
    at_zero: Literal["slope", "zero"]

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the slopes."""
        shapes = {"one": (1,), "per_channel": shape[-1:], "per_number": shape}
        return {"slope": shapes[self.slopes]}

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> Array:
        """Return the initial slope, as often as there are any."""
        return np.full(self.parameters(shape)[name], self.initial)


class Dropout(LayerElement):
    """While training, zero a share `rate` and divide the rest by 1 - rate.

    In evaluation it does nothing. The masks come from the shared stream, so
    that both frameworks drop the same numbers. Srivastava et al. 2014, in
    its inverted form, which both frameworks use.
    """

    main = "rate"
    rate: Share

    def mask_shape(self, shape: Shape) -> Shape:
        """Return the sample's own shape: each number has its own factor."""
        return shape

    def draw_mask(self, rng: np.random.Generator, shape: Shape) -> Array:
        """Return 0 where a number is dropped, 1 / (1 - rate) elsewhere."""
        keep = 1.0 - self.rate
        return (rng.random(shape) < keep) / keep


class SpatialDropout(LayerElement):
    """While training, zero a share `rate` of the channels, each as a whole.

    The rest is divided by 1 - rate. Tompson et al. 2015; PyTorch calls it
    Dropout2d, Keras SpatialDropout2D, and Dropout1d and SpatialDropout1D
    where samples have two axes.
    """

    main = "rate"
    rate: Share

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the input must have positions."""
        if len(shape) == 1:
            raise refused(
                f"spatial_dropout got samples of shape {shape}, expected "
                "images or samples of two axes; for vectors there is "
                "'dropout'"
            )
        return shape

    def mask_shape(self, shape: Shape) -> Shape:
        """Return one factor for each channel."""
        return (*(1 for _ in shape[:-1]), shape[-1])

    def draw_mask(self, rng: np.random.Generator, shape: Shape) -> Array:
        """Return 0 where a number is dropped, 1 / (1 - rate) elsewhere."""
        keep = 1.0 - self.rate
        return (rng.random(shape) < keep) / keep


Block: TypeAlias = tuple["Layer", ...]


class Residual(LayerElement):
    """activation(body(x) + shortcut(x)); He et al. 2016.

    Attributes:
        body: layers, in a list.
        shortcut: `identity`, or layers that give x the body's shape.
        activation: what follows the sum, or nothing.
    """

    main = "body"
    body: Annotated[Block, Field(min_length=1)]
    shortcut: Literal["identity"] | Block = "identity"
    activation: "Layer | None" = None

    def blocks(self) -> dict[str, Block]:
        """Return the body and the shortcut, which is empty if identity."""
        shortcut = () if self.shortcut == "identity" else self.shortcut
        return {"body": self.body, "shortcut": shortcut}

    def after(self) -> Block:
        """Return what follows the sum, if anything does."""
        return () if self.activation is None else (self.activation,)

    def merged(self, shapes: dict[str, Shape]) -> Shape:
        """Return the sum's shape; both terms must have the same."""
        if shapes["body"] != shapes["shortcut"]:
            raise refused(
                f"residual adds a body of shape {shapes['body']} to a "
                f"shortcut of shape {shapes['shortcut']}; give the shortcut "
                "layers that make them equal"
            )
        return shapes["body"]


class Concatenate(LayerElement):
    """Put what several branches make of x side by side, along an axis.

    An empty branch passes x on, so `{concatenate: [[], [...]]}` is a dense
    connection (Huang et al. 2017).

    Attributes:
        branches: layers, in a list for each branch.
        axis: along which: `channels`, as Keras does unasked; `height`,
            which is also the first axis of samples of two axes; or `width`.
            PyTorch's `torch.cat` joins the *batch* unless it is told
            another axis, which no value here means.
    """

    main = "branches"
    branches: Annotated[tuple[Block, ...], Field(min_length=2)]
    axis: Literal["channels", "height", "width"] = "channels"

    def blocks(self) -> dict[str, Block]:
        """Return the branches, numbered from 1."""
        return {f"branch{n}": b for n, b in enumerate(self.branches, 1)}

    def merged(self, shapes: dict[str, Shape]) -> Shape:
        """Return the branches' shape with one axis of each in a row."""
        found = list(shapes.values())
        first, axis = found[0], self.along(found[0])
        others = {(*shape[:axis], *shape[axis + 1 :]) for shape in found}
        if len({len(shape) for shape in found}) > 1 or len(others) > 1:
            raise refused(
                f"concatenate got branches of shapes "
                f"{', '.join(map(str, found))}; all but the {self.axis} must "
                "be equal"
            )
        joined = sum(shape[axis] for shape in found)
        return (*first[:axis], joined, *first[axis + 1 :])

    def along(self, shape: Shape) -> int:
        """Return the axis of one sample that is joined."""
        return axes_of(self.kind(), self.axis, shape)[0]


Layer: TypeAlias = Annotated[
    Dense
    | Conv2d
    | DepthwiseConv2d
    | MaxPool
    | AveragePool
    | GlobalAveragePool
    | GlobalMaxPool
    | Flatten
    | BatchNorm
    | LayerNorm
    | Prelu
    | Dropout
    | SpatialDropout
    | RandomFlip
    | RandomCrop
    | Residual
    | Concatenate
    | Relu
    | Tanh
    | Sigmoid
    | Linear
    | LeakyRelu
    | Relu6
    | Elu
    | Selu
    | Gelu
    | Silu
    | Swish
    | Mish
    | Softplus
    | Softsign
    | HardSigmoid
    | HardSwish
    | Custom
    | Softmax
    | LogSoftmax,
    OneKind(),
]

for composite in (Residual, Concatenate):
    composite.model_rebuild()
