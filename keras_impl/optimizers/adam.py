"""Adam and its relatives, in Keras."""

from typing import Any

import keras
import numpy as np

from framework_parity.common.codegen.calls import Call
from framework_parity.common.spec.optimizers.adam import (
    Adam,
    Adamax,
    Adamw,
    Nadam,
)
from framework_parity.keras_impl import optimizer_extensions as extensions
from framework_parity.keras_impl.optimizers.weight_decay import (
    with_weight_decay,
)


def adam(spec: Adam) -> Call:
    """Adam.

    Translation: epsilon is added to the root of the raw moment, the
    paper's epsilon-hat, and bias is corrected in the parameters' precision;
    other variants need a subclass.
    """
    return _adam(keras.optimizers.Adam, extensions.AnyAdam, spec)


def adamw(spec: Adamw) -> Call:
    """AdamW, which is Adam with another default decay.

    Translation: it subtracts; multiplying by 1 - ηλ needs a mixin.
    """
    return _adam(keras.optimizers.AdamW, extensions.AnyAdamW, spec)


def adamax(spec: Adamax) -> Call:
    """Adamax.

    Translation: epsilon is added after the maximum is taken, and bias is
    corrected in the parameters' precision; other variants need a subclass.
    """
    kwargs: dict[str, Any] = {
        "learning_rate": spec.lr,
        "beta_1": np.float64(spec.beta_1),
        "beta_2": spec.beta_2,
        "epsilon": spec.epsilon,
    }
    placed = spec.epsilon_placement == "after_maximum"
    if placed and spec.bias_correction == "parameter":
        return with_weight_decay(keras.optimizers.Adamax, spec, **kwargs)
    return with_weight_decay(
        extensions.AnyAdamax,
        spec,
        **kwargs,
        epsilon_placement=spec.epsilon_placement,
        bias_correction=spec.bias_correction,
    )


def nadam(spec: Nadam) -> Call:
    """Nadam, always a subclass.

    Translation: the momentum decay is 1 and not an argument, and the
    constant 0.96 is rounded to float32.
    """
    return with_weight_decay(
        extensions.AnyNadam,
        spec,
        learning_rate=spec.lr,
        beta_1=spec.beta_1,
        beta_2=spec.beta_2,
        epsilon=spec.epsilon,
        momentum_decay=spec.momentum_decay,
        bias_correction=spec.bias_correction,
    )


def _adam(base: Any, subclass: Any, spec: Adam | Adamw) -> Call:
    kwargs: dict[str, Any] = {
        "learning_rate": spec.lr,
        "beta_1": np.float64(spec.beta_1),
        "beta_2": np.float64(spec.beta_2),
        "epsilon": np.float64(spec.epsilon),
        "amsgrad": spec.amsgrad,
    }
    hat = spec.epsilon_placement == "epsilon_hat"
    if hat and spec.bias_correction == "parameter":
        return with_weight_decay(base, spec, **kwargs)
    return with_weight_decay(
        subclass,
        spec,
        **kwargs,
        epsilon_placement=spec.epsilon_placement,
        bias_correction=spec.bias_correction,
    )
