"""Dense and flatten, in NumPy."""

from typing import cast

import numpy as np

from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.reference.rounding import summed
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.core import Dense, Flatten


def dense(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Y = x K + b, for each step of a sequence."""
    kernel = run.weights[f"{node.name}/kernel"]
    bias = cast("Dense", node.layer).bias
    y = x @ kernel
    if bias:
        y = y + run.weights[f"{node.name}/bias"]

    def back(slope: Array) -> Array:
        rows = slope.reshape(-1, slope.shape[-1])
        inputs = x.reshape(len(rows), -1)
        run.gradients[f"{node.name}/kernel"] = inputs.T @ rows
        if bias:
            run.gradients[f"{node.name}/bias"] = summed(
                rows, (0,), run.rounding
            )
        return slope @ kernel.T

    return y, back


def flatten(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Lay out pixel by pixel, or channel by channel."""
    layer = cast("Flatten", node.layer)
    if layer.order == "channels_last":
        return x.reshape(len(x), -1), lambda slope: slope.reshape(x.shape)
    moved = np.moveaxis(x, -1, 1)

    def back(slope: Array) -> Array:
        return np.moveaxis(slope.reshape(moved.shape), 1, -1)

    return moved.reshape(len(x), -1), back
