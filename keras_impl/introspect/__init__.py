"""Read live Keras objects: return the spec that each of them means.

A reader stands in the file that has the path of its element in `common/spec`;
see `common.codegen.lookup`.
"""

from typing import Any

import keras

from framework_parity.common.codegen.calls import absent
from framework_parity.common.codegen.introspection import spec_of
from framework_parity.common.spec.canonical import canonical_layers
from framework_parity.common.spec.clipping import Clipping
from framework_parity.common.spec.initializers import KernelInitializer
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.losses import Loss
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.spec.schedules import Schedule

# What objects of a class may mean; the first class that fits counts.
FAMILIES: dict[type, Any] = {
    keras.optimizers.Optimizer: Optimizer,
    keras.optimizers.schedules.LearningRateSchedule: Schedule,
    keras.losses.Loss: Loss,
    keras.layers.Layer: Layer,
    keras.initializers.Initializer: KernelInitializer,
}


def read(live: Any) -> Any:
    """Return the spec of a live object, in canonical form.

    Raises:
        LookupError: if no reader knows it.
    """
    classes = (each for each in FAMILIES if isinstance(live, each))
    return spec_of(
        "keras_impl", FAMILIES[next(classes, keras.layers.Layer)], live
    )


def read_clipping(live: Any) -> Any:
    """Return the spec of what clips gradients.

    Args:
        live: the optimiser, which clips by itself.

    Raises:
        LookupError: if no reader knows it.
    """
    return spec_of("keras_impl", Clipping, live)


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
