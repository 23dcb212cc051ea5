"""Embedding, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.embedding import Embedding


def embedding(spec: Embedding, shape: Shape) -> Call:
    """Embedding.

    Translation: the table is stored as `weight`; `padding_idx` is the id
    whose row starts at zero and gets no gradient.
    """
    padding = {} if spec.padding is None else {"padding_idx": spec.padding}
    return call(nn.Embedding, spec.vocabulary, spec.size, **padding)
