"""RMSprop, Adagrad and Adadelta, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.optimizers.adaptive import (
    Adadelta,
    Adagrad,
    RMSprop,
)
from framework_parity.keras_impl import optimizer_extensions as extensions
from framework_parity.keras_impl.introspect.optimizers.weight_decay import (
    decay_fields,
    learning_rate_of,
)


def rmsprop(live: Any) -> RMSprop | None:
    """RMSprop, or the extension for the other variants."""
    if not isinstance(live, keras.optimizers.RMSprop):
        return None
    return RMSprop(
        lr=learning_rate_of(live),
        rho=float(live.rho),
        epsilon=float(live.epsilon),
        epsilon_placement=getattr(live, "epsilon_placement", "inside_root"),
        centered=live.centered,
        momentum=float(live.momentum),
        velocity=getattr(live, "velocity", "of_steps"),
        **decay_fields(live),
    )


def adagrad(live: Any) -> Adagrad | None:
    """Adagrad, or the extension with epsilon outside the root."""
    if not isinstance(live, keras.optimizers.Adagrad):
        return None
    outside = isinstance(live, extensions.OuterEpsilonAdagrad)
    return Adagrad(
        lr=learning_rate_of(live),
        initial_accumulator=float(live.initial_accumulator_value),
        epsilon=float(live.epsilon),
        epsilon_placement="outside_root" if outside else "inside_root",
        **decay_fields(live),
    )


def adadelta(live: Any) -> Adadelta | None:
    """Adadelta."""
    if not isinstance(live, keras.optimizers.Adadelta):
        return None
    return Adadelta(
        lr=learning_rate_of(live),
        rho=float(live.rho),
        epsilon=float(live.epsilon),
        **decay_fields(live),
    )
