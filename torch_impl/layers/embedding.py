"""Embedding, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.embedding import Embedding
from framework_parity.torch_impl import padding_extensions


def embedding(spec: Embedding, shape: Shape) -> Call:
    """Embedding.

    Translation: the table is stored as `weight`; `padding_idx` is the id
    whose row starts at zero and gets no gradient. A module that knows which
    steps are padding, and tells the others, needs custom classes.
    """
    fields = {} if spec.padding is None else {"padding_idx": spec.padding}
    if spec.masked_id is None:
        return call(nn.Embedding, spec.vocabulary, spec.size, **fields)
    return call(
        padding_extensions.MaskingEmbedding,
        *(spec.vocabulary, spec.size),
        **fields,
        masked_id=spec.masked_id,
    )
