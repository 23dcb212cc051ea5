"""A PyTorch model from its layers."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from common.activations import Activation
from common.architecture import Place
from common.arm import Arm
from common.calls import Call, call, phrase
from common.initializers import Initializer, Scaled
from torch_impl import activations, initializers, layers
from torch_impl.initializer_extensions import variance_scaling_
from torch_impl.random_extensions import MASKED
from torch_impl.weights import leaves, tensors


def say(place: Place, masked: bool = False) -> Call:
    """Return how PyTorch says one layer where it stands.

    Args:
        place: the layer.
        masked: whether dropouts take their masks from outside.
    """
    book = activations if isinstance(place.layer, Activation) else layers
    blocks = {
        role: say_block(block, masked) for role, block in place.blocks.items()
    }
    if place.after is not None:
        blocks["after"] = say_block(place.after, masked)
    said = phrase(book, place.layer)(place.layer, place.input_shape, **blocks)
    if masked and said.function in MASKED:
        return replace(said, function=MASKED[said.function])
    return said


def say_block(places: Sequence[Place], masked: bool = False) -> Call:
    """Return how PyTorch says some layers, one after another."""
    if not places:
        return call(nn.Identity)
    said = {place.name: say(place, masked) for place in places}
    return call(nn.Sequential, call(OrderedDict, **said))


def build(arm: Arm, masked: bool = False) -> nn.Sequential:
    """Return the network, with its own random weights.

    Translation: the layers are made first and their weights are drawn
    afterwards, in place. No layer remembers how, so each is left a note,
    `initializers`, which `torch_impl.reading` looks at.
    """
    model: nn.Sequential = say_block(arm.places, masked).perform()
    found, modules = tensors(model), leaves(model)
    for place in arm.all_places:
        said = say_weights(place)
        for name, fill in said.items():
            fill.perform(found[name])
        if said:
            modules[place.name].initializers = {
                name.rpartition("/")[2]: fill.waiting()
                for name, fill in said.items()
            }
    return model


def say_weights(place: Place) -> dict[str, Call]:
    """Return how PyTorch fills a layer's tensors, by their full names.

    What is not named starts where the framework puts it.
    """
    said = {}
    for name in place.parameters:
        own = name.rpartition("/")[2]
        spec = getattr(place.layer, f"{own}_initializer", None)
        if spec is not None:
            said[name] = _say_drawn(spec, place)
    return said


def _say_drawn(spec: Initializer, place: Place) -> Call:
    """Return how to fill a tensor of a place.

    Translation: fans are counted in a tensor's shape, where a depthwise
    kernel shows those of one channel; others have to be told.
    """
    fans = place.layer.fans(place.input_shape)
    counted = getattr(place.layer, "fan_in", "per_channel") == "per_channel"
    if isinstance(spec, Scaled) and not counted and not spec.told:
        return call(variance_scaling_, *spec.scaling, fans)
    return phrase(initializers, spec)(spec, *fans)
