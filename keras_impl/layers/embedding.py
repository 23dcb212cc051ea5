"""Embedding, in Keras."""

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.embedding import Embedding
from framework_parity.keras_impl import extensions
from framework_parity.keras_impl.layers.initial_weights import initializer_call


def embedding(spec: Embedding, shape: Shape) -> Call:
    """An extension of Embedding whose gradient is one dense tensor.

    Translation: Keras's own layer passes on the derivative of each place of
    an id, and its adaptive optimisers average the squares of each. An id
    whose row stays zero needs an extension, too; `mask_zero` only makes a
    mask, which Keras passes on to the layers after.
    """
    initializer = initializer_call("embeddings", spec, shape)
    fields = {
        name: value
        for name in ("padding", "masked_id")
        if (value := getattr(spec, name)) is not None
    }
    return call(
        extensions.DenseEmbedding,
        spec.vocabulary,
        spec.size,
        embeddings_initializer=initializer,
        **fields,
    )
