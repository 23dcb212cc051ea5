"""RMSprop, Adagrad and Adadelta, read from PyTorch."""

from typing import Any

from torch import optim

from framework_parity.common.spec.optimizers.adaptive import (
    Adadelta,
    Adagrad,
    RMSprop,
)
from framework_parity.torch_impl import optimizer_extensions as extensions
from framework_parity.torch_impl.introspect.optimizers.weight_decay import (
    decay_fields,
)


def rmsprop(live: Any) -> RMSprop | None:
    """RMSprop, or the extension for the other variants."""
    if not isinstance(live, optim.RMSprop):
        return None
    return RMSprop(
        lr=live.defaults["lr"],
        rho=live.defaults["alpha"],
        epsilon=live.defaults["eps"],
        epsilon_placement=live.defaults.get(
            "epsilon_placement", "outside_root"
        ),
        centered=live.defaults["centered"],
        momentum=live.defaults["momentum"],
        velocity=live.defaults.get("velocity", "of_gradients"),
        **decay_fields(live),
    )


def adagrad(live: Any) -> Adagrad | None:
    """Adagrad, or the extension with epsilon inside the root."""
    if not isinstance(live, optim.Adagrad) or live.defaults["lr_decay"]:
        return None
    inside = isinstance(live, extensions.InnerEpsilonAdagrad)
    start = "initial_sum" if inside else "initial_accumulator_value"
    return Adagrad(
        lr=live.defaults["lr"],
        initial_accumulator=live.defaults[start],
        epsilon=live.defaults["inner_epsilon" if inside else "eps"],
        epsilon_placement="inside_root" if inside else "outside_root",
        **decay_fields(live),
    )


def adadelta(live: Any) -> Adadelta | None:
    """Adadelta."""
    if not isinstance(live, optim.Adadelta):
        return None
    return Adadelta(
        lr=live.defaults["lr"],
        rho=live.defaults["rho"],
        epsilon=live.defaults["eps"],
        **decay_fields(live),
    )
