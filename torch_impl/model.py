"""A PyTorch model from its layers."""

from collections import OrderedDict

from torch import nn

from common.activations import Activation
from common.architecture import Place
from common.calls import Call, phrase
from common.experiment import Arm
from common.layers import Dense
from torch_impl import activations, initializers, layers


def say(place: Place) -> Call:
    """Return how PyTorch says one layer where it stands."""
    book = activations if isinstance(place.layer, Activation) else layers
    return phrase(book, place.layer)(place.layer, place.input_shape)


def build(arm: Arm) -> nn.Sequential:
    """Return the network, with its own random weights.

    Translation: the layers are made first and their weights are drawn
    afterwards, in place.
    """
    model = nn.Sequential(
        OrderedDict((p.name, say(p).perform()) for p in arm.places)
    )
    for place in arm.places:
        if isinstance(place.layer, Dense):
            _initialize(model.get_submodule(place.name), place.layer)
    return model


def _initialize(module: nn.Module, spec: Dense) -> None:
    assert isinstance(module, nn.Linear)
    fans = module.in_features, module.out_features
    kernel = phrase(initializers, spec.kernel_initializer)
    kernel(spec.kernel_initializer, *fans).perform(module.weight)
    if spec.bias:
        bias = phrase(initializers, spec.bias_initializer)
        bias(spec.bias_initializer, *fans).perform(module.bias)
