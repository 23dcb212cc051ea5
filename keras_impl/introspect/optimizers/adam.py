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
    """Adam, or the extension for the other variants.

    Translation: AdamW is a subclass of Adam; Nadam is not.
    """
    matches = isinstance(live, keras.optimizers.Adam)
    matches = matches and not isinstance(live, keras.optimizers.AdamW)
    return Adam(**_moments(live), **decay_fields(live)) if matches else None


def adamw(live: Any) -> Adamw | None:
    """AdamW, or the extension for the other variants."""
    if not isinstance(live, keras.optimizers.AdamW):
        return None
    return Adamw(**_moments(live), **decay_fields(live))


def adamax(live: Any) -> Adamax | None:
    """Adamax, or the extension for the other variants."""
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
    """Nadam, or the extension with any momentum decay."""
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
    """Return the fields that Adam and AdamW share."""
    return {
        "lr": learning_rate_of(live),
        "beta_1": float(live.beta_1),
        "beta_2": float(live.beta_2),
        "epsilon": float(live.epsilon),
        "epsilon_placement": getattr(live, "epsilon_placement", "epsilon_hat"),
        "bias_correction": getattr(live, "bias_correction", "parameter"),
        "amsgrad": live.amsgrad,
    }
