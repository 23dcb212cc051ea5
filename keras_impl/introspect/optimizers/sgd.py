"""Stochastic gradient descent, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.optimizers.sgd import SGD
from framework_parity.keras_impl import optimizer_extensions as extensions
from framework_parity.keras_impl.introspect.optimizers.weight_decay import (
    decay_fields,
    learning_rate_of,
)


def sgd(live: Any) -> SGD | None:
    """SGD, or the extension whose velocity is a sum of gradients."""
    if not isinstance(live, keras.optimizers.SGD):
        return None
    of_gradients = isinstance(live, extensions.GradientVelocitySGD)
    return SGD(
        lr=learning_rate_of(live),
        momentum=float(live.momentum),
        nesterov=live.nesterov,
        velocity="of_gradients" if of_gradients else "of_steps",
        **decay_fields(live),
    )
