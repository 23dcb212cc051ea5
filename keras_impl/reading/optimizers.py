"""Optimisers, read from Keras.

The rate is a variable, in the precision of the model; of the numbers that
round to it, the shortest decimal is what was said. An optimiser that is told
what not to decay decays kernels, as `keras_impl.updates` tells it.
"""

from typing import Any

import keras
import numpy as np

from common.adam_family import Adam, Adamax, Adamw, Nadam
from common.optimizers import SGD, Adadelta, Adagrad, RMSprop
from common.reading import shortest
from keras_impl import optimizer_extensions as extensions


def sgd(live: Any) -> SGD | None:
    """SGD, or the class of ours whose velocity sums gradients."""
    if not isinstance(live, keras.optimizers.SGD):
        return None
    of_gradients = isinstance(live, extensions.GradientVelocitySGD)
    return SGD(
        lr=_rate(live),
        momentum=float(live.momentum),
        nesterov=live.nesterov,
        velocity="of_gradients" if of_gradients else "of_steps",
        **_decay(live),
    )


def rmsprop(live: Any) -> RMSprop | None:
    """RMSprop, or the class of ours for the other meanings."""
    if not isinstance(live, keras.optimizers.RMSprop):
        return None
    return RMSprop(
        lr=_rate(live),
        rho=float(live.rho),
        epsilon=float(live.epsilon),
        epsilon_placement=getattr(live, "epsilon_placement", "inside_root"),
        centered=live.centered,
        momentum=float(live.momentum),
        velocity=getattr(live, "velocity", "of_steps"),
        **_decay(live),
    )


def adam(live: Any) -> Adam | None:
    """Adam, or the class of ours for the other meanings.

    Translation: AdamW is a subclass of it, and so is Nadam not.
    """
    own = isinstance(live, keras.optimizers.Adam)
    own = own and not isinstance(live, keras.optimizers.AdamW)
    return Adam(**_moments(live), **_decay(live)) if own else None


def adamw(live: Any) -> Adamw | None:
    """AdamW, or the class of ours for the other meanings."""
    if not isinstance(live, keras.optimizers.AdamW):
        return None
    return Adamw(**_moments(live), **_decay(live))


def adagrad(live: Any) -> Adagrad | None:
    """Adagrad, or the class of ours with epsilon outside the root."""
    if not isinstance(live, keras.optimizers.Adagrad):
        return None
    outside = isinstance(live, extensions.OuterEpsilonAdagrad)
    return Adagrad(
        lr=_rate(live),
        initial_accumulator=float(live.initial_accumulator_value),
        epsilon=float(live.epsilon),
        epsilon_placement="outside_root" if outside else "inside_root",
        **_decay(live),
    )


def adadelta(live: Any) -> Adadelta | None:
    """Adadelta."""
    if not isinstance(live, keras.optimizers.Adadelta):
        return None
    return Adadelta(
        lr=_rate(live),
        rho=float(live.rho),
        epsilon=float(live.epsilon),
        **_decay(live),
    )


def adamax(live: Any) -> Adamax | None:
    """Adamax, or the class of ours for the other meanings."""
    if not isinstance(live, keras.optimizers.Adamax):
        return None
    return Adamax(
        lr=_rate(live),
        beta_1=float(live.beta_1),
        beta_2=float(live.beta_2),
        epsilon=float(live.epsilon),
        epsilon_placement=getattr(live, "epsilon_placement", "after_maximum"),
        bias_correction=getattr(live, "bias_correction", "parameter"),
        **_decay(live),
    )


def nadam(live: Any) -> Nadam | None:
    """Nadam, or the class of ours, which is any momentum decay's."""
    if not isinstance(live, keras.optimizers.Nadam):
        return None
    return Nadam(
        lr=_rate(live),
        beta_1=float(live.beta_1),
        beta_2=float(live.beta_2),
        epsilon=float(live.epsilon),
        momentum_decay=float(getattr(live, "momentum_decay", 1.0)),
        bias_correction=getattr(live, "bias_correction", "parameter"),
        **_decay(live),
    )


def _moments(live: Any) -> dict[str, Any]:
    """Return what Adam and AdamW share."""
    return {
        "lr": _rate(live),
        "beta_1": float(live.beta_1),
        "beta_2": float(live.beta_2),
        "epsilon": float(live.epsilon),
        "epsilon_placement": getattr(live, "epsilon_placement", "epsilon_hat"),
        "bias_correction": getattr(live, "bias_correction", "parameter"),
        "amsgrad": live.amsgrad,
    }


def _decay(live: Any) -> dict[str, Any]:
    """Return how weights decay.

    Raises:
        LookupError: if the optimiser averages weights, which no spec can
            say.
    """
    if live.use_ema:
        raise LookupError(f"{live!r} averages weights; no spec can say that")
    coupled = getattr(live, "coupled_decay", None)
    factored = getattr(live, "factored_decay", None)
    form = "coupled" if coupled is not None else "decoupled"
    told = getattr(live, "_exclude_from_weight_decay", ())
    decay = coupled or factored or live.weight_decay or 0.0
    return {
        "weight_decay": float(decay),
        "decay": form if factored is None else "factored",
        "decayed": "kernels" if told else "all",
    }


def _rate(live: Any) -> float:
    rate = keras.ops.convert_to_numpy(live.learning_rate)
    kind = np.dtype(rate.dtype).type
    return shortest(lambda lr: float(kind(lr)), float(rate), float(rate))
