"""Stochastic gradient descent, in Keras."""

import keras
import numpy as np

from framework_parity.common.codegen.calls import Call
from framework_parity.common.spec.optimizers.sgd import SGD
from framework_parity.keras_impl import optimizer_extensions as extensions
from framework_parity.keras_impl.optimizers.weight_decay import (
    with_weight_decay,
)


def sgd(spec: SGD) -> Call:
    """SGD.

    Translation: the velocity is a sum of steps, each with the rate at its
    time; `of_gradients` needs a subclass. The decay is decoupled; without
    momentum this equals a coupled decay.
    """
    of_gradients = spec.momentum and spec.velocity == "of_gradients"
    if not spec.momentum:
        spec = spec.model_copy(update={"decay": "decoupled"})
    return with_weight_decay(
        extensions.GradientVelocitySGD
        if of_gradients
        else keras.optimizers.SGD,
        spec,
        learning_rate=spec.lr,
        momentum=np.float64(spec.momentum),
        nesterov=spec.nesterov,
    )
