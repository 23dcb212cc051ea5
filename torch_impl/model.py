"""Construction of a PyTorch model from its specification."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import nn
from torch.nn import init

from framework_parity.common.codegen.calls import Call, builder_for, call
from framework_parity.common.codegen.printing import Expression
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.torch_impl.layers.initial_weights import initializer_call
from framework_parity.torch_impl.random_extensions import MASKED_CLASS
from framework_parity.torch_impl.weights import leaves

ATTRIBUTES = {"kernel": "weight", "bias": "bias", "embeddings": "weight"}
"""The attribute of a layer for each tensor that has an initialiser."""


@dataclass(frozen=True)
class Fill:
    """A call that initialises a tensor of a layer, in place.

    Attributes:
        tensor: the tensor's own neutral name, such as `kernel`.
        call: the call, whose first argument is the tensor.
        row: the row that is filled; None for the whole tensor.
    """

    tensor: str
    call: Call
    row: int | None = None

    def construct(self, layer: nn.Module) -> None:
        """Initialise the tensor of a live layer."""
        tensor = getattr(layer, ATTRIBUTES[self.tensor])
        self.call.construct(tensor if self.row is None else tensor[self.row])

    def written(self, layer: str) -> Expression:
        """Return the expression of the tensor in code.

        Args:
            layer: the expression of the layer.
        """
        row = "" if self.row is None else f"[{self.row}]"
        return Expression(f"{layer}.{ATTRIBUTES[self.tensor]}{row}")


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
    modules = dict[str, Any](leaves(model))
    for node in arm.all_nodes:
        fills = weight_fills(node)
        for fill in fills:
            fill.construct(modules[node.name])
        if fills:
            modules[node.name].initializers = {
                fill.tensor: fill.call.as_partial()
                for fill in fills
                if fill.row is None
            }
    return model


def weight_fills(node: LayerNode) -> list[Fill]:
    """Return what initialises a layer's tensors.

    Other tensors keep the framework's initial values.
    """
    fills = []
    for name in node.parameters:
        tensor = name.rpartition("/")[2]
        spec = getattr(node.layer, f"{tensor}_initializer", None)
        if spec is not None:
            drawn = initializer_call(spec, node.layer, node.input_shape)
            fills.append(Fill(tensor, drawn))
            padding = getattr(node.layer, "padding", None)
            if tensor == "embeddings" and padding is not None:
                fills.append(Fill(tensor, call(init.zeros_), padding))
    return fills
