"""Attention and positions, in PyTorch."""

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.attention import (
    MultiHeadAttention,
    PositionEmbedding,
    SinusoidalPositions,
)
from framework_parity.torch_impl import attention_extensions as extensions


def multi_head_attention(spec: MultiHeadAttention, shape: Shape) -> Call:
    """MultiheadAttention, in a class that takes and returns one tensor.

    Translation: the kernels of query, key and value are stored as one,
    (3 channels, channels), `in_proj_weight`, and the sizes of all heads
    together are the channels; other forms need a custom class. A mask of
    booleans says which steps are left out.
    """
    channels = shape[-1]
    size = spec.size_for(channels)
    fields = {"causal": spec.causal, "bias": spec.bias}
    if spec.projections == "packed" and spec.divides(channels):
        return call(extensions.SelfAttention, channels, spec.heads, **fields)
    return call(
        extensions.SizedSelfAttention,
        *(channels, spec.heads, size),
        **fields,
        packed=spec.projections == "packed",
    )


def position_embedding(spec: PositionEmbedding, shape: Shape) -> Call:
    """A custom module with one parameter."""
    return call(extensions.PositionEmbedding, *shape)


def sinusoidal_positions(spec: SinusoidalPositions, shape: Shape) -> Call:
    """A custom module without parameters."""
    return call(
        extensions.SinusoidalPositions, spec.base, spec.order == "interleaved"
    )
