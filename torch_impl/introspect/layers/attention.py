"""Attention and positions, read from PyTorch."""

from functools import partial
from typing import Any

from torch.nn import init

from framework_parity.common.spec.layers.attention import (
    MultiHeadAttention,
    PositionEmbedding,
    SinusoidalPositions,
)
from framework_parity.torch_impl import attention_extensions as extensions
from framework_parity.torch_impl import initializer_extensions as drawing
from framework_parity.torch_impl.introspect.layers.initial_weights import (
    initializer_fields,
)


def multi_head_attention(live: Any) -> MultiHeadAttention | None:
    """The extensions of MultiheadAttention."""
    defaults = {
        "kernel_initializer": partial(init.xavier_uniform_),
        "output_initializer": partial(drawing.fan_in_uniform_),
        "bias_initializer": partial(init.zeros_),
    }
    if type(live) is extensions.SelfAttention:
        return MultiHeadAttention(
            heads=live.num_heads,
            causal=live.causal,
            bias=live.in_proj_bias is not None,
            projections="packed",
            **initializer_fields(live, defaults),
        )
    if not isinstance(live, extensions.SizedSelfAttention):
        return None
    whole = live.heads * live.size == live.out_weight.shape[0]
    return MultiHeadAttention(
        heads=live.heads,
        size=None if whole else live.size,
        causal=live.causal,
        bias=live.out_bias is not None,
        projections="packed" if live.packed else "separate",
        **initializer_fields(live, defaults),
    )


def position_embedding(live: Any) -> PositionEmbedding | None:
    """An extension class."""
    if type(live) is not extensions.PositionEmbedding:
        return None
    default = partial(init.normal_, std=0.02)
    fields = initializer_fields(live, {"embeddings_initializer": default})
    return PositionEmbedding(**fields)


def sinusoidal_positions(live: Any) -> SinusoidalPositions | None:
    """An extension class."""
    if type(live) is not extensions.SinusoidalPositions:
        return None
    order: Any = "interleaved" if live.interleaved else "concatenated"
    return SinusoidalPositions(base=live.base, order=order)
