"""Weight decay, read from PyTorch."""

from typing import Any

from framework_parity.torch_impl import optimizer_extensions as extensions


def decay_fields(live: Any) -> dict[str, Any]:
    """Return the fields of weight decay.

    Raises:
        LookupError: if the optimiser maximises, which no spec can express.
    """
    if live.defaults.get("maximize"):
        raise LookupError(f"{live!r} maximises; no spec can say that")
    group = live.param_groups[0]
    decoupled = group.get("decoupled_weight_decay")
    form = "factored" if decoupled else "coupled"
    key = "weight_decay"
    if isinstance(live, extensions.DecoupledDecay):
        factored = isinstance(live, extensions.FactoredDecay)
        form = "factored" if factored else "decoupled"
        key = "decoupled_decay"
    whole = all(each[key] for each in live.param_groups if each["params"])
    return {
        "weight_decay": group[key],
        "decay": form,
        "decay_applies_to": "all" if whole else "kernels",
    }
