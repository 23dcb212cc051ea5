"""Attention and positions, in Keras."""

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.attention import (
    MultiHeadAttention,
    PositionEmbedding,
    SinusoidalPositions,
)
from framework_parity.keras_impl import attention_extensions as extensions
from framework_parity.keras_impl.layers.initial_weights import initializer_call


def multi_head_attention(spec: MultiHeadAttention, shape: Shape) -> Call:
    """MultiHeadAttention, in a class that takes one tensor.

    Translation: query, key and value have a kernel each, (channels, heads,
    size), and one initialiser draws all kernels; others need a custom class.
    The order of the arguments is query, value, key.
    """
    packed = spec.projections == "packed"
    first = "projection_kernel" if packed else "query_kernel"
    kind = (
        extensions.PackedSelfAttention if packed else extensions.SelfAttention
    )
    return call(
        kind,
        *(spec.heads, spec.size_for(shape[-1])),
        causal=spec.causal,
        use_bias=spec.bias,
        kernel_initializer=initializer_call(first, spec, shape),
        output_initializer=initializer_call("output_kernel", spec, shape),
        bias_initializer=initializer_call("output_bias", spec, shape),
    )


def position_embedding(spec: PositionEmbedding, shape: Shape) -> Call:
    """A custom layer with one weight."""
    drawn = initializer_call("embeddings", spec, shape)
    return call(extensions.PositionEmbedding, drawn)


def sinusoidal_positions(spec: SinusoidalPositions, shape: Shape) -> Call:
    """A custom layer without weights."""
    return call(
        extensions.SinusoidalPositions, spec.base, spec.order == "interleaved"
    )
