"""A Keras model from its layers."""

from collections.abc import Sequence
from dataclasses import replace

import keras

from framework_parity.common.codegen.calls import Call, builder_for, call
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.keras_impl.random_extensions import MASKED_CLASS


def layer_call(place: LayerNode, masked: bool = False) -> Call:
    """Return how Keras says one layer where it stands.

    Args:
        place: the layer.
        masked: whether dropouts take their masks from outside.
    """
    blocks = {
        role: block_call(block, masked) for role, block in place.blocks.items()
    }
    if place.after is not None:
        blocks["after"] = block_call(place.after, masked)
    said = builder_for("keras_impl", place.layer)(
        place.layer, place.input_shape, **blocks
    )
    said = replace(said, kwargs=said.kwargs | {"name": place.name})
    if masked and said.function in MASKED_CLASS:
        return replace(said, function=MASKED_CLASS[said.function])
    return said


def block_call(places: Sequence[LayerNode], masked: bool = False) -> Call:
    """Return how Keras says some layers, one after another.

    Translation: the input's shape stands first, so that the weights exist
    at once.
    """
    if not places:
        return call(keras.layers.Identity, name="identity")
    start = call(keras.Input, places[0].input_shape)
    said = [layer_call(place, masked) for place in places]
    return call(keras.Sequential, [start, *said])


def build(arm: Arm, masked: bool = False) -> keras.Sequential:
    """Return the network, with its own random weights.

    Translation: the layers draw their weights as they are made.
    """
    model: keras.Sequential = block_call(arm.places, masked).construct()
    return model
