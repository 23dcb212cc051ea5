"""What a live Keras object means: the phrase book the other way round.

Read each file beside its namesake in `torch_impl/reading`, and beside the
file of that name one folder up, which says what is read here.
"""

from typing import Any

import keras

from common.calls import absent
from common.canonical import canonical_layers
from common.layer import Shape
from common.reading import recognized
from keras_impl.reading import (
    activations,
    clipping,
    initializers,
    layers,
    losses,
    optimizers,
    schedules,
)

# Where to look for an object of a class; the first class that fits counts.
BOOKS = {
    keras.optimizers.Optimizer: (optimizers,),
    keras.optimizers.schedules.LearningRateSchedule: (schedules,),
    keras.losses.Loss: (losses,),
    keras.layers.Layer: (activations, layers),
    keras.initializers.Initializer: (initializers,),
}


def read(live: Any) -> Any:
    """Return the spec of a live object, in canonical form.

    Raises:
        LookupError: if no reader knows it.
    """
    kinds = (kind for kind in BOOKS if isinstance(live, kind))
    return recognized(BOOKS[next(kinds, keras.layers.Layer)], live)


def read_clipping(live: Any) -> Any:
    """Return the spec of what clips gradients.

    Args:
        live: the optimiser, which clips by itself.

    Raises:
        LookupError: if no reader knows it.
    """
    return recognized((clipping,), live)


def read_model(model: Any, shape: Shape | None = None) -> tuple[Any, ...]:
    """Return the layers of a live network.

    Args:
        model: the network.
        shape: that of one input sample, channels last. If it is known, what
            makes no difference there is in canonical form, too.

    Translation: a Sequential in a Sequential is one longer one.
    """
    found = read_block(model)
    return found if shape is None else canonical_layers(found, shape)


def read_block(live: Any) -> tuple[Any, ...]:
    """Return the layers that stand for a block, which may be empty."""
    if type(live) is keras.layers.Identity:
        return ()
    if not isinstance(live, keras.Sequential):
        return (read(live),)
    found: list[Any] = []
    for layer in live.layers:
        nested = isinstance(layer, keras.Sequential)
        found += read_block(layer) if nested else [read(layer)]
    return tuple(found)


read_penalty = absent(
    "notimpl",
    "a live penalty is a function: which tensors it is meant for, and whether "
    "it is reported, stand in the loop around it",
)
