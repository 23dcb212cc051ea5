"""Construction of a PyTorch model from its specification."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from torch import nn
from torch.nn import init

from framework_parity.common.codegen.calls import Call, builder_for, call
from framework_parity.common.codegen.printing import Expression
from framework_parity.common.spec.architecture import (
    LayerNode,
    is_padded_after,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.attention import MultiHeadAttention
from framework_parity.common.spec.layers.embedding import Embedding
from framework_parity.common.spec.layers.recurrent import (
    Lstm,
    Recurrent,
    split_direction,
)
from framework_parity.torch_impl.layers.initial_weights import initializer_call
from framework_parity.torch_impl.padding_extensions import PADDED_CLASS
from framework_parity.torch_impl.random_extensions import MASKED_CLASS
from framework_parity.torch_impl.weights import leaves

ATTRIBUTES = {
    "kernel": "weight",
    "bias": "bias",
    "embeddings": "weight",
    "recurrent_kernel": "weight_hh",
    "recurrent_bias": "bias_hh",
}
"""The attribute of a layer for each tensor that has an initialiser."""


@dataclass(frozen=True)
class Fill:
    """A call that initialises a tensor of a layer, in place.

    Attributes:
        attribute: the layer's attribute.
        field: the field of the specification that says the values.
        call: the call, whose first argument is the tensor.
        rows: the rows that are filled, from and to, or one; None for the
            whole tensor.
    """

    attribute: str
    field: str
    call: Call
    rows: tuple[int, ...] | None = None

    def construct(self, layer: nn.Module) -> None:
        """Initialise the tensor of a live layer."""
        tensor = attrgetter(self.attribute)(layer)
        if self.rows is not None:
            one = len(self.rows) == 1
            tensor = tensor[self.rows[0] if one else slice(*self.rows)]
        self.call.construct(tensor)

    def written(self, layer: str) -> Expression:
        """Return the expression of the tensor in code.

        Args:
            layer: the expression of the layer.
        """
        rows = ":".join(map(str, self.rows or ()))
        return Expression(
            f"{layer}.{self.attribute}" + (f"[{rows}]" if rows else "")
        )


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
    if node.padded:
        kind = PADDED_CLASS.get(layer.function, layer.function)
        layer = replace(layer, function=kind)
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
    padded = any(n.padded or is_padded_after(n) for n in nodes)
    kind = PADDED_CLASS[nn.Sequential] if padded else nn.Sequential
    return call(kind, call(OrderedDict, **layers))


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
                fill.field: fill.call.as_partial() for fill in fills
            }
    return model


def weight_fills(node: LayerNode) -> list[Fill]:
    """Return what initialises a layer's tensors.

    Other tensors keep the framework's initial values.
    """
    fills: list[Fill] = []
    for name in node.tensors:
        tensor = name.rpartition("/")[2]
        if node.layer.initializer_of(tensor) is None:
            continue
        field = node.layer.initializer_field(tensor)
        attribute = attribute_of(node, tensor)
        drawn = initializer_call(tensor, node.layer, node.input_shape)
        fills.append(Fill(attribute, field, drawn))
        match node.layer:
            case Embedding(padding=int(row)):
                fill = call(init.zeros_)
                fills.append(Fill(attribute, "padding", fill, (row,)))
            case Lstm(units=n, forget_bias=float(value)) if (
                tensor.endswith("bias") and "recurrent" not in tensor
            ):
                fill = call(init.constant_, value)
                fills.append(Fill(attribute, "forget_bias", fill, (n, 2 * n)))
    return fills


def attribute_of(node: LayerNode, tensor: str) -> str:
    """Return the attribute of a PyTorch layer for one of its tensors.

    Args:
        node: the layer, with its input shape.
        tensor: the tensor's own neutral name.
    """
    layer = node.layer
    if isinstance(layer, MultiHeadAttention):
        return _of_attention(layer, node.input_shape, tensor)
    if not isinstance(layer, Recurrent):
        return ATTRIBUTES[tensor]
    direction, own = split_direction(tensor)
    stem = {"kernel": "weight_ih", "bias": "bias_ih"}.get(own)
    if own == "bias" and getattr(layer, "biases", "") == "stacked":
        stem = "bias"
    end = "_l0_reverse" if direction == "backward" else "_l0"
    return f"{stem or ATTRIBUTES[own]}{end}"


def _of_attention(layer: MultiHeadAttention, shape: Shape, tensor: str) -> str:
    part, _, own = tensor.partition("_")
    word = {"kernel": "weight", "bias": "bias"}[own]
    whole = layer.projections == "packed" and layer.divides(shape[-1])
    if part == "output":
        return f"out_proj.{word}" if whole else f"out_{word}"
    return f"{'in_proj' if part == 'projection' else part}_{word}"
