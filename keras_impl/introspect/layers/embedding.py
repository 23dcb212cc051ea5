"""Embedding, read from Keras."""

from typing import Any

from framework_parity.common.spec.layers.embedding import Embedding
from framework_parity.keras_impl import extensions
from framework_parity.keras_impl import introspect as reading


def embedding(live: Any) -> Embedding | None:
    """The extension of Embedding with a dense gradient."""
    if type(live) is not extensions.DenseEmbedding or live.mask_zero:
        return None
    return Embedding(
        vocabulary=live.input_dim,
        size=live.output_dim,
        padding=live.padding,
        masked_id=live.masked_id,
        embeddings_initializer=reading.read(live.embeddings_initializer),
    )
