"""Construction of a PyTorch model from its specification."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import nn

from framework_parity.common.codegen.calls import Call, builder_for, call
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.torch_impl.layers.initial_weights import initializer_call
from framework_parity.torch_impl.random_extensions import MASKED_CLASS
from framework_parity.torch_impl.weights import leaves, tensors

# The attribute of a layer for each tensor that has an initialiser.
ATTRIBUTES = {"kernel": "weight", "bias": "bias"}


def layer_call(node: LayerNode, masked: bool = False) -> Call:
    """Return the PyTorch call of one layer of a network.

    Args:
        node: the layer, with its name and input shape.
        masked: whether dropouts take their masks from outside.
    """
    blocks = {
        role: block_call(block, masked) for role, block in node.blocks.items()
    }
    if node.after is not None:
        blocks["after"] = block_call(node.after, masked)
    layer = builder_for("torch_impl", node.layer)(
        node.layer, node.input_shape, **blocks
    )
    if masked and layer.function in MASKED_CLASS:
        return replace(layer, function=MASKED_CLASS[layer.function])
    return layer


def block_call(nodes: Sequence[LayerNode], masked: bool = False) -> Call:
    """Return the PyTorch call of a sequence of layers.

    Args:
        nodes: the layers, in order; an empty sequence is an identity.
        masked: whether dropouts take their masks from outside.
    """
    if not nodes:
        return call(nn.Identity)
    layers = {node.name: layer_call(node, masked) for node in nodes}
    return call(nn.Sequential, call(OrderedDict, **layers))


def build(arm: Arm, masked: bool = False) -> nn.Sequential:
    """Return the network, with weights drawn by the framework.

    Args:
        arm: the network.
        masked: whether dropouts take their masks from outside.

    Translation: the layers are constructed first and their weights are drawn
    afterwards, in place. A layer does not store its initialisers, so they
    are set as an attribute, `initializers`, which `torch_impl.introspect`
    reads.
    """
    model: nn.Sequential = block_call(arm.nodes, masked).construct()
    live, modules = tensors(model), dict[str, Any](leaves(model))
    for node in arm.all_nodes:
        fills = weight_calls(node)
        for name, fill in fills.items():
            fill.construct(live[name])
        if fills:
            modules[node.name].initializers = {
                name.rpartition("/")[2]: fill.as_partial()
                for name, fill in fills.items()
            }
    return model


def weight_calls(node: LayerNode) -> dict[str, Call]:
    """Return the calls that initialise a layer's tensors, by full name.

    Other tensors keep the framework's initial values.
    """
    fills = {}
    for name in node.parameters:
        tensor = name.rpartition("/")[2]
        spec = getattr(node.layer, f"{tensor}_initializer", None)
        if spec is not None:
            fills[name] = initializer_call(spec, node.layer, node.input_shape)
    return fills
