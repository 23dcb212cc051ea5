"""Attention of a sequence to itself, and positions."""

from typing import Any

import keras
import numpy as np
from keras import ops

from framework_parity.keras_impl.extensions import SampleLayer, registered


@registered
class SelfAttention(keras.layers.MultiHeadAttention):
    """MultiHeadAttention of a sequence (n, t, c) to itself.

    Keras's own call rounds 1/√key_dim to float32.

    Args:
        causal: whether a step sees only itself and those before it.
        output_initializer: of the last projection's kernel.
    """

    def __init__(
        self,
        *args: Any,
        causal: bool,
        output_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.causal = causal
        self.output_initializer = keras.initializers.get(output_initializer)

    def build(self, input_shape: Any) -> None:
        super().build(input_shape, input_shape)
        kernel = self.output_dense.kernel
        heads, size, channels = kernel.shape
        drawn = self.output_initializer((heads * size, channels), kernel.dtype)
        kernel.assign(ops.reshape(drawn, kernel.shape))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is not None:
            # The product has no mask, which the layers inside would drop.
            inputs = ops.multiply(inputs, 1)
        heads = ops.dot_product_attention(
            self.query_dense(inputs),
            self.key_dense(inputs),
            self.value_dense(inputs),
            mask=_seen(mask),
            scale=np.float64(self.key_dim**-0.5),
            is_causal=self.causal,
        )
        return self.output_dense(heads)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def compute_output_spec(self, inputs: Any, mask: Any = None) -> Any:
        return keras.KerasTensor(inputs.shape, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        pack = keras.saving.serialize_keras_object
        return super().get_config() | {
            "causal": self.causal,
            "output_initializer": pack(self.output_initializer),
        }


def _seen(mask: Any) -> Any:
    """Return the mask of steps (n, t) for the scores, (n, 1, 1, t)."""
    return None if mask is None else mask[:, None, None]


@registered
class PackedSelfAttention(SampleLayer):
    """`SelfAttention` whose kernels of query, key and value are one.

    Args:
        num_heads: the number of heads.
        key_dim: the size of a head.
        causal: whether a step sees only itself and those before it.
        use_bias: whether the projections have biases.
        kernel_initializer: of the kernels of query, key and value.
        output_initializer: of the last projection's kernel.
        bias_initializer: of all biases.
        kernel_regularizer: of all kernels.
        bias_regularizer: of all biases.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        causal: bool,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        output_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.num_heads, self.key_dim = num_heads, key_dim
        self.causal, self.use_bias = causal, use_bias
        get = keras.initializers.get
        self.kernel_initializer = get(kernel_initializer)
        self.output_initializer = get(output_initializer)
        self.bias_initializer = get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        channels, wide = input_shape[-1], self.num_heads * self.key_dim
        rule = {"regularizer": self.kernel_regularizer}
        self.projection_kernel = self.add_weight(
            (channels, 3 * wide),
            self.kernel_initializer,
            name="kernel",
            **rule,
        )
        self.output_kernel = self.add_weight(
            (wide, channels),
            self.output_initializer,
            name="output_kernel",
            **rule,
        )
        self.projection_bias = self.output_bias = None
        if self.use_bias:
            drawn = self.bias_initializer
            rule = {"regularizer": self.bias_regularizer}
            self.projection_bias = self.add_weight(
                (3 * wide,), drawn, name="bias", **rule
            )
            self.output_bias = self.add_weight(
                (channels,), drawn, name="output_bias", **rule
            )

    def call(self, inputs: Any, mask: Any = None) -> Any:
        parts = ops.matmul(inputs, self.projection_kernel)
        if self.use_bias:
            parts = parts + self.projection_bias
        sides = (-1, parts.shape[1], self.num_heads, self.key_dim)
        query, key, value = (
            ops.reshape(part, sides) for part in ops.split(parts, 3, axis=-1)
        )
        heads = ops.dot_product_attention(
            *(query, key, value),
            mask=_seen(mask),
            scale=np.float64(self.key_dim**-0.5),
            is_causal=self.causal,
        )
        wide = self.num_heads * self.key_dim
        joined = ops.reshape(heads, (-1, parts.shape[1], wide))
        outputs = ops.matmul(joined, self.output_kernel)
        return outputs + self.output_bias if self.use_bias else outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        pack = keras.saving.serialize_keras_object
        return super().get_config() | {
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "causal": self.causal,
            "use_bias": self.use_bias,
            "kernel_initializer": pack(self.kernel_initializer),
            "output_initializer": pack(self.output_initializer),
            "bias_initializer": pack(self.bias_initializer),
            "kernel_regularizer": pack(self.kernel_regularizer),
            "bias_regularizer": pack(self.bias_regularizer),
        }


@registered
class PositionEmbedding(SampleLayer):
    """x + P, with a learnt P (t, c)."""

    def __init__(
        self,
        embeddings_initializer: Any,
        embeddings_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        get, rule = keras.initializers.get, keras.regularizers.get
        self.embeddings_initializer = get(embeddings_initializer)
        self.embeddings_regularizer = rule(embeddings_regularizer)

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.embeddings = self.add_weight(
            tuple(input_shape[1:]),
            self.embeddings_initializer,
            name="embeddings",
            regularizer=self.embeddings_regularizer,
        )

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask

    def call(self, inputs: Any) -> Any:
        return inputs + self.embeddings

    def get_config(self) -> dict[str, Any]:
        pack = keras.saving.serialize_keras_object
        return super().get_config() | {
            "embeddings_initializer": pack(self.embeddings_initializer),
            "embeddings_regularizer": pack(self.embeddings_regularizer),
        }


@registered
class SinusoidalPositions(SampleLayer):
    """x + P, with sines and cosines of the time.

    sin(t / base^(2i / channels)) and cos(t / base^(2i / channels)), for each
    i one after the other, or first all sines.
    """

    def __init__(self, base: float, interleaved: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.base, self.interleaved = base, interleaved

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask

    def call(self, inputs: Any) -> Any:
        _, steps, channels = inputs.shape
        powers = np.arange(0, channels, 2) / channels
        angles = np.arange(steps)[:, None] * self.base**-powers
        pair = np.stack([np.sin(angles), np.cos(angles)], -1)
        order = pair if self.interleaved else pair.swapaxes(1, 2)
        table = ops.cast(order.reshape(steps, channels), inputs.dtype)
        return inputs + table

    def get_config(self) -> dict[str, Any]:
        own = {"base": self.base, "interleaved": self.interleaved}
        return super().get_config() | own
