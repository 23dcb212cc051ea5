"""Adam and its relatives, read from PyTorch."""

from typing import Any

from torch import optim

from framework_parity.common.spec.optimizers.adam import (
    Adam,
    Adamax,
    Adamw,
    Nadam,
)
from framework_parity.torch_impl import optimizer_extensions as extensions
from framework_parity.torch_impl.introspect.optimizers.weight_decay import (
    decay_fields,
)


def adam(live: Any) -> Adam | None:
    """Adam, or the extension for the other variants.

    Translation: AdamW is a subclass of Adam.
    """
    matches = isinstance(live, optim.Adam) and not isinstance(
        live, optim.AdamW
    )
    return Adam(**_moments(live), **decay_fields(live)) if matches else None


def adamw(live: Any) -> Adamw | None:
    """AdamW, or the extension for the other variants."""
    if not isinstance(live, optim.AdamW):
        return None
    return Adamw(**_moments(live), **decay_fields(live))


def adamax(live: Any) -> Adamax | None:
    """Adamax, or the extension for the other variants."""
    if not isinstance(live, optim.Adamax):
        return None
    beta_1, beta_2 = live.defaults["betas"]
    return Adamax(
        lr=live.defaults["lr"],
        beta_1=beta_1,
        beta_2=beta_2,
        epsilon=live.defaults["eps"],
        epsilon_placement=live.defaults.get("epsilon_placement", "in_maximum"),
        bias_correction=live.defaults.get("bias_correction", "double"),
        **decay_fields(live),
    )


def nadam(live: Any) -> Nadam | None:
    """NAdam, or the extension for the other precision."""
    if not isinstance(live, optim.NAdam):
        return None
    beta_1, beta_2 = live.defaults["betas"]
    parameter = isinstance(live, extensions.ParameterPrecisionNAdam)
    return Nadam(
        lr=live.defaults["lr"],
        beta_1=beta_1,
        beta_2=beta_2,
        epsilon=live.defaults["eps"],
        momentum_decay=live.defaults["momentum_decay"],
        bias_correction="parameter" if parameter else "double",
        **decay_fields(live),
    )


def _moments(live: Any) -> dict[str, Any]:
    """Return the fields that Adam and AdamW share."""
    beta_1, beta_2 = live.defaults["betas"]
    return {
        "lr": live.defaults["lr"],
        "beta_1": beta_1,
        "beta_2": beta_2,
        "epsilon": live.defaults["eps"],
        "epsilon_placement": live.defaults.get("epsilon_placement", "epsilon"),
        "bias_correction": live.defaults.get("bias_correction", "double"),
        "amsgrad": live.defaults["amsgrad"],
    }
