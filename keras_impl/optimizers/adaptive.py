"""RMSprop, Adagrad and Adadelta, in Keras."""

from typing import Any

import keras
import numpy as np

from framework_parity.common.codegen.calls import Call
from framework_parity.common.spec.optimizers.adaptive import (
    Adadelta,
    Adagrad,
    RMSprop,
)
from framework_parity.keras_impl import optimizer_extensions as extensions
from framework_parity.keras_impl.optimizers.weight_decay import (
    with_weight_decay,
)


def rmsprop(spec: RMSprop) -> Call:
    """RMSprop.

    Translation: epsilon is added inside the root, and the velocity is a sum
    of steps; other variants need a subclass.
    """
    kwargs: dict[str, Any] = {
        "learning_rate": spec.lr,
        "rho": spec.rho,
        "epsilon": spec.epsilon,
        "centered": spec.centered,
        "momentum": spec.momentum,
    }
    placed = spec.epsilon_placement == "inside_root"
    if placed and (spec.velocity == "of_steps" or not spec.momentum):
        return with_weight_decay(keras.optimizers.RMSprop, spec, **kwargs)
    return with_weight_decay(
        extensions.AnyRMSprop,
        spec,
        **kwargs,
        epsilon_placement=spec.epsilon_placement,
        velocity=spec.velocity,
    )


def adagrad(spec: Adagrad) -> Call:
    """Adagrad.

    Translation: epsilon is added inside the root; `outside_root` needs a
    subclass.
    """
    outside = spec.epsilon_placement == "outside_root"
    return with_weight_decay(
        extensions.OuterEpsilonAdagrad
        if outside
        else keras.optimizers.Adagrad,
        spec,
        learning_rate=spec.lr,
        initial_accumulator_value=np.float64(spec.initial_accumulator),
        epsilon=spec.epsilon,
    )


def adadelta(spec: Adadelta) -> Call:
    """Adadelta."""
    return with_weight_decay(
        keras.optimizers.Adadelta,
        spec,
        learning_rate=spec.lr,
        rho=spec.rho,
        epsilon=spec.epsilon,
    )
