"""A Keras model from its layers."""

from collections.abc import Sequence
from dataclasses import replace

import keras

from common.activations import Activation
from common.architecture import Place
from common.arm import Arm
from common.calls import Call, call, phrase
from keras_impl import activations, layers
from keras_impl.random_extensions import MASKED


def say(place: Place, masked: bool = False) -> Call:
    """Return how Keras says one layer where it stands.

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
    said = replace(said, kwargs=said.kwargs | {"name": place.name})
    if masked and said.function in MASKED:
        return replace(said, function=MASKED[said.function])
    return said


def say_block(places: Sequence[Place], masked: bool = False) -> Call:
    """Return how Keras says some layers, one after another.

    Translation: the input's shape stands first, so that the weights exist
    at once.
    """
    if not places:
        return call(keras.layers.Identity, name="identity")
    start = call(keras.Input, places[0].input_shape)
    said = [say(place, masked) for place in places]
    return call(keras.Sequential, [start, *said])


def build(arm: Arm, masked: bool = False) -> keras.Sequential:
    """Return the network, with its own random weights.

    Translation: the layers draw their weights as they are made.
    """
    model: keras.Sequential = say_block(arm.places, masked).perform()
    return model
