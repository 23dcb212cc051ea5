"""Optimisers, in Keras; performed, and then built with the variables.

Keras casts a Python float through float32 when it meets a tensor: 0.9
becomes 0.8999999761581421, even in float64. A NumPy float64 keeps its type
on the way, so every constant that Keras casts is handed over as one.
"""

import keras
import numpy as np

from common.calls import Call, call
from common.optimizers import SGD, Adam
from keras_impl import extensions


def sgd(spec: SGD) -> Call:
    """SGD.

    Translation: the velocity is a sum of steps, so each keeps the rate of
    its day; `of_gradients` needs a subclass.
    """
    of_gradients = spec.momentum and spec.velocity == "of_gradients"
    return call(
        extensions.GradientVelocitySGD
        if of_gradients
        else keras.optimizers.SGD,
        learning_rate=spec.lr,
        momentum=np.float64(spec.momentum),
        nesterov=spec.nesterov,
    )


def adam(spec: Adam) -> Call:
    """Adam.

    Translation: epsilon is added to the root of the raw moment, the
    paper's epsilon-hat; `epsilon` needs a subclass.
    """
    hat = spec.epsilon_placement == "epsilon_hat"
    return call(
        keras.optimizers.Adam if hat else extensions.EpsilonAdam,
        learning_rate=spec.lr,
        beta_1=np.float64(spec.beta_1),
        beta_2=np.float64(spec.beta_2),
        epsilon=np.float64(spec.epsilon),
    )
