"""RMSprop, Adagrad and Adadelta, in PyTorch."""

from typing import Any

from torch import optim

from framework_parity.common.codegen.calls import Call
from framework_parity.common.spec.optimizers.adaptive import (
    Adadelta,
    Adagrad,
    RMSprop,
)
from framework_parity.torch_impl import optimizer_extensions as extensions
from framework_parity.torch_impl.optimizers.weight_decay import (
    with_weight_decay,
)


def rmsprop(spec: RMSprop) -> Call:
    """RMSprop.

    Translation: epsilon is added to the root, and the velocity is a sum of
    scaled gradients; other variants need a subclass. Rho is called alpha.
    """
    kwargs: dict[str, Any] = {
        "lr": spec.lr,
        "alpha": spec.rho,
        "eps": spec.epsilon,
        "centered": spec.centered,
        "momentum": spec.momentum,
    }
    placed = spec.epsilon_placement == "outside_root"
    if placed and (spec.velocity == "of_gradients" or not spec.momentum):
        return with_weight_decay(optim.RMSprop, spec, **kwargs)
    return with_weight_decay(
        extensions.AnyRMSprop,
        spec,
        **kwargs,
        epsilon_placement=spec.epsilon_placement,
        velocity=spec.velocity,
    )


def adagrad(spec: Adagrad) -> Call:
    """Adagrad.

    Translation: epsilon is added to the root; `inside_root` needs a
    subclass.
    """
    inside = spec.epsilon_placement == "inside_root"
    return with_weight_decay(
        extensions.InnerEpsilonAdagrad if inside else optim.Adagrad,
        spec,
        lr=spec.lr,
        initial_accumulator_value=spec.initial_accumulator,
        eps=spec.epsilon,
        fused=True,
    )


def adadelta(spec: Adadelta) -> Call:
    """Adadelta."""
    return with_weight_decay(
        optim.Adadelta, spec, lr=spec.lr, rho=spec.rho, eps=spec.epsilon
    )
