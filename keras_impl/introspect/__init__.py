"""Read live Keras objects: return the spec of each.

The file of a reader has the same path as its element in `common/spec`; see
`common.codegen.lookup`.
"""

from typing import Any

import keras

from framework_parity.common.codegen.calls import absent
from framework_parity.common.codegen.introspection import (
    as_trained,
    spec_of,
)
from framework_parity.common.spec.canonical import canonical_layers
from framework_parity.common.spec.clipping import Clipping
from framework_parity.common.spec.initializers import KernelInitializer
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.losses import Loss
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.spec.schedules import Schedule

# The family of elements of each class; the first match is used.
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
        LookupError: if no reader recognises it.
    """
    classes = (kind for kind in FAMILIES if isinstance(live, kind))
    return spec_of(
        "keras_impl", FAMILIES[next(classes, keras.layers.Layer)], live
    )


def read_clipping(live: Any) -> Any:
    """Return the spec of gradient clipping.

    Args:
        live: the optimiser, which clips.

    Raises:
        LookupError: if no reader recognises it.
    """
    return spec_of("keras_impl", Clipping, live)


def read_model(model: Any, shape: Shape | None = None) -> tuple[Any, ...]:
    """Return the specs of the layers of a live network.

    Args:
        model: the network.
        shape: the shape of one input sample, channels last. If it is given,
            fields without effect at that shape are in canonical form, too.

    Translation: nested Sequentials are read as one.
    """
    layers = read_block(model)
    return layers if shape is None else canonical_layers(layers, shape)


def read_block(live: Any) -> tuple[Any, ...]:
    """Return the layers of a block, which may be empty."""
    if type(live) is keras.layers.Identity:
        return ()
    if not isinstance(live, keras.Sequential):
        return (read_layer(live),)
    layers: list[Any] = []
    for layer in live.layers:
        nested = isinstance(layer, keras.Sequential)
        layers += read_block(layer) if nested else [read_layer(layer)]
    return tuple(layers)


def read_layer(live: Any) -> Any:
    """Return a layer of a network, which is frozen if nothing is trained.

    Translation: a batch norm that is not trainable works as in evaluation.
    """
    norm = isinstance(live, keras.layers.BatchNormalization)
    own = [live.gamma, live.beta] if norm else live.weights
    trained = [v.trainable for v in own if v is not None]
    return as_trained(read(live), trained, "evaluation")


read_penalty = absent(
    "notimpl",
    "a live penalty is a function: which tensors it is meant for, and whether "
    "it is reported, stand in the loop around it",
)
