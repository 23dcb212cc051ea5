"""Optimisers, in Keras; performed, and then built with the variables.

Keras casts some Python floats through float32 when they meet a tensor: 0.9
becomes 0.8999999761581421, even in float64. A NumPy float64 keeps its type
on the way, so every constant that Keras *casts* is handed over as one. What
Keras only multiplies stays a Python float: NumPy's number would multiply a
variable first, and not know how.
"""

from typing import Any

import keras
import numpy as np

from common.adam_family import Adam, Adamax, Adamw, Nadam
from common.calls import Call, call
from common.optimizers import SGD, Adadelta, Adagrad, RMSprop
from common.update_rule import UpdateRule
from keras_impl import optimizer_extensions as extensions


def sgd(spec: SGD) -> Call:
    """SGD.

    Translation: the velocity is a sum of steps, so each keeps the rate of
    its day; `of_gradients` needs a subclass. The decay is decoupled, which
    without momentum is the same.
    """
    of_gradients = spec.momentum and spec.velocity == "of_gradients"
    if not spec.momentum:
        spec = spec.model_copy(update={"decay": "decoupled"})
    return _decayed(
        extensions.GradientVelocitySGD
        if of_gradients
        else keras.optimizers.SGD,
        spec,
        learning_rate=spec.lr,
        momentum=np.float64(spec.momentum),
        nesterov=spec.nesterov,
    )


def rmsprop(spec: RMSprop) -> Call:
    """RMSprop.

    Translation: epsilon is added inside the root, and momentum sums steps;
    anything else needs a subclass.
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
        return _decayed(keras.optimizers.RMSprop, spec, **kwargs)
    return _decayed(
        extensions.AnyRMSprop,
        spec,
        **kwargs,
        epsilon_placement=spec.epsilon_placement,
        velocity=spec.velocity,
    )


def adam(spec: Adam) -> Call:
    """Adam.

    Translation: epsilon is added to the root of the raw moment, the
    paper's epsilon-hat, and bias is corrected in the parameters' precision;
    anything else needs a subclass.
    """
    return _adam(keras.optimizers.Adam, extensions.AnyAdam, spec)


def adamw(spec: Adamw) -> Call:
    """AdamW, which is Adam with another default for the decay.

    Translation: it subtracts; multiplying by 1 - ηλ needs a mixin.
    """
    return _adam(keras.optimizers.AdamW, extensions.AnyAdamW, spec)


def adagrad(spec: Adagrad) -> Call:
    """Adagrad.

    Translation: epsilon is added inside the root; `outside_root` needs a
    subclass.
    """
    outside = spec.epsilon_placement == "outside_root"
    return _decayed(
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
    return _decayed(
        keras.optimizers.Adadelta,
        spec,
        learning_rate=spec.lr,
        rho=spec.rho,
        epsilon=spec.epsilon,
    )


def adamax(spec: Adamax) -> Call:
    """Adamax.

    Translation: epsilon is added after the maximum is taken, and bias is
    corrected in the parameters' precision; anything else needs a subclass.
    """
    kwargs: dict[str, Any] = {
        "learning_rate": spec.lr,
        "beta_1": np.float64(spec.beta_1),
        "beta_2": spec.beta_2,
        "epsilon": spec.epsilon,
    }
    placed = spec.epsilon_placement == "after_maximum"
    if placed and spec.bias_correction == "parameter":
        return _decayed(keras.optimizers.Adamax, spec, **kwargs)
    return _decayed(
        extensions.AnyAdamax,
        spec,
        **kwargs,
        epsilon_placement=spec.epsilon_placement,
        bias_correction=spec.bias_correction,
    )


def nadam(spec: Nadam) -> Call:
    """Nadam, always a subclass.

    Translation: the momentum decay is 1 and no argument, and its 0.96 has
    passed through float32.
    """
    return _decayed(
        extensions.AnyNadam,
        spec,
        learning_rate=spec.lr,
        beta_1=spec.beta_1,
        beta_2=spec.beta_2,
        epsilon=spec.epsilon,
        momentum_decay=spec.momentum_decay,
        bias_correction=spec.bias_correction,
    )


def _adam(own: Any, subclass: Any, spec: Adam | Adamw) -> Call:
    kwargs: dict[str, Any] = {
        "learning_rate": spec.lr,
        "beta_1": np.float64(spec.beta_1),
        "beta_2": np.float64(spec.beta_2),
        "epsilon": np.float64(spec.epsilon),
        "amsgrad": spec.amsgrad,
    }
    hat = spec.epsilon_placement == "epsilon_hat"
    if hat and spec.bias_correction == "parameter":
        return _decayed(own, spec, **kwargs)
    return _decayed(
        subclass,
        spec,
        **kwargs,
        epsilon_placement=spec.epsilon_placement,
        bias_correction=spec.bias_correction,
    )


def _decayed(own: Any, spec: UpdateRule, **kwargs: Any) -> Call:
    """Decouple the decay, as Keras's own classes do, or do not."""
    decay = np.float64(spec.weight_decay)
    if spec.weight_decay == 0 and spec.kind() != "adamw":
        return call(own, **kwargs)
    if spec.decay == "decoupled":
        return call(own, **kwargs, weight_decay=decay)
    if spec.kind() == "adamw":
        kwargs["weight_decay"] = np.float64(0.0)
    if spec.decay == "coupled":
        own = extensions.mixed(extensions.CoupledDecay, own)
        return call(own, **kwargs, coupled_decay=decay)
    own = extensions.mixed(extensions.FactoredDecay, own)
    return call(own, **kwargs, factored_decay=decay)
