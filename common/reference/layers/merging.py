"""Residual blocks and concatenation, in NumPy."""

from typing import cast

import numpy as np

from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.merging import Concatenate


def residual(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """activation(body(x) + shortcut(x))."""
    body, body_back = run.through(node.blocks["body"], x)
    shortcut, shortcut_back = run.through(node.blocks["shortcut"], x)
    y, after_back = run.through(node.after or (), body + shortcut)

    def back(slope: Array) -> Array:
        slope = after_back(slope)
        return body_back(slope) + shortcut_back(slope)

    return y, back


def concatenate(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """The outputs of the branches, concatenated along an axis."""
    results = [run.through(block, x) for block in node.blocks.values()]
    layer = cast("Concatenate", node.layer)
    axis = layer.along(results[0][0].shape[1:]) + 1
    ends = np.cumsum([y.shape[axis] for y, _ in results])[:-1]

    def back(slope: Array) -> Array:
        shares = np.split(slope, ends, axis=axis)
        slopes = [
            back(share)
            for (_, back), share in zip(results, shares, strict=True)
        ]
        return np.asarray(sum(slopes))

    return np.concatenate([y for y, _ in results], axis=axis), back
