"""Dropout layers, in NumPy, with the random factors of the step."""

from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array


def dropout(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """X · mask in training, x in evaluation."""
    if run.masks is None:
        return x, lambda slope: slope
    mask = run.masks[node.name]
    return x * mask, lambda slope: slope * mask


def spatial_dropout(
    node: LayerNode, x: Array, run: Pass
) -> tuple[Array, Back]:
    """The same as `dropout`, with one factor per channel."""
    return dropout(node, x, run)
