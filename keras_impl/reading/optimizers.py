"""Optimisers, read from Keras.

The rate is a variable, in the precision of the model; of the numbers that
round to it, the shortest decimal is what was said.
"""

from typing import Any

import keras
import numpy as np

from common.optimizers import SGD, Adam
from common.reading import shortest
from keras_impl import extensions

# What a spec does not say, and so has to be at rest.
_AT_REST = (
    "weight_decay",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "use_ema",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)


def sgd(live: Any) -> SGD | None:
    """SGD, or the class of ours whose velocity sums gradients."""
    of_gradients = type(live) is extensions.GradientVelocitySGD
    own = of_gradients or type(live) is keras.optimizers.SGD
    if not own or not _plain(live):
        return None
    return SGD(
        lr=_rate(live),
        momentum=float(live.momentum),
        nesterov=live.nesterov,
        velocity="of_gradients" if of_gradients else "of_steps",
    )


def adam(live: Any) -> Adam | None:
    """Adam, or the class of ours for epsilon behind the corrected moment."""
    corrected = type(live) is extensions.EpsilonAdam
    own = corrected or type(live) is keras.optimizers.Adam
    if not own or not _plain(live) or live.amsgrad:
        return None
    return Adam(
        lr=_rate(live),
        beta_1=float(live.beta_1),
        beta_2=float(live.beta_2),
        epsilon=float(live.epsilon),
        epsilon_placement="epsilon" if corrected else "epsilon_hat",
    )


def _plain(live: Any) -> bool:
    return not any(getattr(live, name) for name in _AT_REST)


def _rate(live: Any) -> float:
    rate = keras.ops.convert_to_numpy(live.learning_rate)
    kind = np.dtype(rate.dtype).type
    return shortest(lambda lr: float(kind(lr)), float(rate), float(rate))
