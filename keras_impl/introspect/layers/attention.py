"""Attention and positions, read from Keras."""

from typing import Any

from framework_parity.common.spec.layers.attention import (
    MultiHeadAttention,
    PositionEmbedding,
    SinusoidalPositions,
)
from framework_parity.keras_impl import attention_extensions as extensions
from framework_parity.keras_impl import introspect as reading


def multi_head_attention(live: Any) -> MultiHeadAttention | None:
    """The extensions of MultiHeadAttention.

    Translation: the size of a head is always given.
    """
    packed = type(live) is extensions.PackedSelfAttention
    if type(live) is not extensions.SelfAttention and not packed:
        return None
    if packed:
        kernel, bias = live.output_kernel, live.use_bias
        drawn = live.kernel_initializer, live.bias_initializer
    else:
        kernel = live.output_dense.kernel
        bias = live.output_dense.bias is not None
        inner = live.query_dense
        drawn = inner.kernel_initializer, inner.bias_initializer
    whole = live.num_heads * live.key_dim == kernel.shape[-1]
    return MultiHeadAttention(
        heads=live.num_heads,
        size=None if whole else live.key_dim,
        causal=live.causal,
        bias=bias,
        projections="packed" if packed else "separate",
        kernel_initializer=reading.read(drawn[0]),
        output_initializer=reading.read(live.output_initializer),
        bias_initializer=reading.read(drawn[1]),
    )


def position_embedding(live: Any) -> PositionEmbedding | None:
    """An extension class."""
    if type(live) is not extensions.PositionEmbedding:
        return None
    drawn = reading.read(live.embeddings_initializer)
    return PositionEmbedding(embeddings_initializer=drawn)


def sinusoidal_positions(live: Any) -> SinusoidalPositions | None:
    """An extension class."""
    if type(live) is not extensions.SinusoidalPositions:
        return None
    order: Any = "interleaved" if live.interleaved else "concatenated"
    return SinusoidalPositions(base=live.base, order=order)
