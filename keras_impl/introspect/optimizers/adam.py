"""Adam and its relatives, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.optimizers.adam import (
    Adam,
    Adamax,
    Adamw,
    Nadam,
)
from framework_parity.keras_impl.introspect.optimizers.weight_decay import (
    decay_fields,
    learning_rate_of,
)


def adam(live: Any) -> Adam | None:
    """Adam, or the class of ours for the other meanings.

    Translation: AdamW is a subclass of it, and so is Nadam not.
    """
    own = isinstance(live, keras.optimizers.Adam)
    own = own and not isinstance(live, keras.optimizers.AdamW)
    return Adam(**_moments(live), **decay_fields(live)) if own else None


def adamw(live: Any) -> Adamw | None:
    """AdamW, or the class of ours for the other meanings."""
    if not isinstance(live, keras.optimizers.AdamW):
        return None
    return Adamw(**_moments(live), **decay_fields(live))


def adamax(live: Any) -> Adamax | None:
    """Adamax, or the class of ours for the other meanings."""
    if not isinstance(live, keras.optimizers.Adamax):
        return None
    return Adamax(
        lr=learning_rate_of(live),
        beta_1=float(live.beta_1),
        beta_2=float(live.beta_2),
        epsilon=float(live.epsilon),
        epsilon_placement=getattr(live, "epsilon_placement", "after_maximum"),
        bias_correction=getattr(live, "bias_correction", "parameter"),
        **decay_fields(live),
    )


def nadam(live: Any) -> Nadam | None:
    """Nadam, or the class of ours, which is any momentum decay's."""
    if not isinstance(live, keras.optimizers.Nadam):
        return None
    return Nadam(
        lr=learning_rate_of(live),
        beta_1=float(live.beta_1),
        beta_2=float(live.beta_2),
        epsilon=float(live.epsilon),
        momentum_decay=float(getattr(live, "momentum_decay", 1.0)),
        bias_correction=getattr(live, "bias_correction", "parameter"),
        **decay_fields(live),
    )


def _moments(live: Any) -> dict[str, Any]:
    """Return what Adam and AdamW share."""
    return {
        "lr": learning_rate_of(live),
        "beta_1": float(live.beta_1),
        "beta_2": float(live.beta_2),
        "epsilon": float(live.epsilon),
        "epsilon_placement": getattr(live, "epsilon_placement", "epsilon_hat"),
        "bias_correction": getattr(live, "bias_correction", "parameter"),
        "amsgrad": live.amsgrad,
    }
