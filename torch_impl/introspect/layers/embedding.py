"""Embedding, read from PyTorch."""

from functools import partial
from typing import Any

from torch import nn
from torch.nn import init

from framework_parity.common.spec.layers.embedding import Embedding
from framework_parity.torch_impl import padding_extensions
from framework_parity.torch_impl.introspect.layers.initial_weights import (
    initializer_fields,
)


def embedding(live: Any) -> Embedding | None:
    """Embedding with a dense gradient and without renormalisation."""
    known = (nn.Embedding, padding_extensions.MaskingEmbedding)
    plain = type(live) in known and live.max_norm is None
    if not plain or live.sparse or live.scale_grad_by_freq:
        return None
    default = partial(init.normal_)
    return Embedding(
        vocabulary=live.num_embeddings,
        size=live.embedding_dim,
        padding=live.padding_idx,
        masked_id=getattr(live, "masked_id", None),
        **initializer_fields(live, {"embeddings_initializer": default}),
    )
