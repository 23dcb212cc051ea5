"""Attention and positions, over sequences of shape (time, channels)."""

from typing import Literal

import numpy as np
from einops import rearrange
from pydantic import model_validator

from framework_parity.common.spec.initializers import (
    BiasInitializer,
    KernelInitializer,
    Normal,
    Zeros,
)
from framework_parity.common.spec.layer import (
    Array,
    LayerSpec,
    Shape,
    expect_sequence,
    refused,
)
from framework_parity.common.spec.node import (
    Positive,
    PositiveInt,
    StrictBool,
)


class MultiHeadAttention(LayerSpec):
    """Attention of a sequence to itself; Vaswani et al. 2017::

        softmax(q kᵀ / √size) v

    for each head, where q, k and v are projections of the sequence; the heads
    side by side are projected once more, to as many channels as the input.

    Attributes:
        heads: the number of heads.
        size: the size of a head, Keras's `key_dim`; None for channels /
            heads, the only size that PyTorch has.
        causal: whether a step sees only itself and those before it.
        bias: whether all four projections have a bias.
        projections: whether the kernels of q, k and v are one tensor
            (`packed`, PyTorch) or three (`separate`, Keras). It determines
            the fans by which they are drawn, and what a norm treats as a
            whole.
        kernel_initializer: of the kernels of q, k and v.
        output_initializer: of the last projection's kernel.
        bias_initializer: of all biases.
    """

    shorthand_field = "heads"
    heads: PositiveInt
    size: PositiveInt | None = None
    causal: StrictBool = False
    bias: StrictBool = True
    projections: Literal["packed", "separate"]
    kernel_initializer: KernelInitializer
    output_initializer: KernelInitializer
    bias_initializer: BiasInitializer = Zeros()

    def takes_padding(self) -> bool:
        """Return true, since steps of padding are left out."""
        return True

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the samples must be sequences."""
        expect_sequence(self.kind(), shape)
        if self.size is None and shape[-1] % self.heads:
            raise refused(
                f"multi_head_attention divides {shape[-1]} channels by "
                f"{self.heads} heads, which leaves a remainder; give the "
                "heads a 'size'"
            )
        return shape

    def size_for(self, channels: int) -> int:
        """Return the size of a head for a number of input channels."""
        return self.size or channels // self.heads

    def divides(self, channels: int) -> bool:
        """Return whether the heads together are as wide as the input."""
        return self.heads * self.size_for(channels) == channels

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the kernels and, with `bias`, the biases."""
        channels = shape[-1]
        wide = self.heads * self.size_for(channels)
        widths = dict.fromkeys(("query", "key", "value"), wide)
        if self.projections == "packed":
            widths = {"projection": 3 * wide}
        shapes: dict[str, Shape] = {}
        for name, width in widths.items():
            shapes[f"{name}_kernel"] = (channels, width)
            shapes[f"{name}_bias"] = (width,)
        shapes["output_kernel"] = (wide, channels)
        shapes["output_bias"] = (channels,)
        return {
            name: size
            for name, size in shapes.items()
            if self.bias or not name.endswith("bias")
        }

    def initializer_field(self, name: str) -> str:
        """Return the field with the initialiser of a tensor."""
        if name.endswith("bias"):
            return "bias_initializer"
        output = name == "output_kernel"
        return "output_initializer" if output else "kernel_initializer"

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return the fans of the kernels of q, k and v."""
        wide = self.heads * self.size_for(shape[-1])
        packed = self.projections == "packed"
        return shape[-1], 3 * wide if packed else wide

    def fans_of(self, name: str, shape: Shape) -> tuple[int, int]:
        """Return the fans by which a tensor is drawn."""
        if name.startswith("output"):
            fan_out, wide = shape[-1], self.heads * self.size_for(shape[-1])
            return wide, fan_out
        return super().fans_of(name, shape)


class PositionEmbedding(LayerSpec):
    """x + P, where P (time, channels) is learnt: a vector for each step.

    Neither framework has such a layer; it is a parameter in PyTorch's and an
    embedding of 0, 1, 2, ... in Keras's examples.

    Attributes:
        embeddings_initializer: of P.
    """

    embeddings_initializer: KernelInitializer = Normal(stddev=0.02)

    def takes_padding(self) -> bool:
        """Return true, since each step is computed by itself."""
        return True

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the samples must be sequences."""
        expect_sequence(self.kind(), shape)
        return shape

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shape of P, that of a sample."""
        return {"embeddings": shape}

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return the sides of P."""
        return shape[0], shape[1]


class SinusoidalPositions(LayerSpec):
    """x + P, where P has sines and cosines of the time t::

        sin(t / base^(2i / channels)), cos(t / base^(2i / channels))

    for i = 0 to channels / 2 - 1; Vaswani et al. 2017, section 3.5.

    Attributes:
        order: whether the cosine of each i follows its sine (`interleaved`,
            the paper and PyTorch's tutorial), or all cosines follow all
            sines (`concatenated`, TensorFlow's tutorial).
        base: the base of the frequencies.
    """

    order: Literal["interleaved", "concatenated"] = "interleaved"
    base: Positive = 10000.0

    def takes_padding(self) -> bool:
        """Return true, since each step is computed by itself."""
        return True

    @model_validator(mode="after")
    def _base_is_no_unit(self) -> "SinusoidalPositions":
        if self.base == 1.0:
            raise ValueError("got base 1, for which all frequencies are one")
        return self

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the number of channels is even."""
        expect_sequence(self.kind(), shape)
        if shape[-1] % 2:
            raise refused(
                f"sinusoidal_positions got {shape[-1]} channels, expected an "
                "even number: a sine and a cosine of each frequency"
            )
        return shape

    def table(self, shape: Shape) -> Array:
        """Return P, float64 of the shape of a sample."""
        time, channels = shape
        frequencies = self.base ** (-np.arange(0, channels, 2) / channels)
        angles = np.arange(time)[:, np.newaxis] * frequencies
        pair = np.stack([np.sin(angles), np.cos(angles)])
        axes = "i t f -> t (f i)"
        if self.order == "concatenated":
            axes = "i t f -> t (i f)"
        return np.array(rearrange(pair, axes))
