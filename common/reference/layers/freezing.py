"""Layers whose parameters are not trained, in NumPy."""

from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array


def frozen(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """The layers; what is not trained is left out by the trainer."""
    return run.through(node.blocks["layers"], x)
