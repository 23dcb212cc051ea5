"""Construction of a Keras model from its specification."""

from collections.abc import Sequence
from dataclasses import replace

import keras

from framework_parity.common.codegen.calls import Call, builder_for, call
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layer import TokenShape
from framework_parity.keras_impl.padding_extensions import PADDED_CLASS
from framework_parity.keras_impl.random_extensions import MASKED_CLASS


def layer_call(node: LayerNode, masked: bool = False) -> Call:
    """Return the Keras call of one layer of a network.

    Args:
        node: the layer, with its name and input shape.
        masked: whether dropouts take their masks from outside.
    """
    blocks = {
        role: block_call(block, masked) for role, block in node.blocks.items()
    }
    if node.after is not None:
        blocks["after"] = block_call(node.after, masked)
    layer = builder_for("keras_impl", node.layer)(
        node.layer, node.input_shape, **blocks
    )
    layer = replace(layer, kwargs=layer.kwargs | {"name": node.name})
    if node.padded:
        kind = PADDED_CLASS.get(layer.function, layer.function)
        layer = replace(layer, function=kind)
    if masked and layer.function in MASKED_CLASS:
        return replace(layer, function=MASKED_CLASS[layer.function])
    return layer


def block_call(nodes: Sequence[LayerNode], masked: bool = False) -> Call:
    """Return the Keras call of a sequence of layers.

    Args:
        nodes: the layers, in order; an empty sequence is an identity.
        masked: whether dropouts take their masks from outside.

    Translation: the input shape is the first element, so that the weights
    are created at once. Token ids keep their dtype.
    """
    if not nodes:
        return call(keras.layers.Identity, name="identity")
    shape = nodes[0].input_shape
    kind = {"dtype": "int64"} if isinstance(shape, TokenShape) else {}
    start = call(keras.Input, shape, **kind)
    layers = [layer_call(node, masked) for node in nodes]
    block = keras.Sequential
    if nodes[0].padded:
        block = PADDED_CLASS[block]
    return call(block, [start, *layers])


def build(arm: Arm, masked: bool = False) -> keras.Sequential:
    """Return the network, with weights drawn by the framework.

    Args:
        arm: the network.
        masked: whether dropouts take their masks from outside.

    Translation: the layers draw their weights when they are constructed.
    """
    model: keras.Sequential = block_call(arm.nodes, masked).construct()
    return model
