"""Layers: how a sample's shape changes, and what is learnt on the way.

Shapes are those of one sample, without the batch. An image is said with its
channels last, (height, width, channels), whatever a framework stores.
"""

import math
from typing import Annotated, Literal, TypeAlias

from pydantic_core import PydanticCustomError

from common.activations import (
    Custom,
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    Linear,
    Mish,
    Relu,
    Relu6,
    Selu,
    Shape,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Softsign,
    Swish,
    Tanh,
)
from common.element import Count, Element, Flag, OneKind, Share
from common.initializers import BiasInitializer, KernelInitializer


class Dense(Element):
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
            raise PydanticCustomError(
                "shape",
                "{text}",
                {
                    "text": f"dense got samples of shape {shape}, expected "
                    "vectors; put a 'flatten' before it"
                },
            )
        return (self.units,)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the kernel (inputs, units) and, if wanted, the bias."""
        kernel = {"kernel": (shape[0], self.units)}
        return kernel | ({"bias": (self.units,)} if self.bias else {})


class Flatten(Element):
    """Lay an image out as a vector.

    With order `channels_last` the channels of one pixel lie side by side
    (Keras); with `channels_first` the pixels of one channel do (PyTorch).
    Without a channel axis the two are the same.
    """

    main = "order"
    order: Literal["channels_first", "channels_last"]

    def output_shape(self, shape: Shape) -> Shape:
        """Return one axis with as many numbers as there were."""
        return (math.prod(shape),)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the learnt tensors: none."""
        return {}


class Dropout(Element):
    """While training, zero a share `rate` and divide the rest by 1 - rate.

    In evaluation it does nothing. The masks come from the shared stream, so
    that both frameworks drop the same numbers. Srivastava et al. 2014, in
    its inverted form, which both frameworks use.
    """

    main = "rate"
    rate: Share

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of one sample after the layer: unchanged."""
        return shape

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the learnt tensors: none."""
        return {}


Layer: TypeAlias = Annotated[
    Dense
    | Flatten
    | Dropout
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
    | Softmax,
    OneKind(),
]
