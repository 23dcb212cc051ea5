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
    mask.
    """
    initializer = initializer_call("embeddings", spec, shape)
    padding = {} if spec.padding is None else {"padding": spec.padding}
    return call(
        extensions.DenseEmbedding,
        spec.vocabulary,
        spec.size,
        embeddings_initializer=initializer,
        **padding,
    )
