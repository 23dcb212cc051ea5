"""Embedding, in NumPy."""

from typing import cast

import numpy as np

from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.embedding import Embedding


def embedding(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Rows of the table; ids have no derivative, and the padding no row."""
    table = run.weights[f"{node.name}/embeddings"]
    layer = cast("Embedding", node.layer)
    padding = layer.padding
    ids = x.astype(np.int64)
    rows = table[ids]
    if layer.masked_id is not None:
        run.valid = ids != layer.masked_id
    if padding is not None:
        rows[ids == padding] = 0.0

    def back(slope: Array) -> Array:
        gradient = np.zeros_like(table)
        np.add.at(gradient, ids, slope)
        if padding is not None:
            gradient[padding] = 0.0
        run.gradients[f"{node.name}/embeddings"] = gradient
        return np.zeros(x.shape)

    return rows, back
