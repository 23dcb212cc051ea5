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
    decay = group["weight_decay"]
    if isinstance(live, extensions.DecoupledDecay):
        factored = isinstance(live, extensions.FactoredDecay)
        form = "factored" if factored else "decoupled"
        decay = group["decoupled_decay"]
    whole = len(live.param_groups) == 1
    return {
        "weight_decay": decay,
        "decay": form,
        "decay_applies_to": "all" if whole else "kernels",
    }
