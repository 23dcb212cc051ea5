"""A Keras model from its layers."""

import keras

from common.activations import Activation
from common.architecture import Place
from common.calls import Call, phrase
from common.experiment import Arm
from keras_impl import activations, layers


def say(place: Place) -> Call:
    """Return how Keras says one layer where it stands."""
    book = activations if isinstance(place.layer, Activation) else layers
    return phrase(book, place.layer)(place.layer, place.input_shape)


def build(arm: Arm) -> keras.Sequential:
    """Return the network, with its own random weights.

    Translation: the input's shape stands first, so that the weights exist
    at once; they are drawn by the layers themselves.
    """
    found = []
    for place in arm.places:
        layer = say(place).perform()
        layer.name = place.name
        found.append(layer)
    return keras.Sequential([keras.Input(arm.data.source.shape), *found])
