"""A PyTorch model from its layers."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from framework_parity.common.codegen.calls import Call, builder_for, call
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.torch_impl.layers.initial_weights import (
    initializer_call,
)
from framework_parity.torch_impl.random_extensions import MASKED_CLASS
from framework_parity.torch_impl.weights import leaves, tensors


def layer_call(place: LayerNode, masked: bool = False) -> Call:
    """Return how PyTorch says one layer where it stands.

    Args:
        place: the layer.
        masked: whether dropouts take their masks from outside.
    """
    blocks = {
        role: block_call(block, masked) for role, block in place.blocks.items()
    }
    if place.after is not None:
        blocks["after"] = block_call(place.after, masked)
    said = builder_for("torch_impl", place.layer)(
        place.layer, place.input_shape, **blocks
    )
    if masked and said.function in MASKED_CLASS:
        return replace(said, function=MASKED_CLASS[said.function])
    return said


def block_call(places: Sequence[LayerNode], masked: bool = False) -> Call:
    """Return how PyTorch says some layers, one after another."""
    if not places:
        return call(nn.Identity)
    said = {place.name: layer_call(place, masked) for place in places}
    return call(nn.Sequential, call(OrderedDict, **said))


def build(arm: Arm, masked: bool = False) -> nn.Sequential:
    """Return the network, with its own random weights.

    Translation: the layers are made first and their weights are drawn
    afterwards, in place. No layer remembers how, so each is left a note,
    `initializers`, which `torch_impl.introspect` looks at.
    """
    model: nn.Sequential = block_call(arm.places, masked).construct()
    found, modules = tensors(model), leaves(model)
    for place in arm.all_nodes:
        said = weight_calls(place)
        for name, fill in said.items():
            fill.construct(found[name])
        if said:
            modules[place.name].initializers = {
                name.rpartition("/")[2]: fill.as_partial()
                for name, fill in said.items()
            }
    return model


def weight_calls(place: LayerNode) -> dict[str, Call]:
    """Return how PyTorch fills a layer's tensors, by their full names.

    What is not named starts where the framework puts it.
    """
    said = {}
    for name in place.parameters:
        own = name.rpartition("/")[2]
        spec = getattr(place.layer, f"{own}_initializer", None)
        if spec is not None:
            said[name] = initializer_call(spec, place.layer, place.input_shape)
    return said
