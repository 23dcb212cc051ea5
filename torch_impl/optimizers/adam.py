"""Adam and its relatives, in PyTorch."""

from typing import Any

from torch import optim

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.optimizers.adam import (
    Adam,
    Adamax,
    Adamw,
    Nadam,
)
from framework_parity.torch_impl import optimizer_extensions as extensions
from framework_parity.torch_impl.optimizers.weight_decay import (
    with_weight_decay,
)


def adam(spec: Adam) -> Call:
    """Adam.

    Translation: epsilon is added to the root of the corrected moment, and
    bias is corrected in double; other variants need a subclass. The decay is
    coupled unless `decoupled_weight_decay` is set.
    """
    return _adam(
        optim.Adam,
        extensions.AnyAdam,
        spec,
        decoupled_weight_decay=spec.decay == "factored",
    )


def adamw(spec: Adamw) -> Call:
    """AdamW: Adam with factored decay, as a separate class.

    Translation: it multiplies by 1 - ηλ; subtracting needs a mixin.
    """
    return _adam(optim.AdamW, extensions.AnyAdamW, spec)


def adamax(spec: Adamax) -> Call:
    """Adamax.

    Translation: epsilon is added before the maximum is taken, and bias is
    corrected in double; other variants need a subclass.
    """
    kwargs: dict[str, Any] = {
        "lr": spec.lr,
        "betas": (spec.beta_1, spec.beta_2),
        "eps": spec.epsilon,
    }
    placed = spec.epsilon_placement == "in_maximum"
    if placed and spec.bias_correction == "double":
        return with_weight_decay(optim.Adamax, spec, **kwargs)
    return with_weight_decay(
        extensions.AnyAdamax,
        spec,
        **kwargs,
        epsilon_placement=spec.epsilon_placement,
        bias_correction=spec.bias_correction,
    )


def nadam(spec: Nadam) -> Call:
    """NAdam.

    Translation: `momentum_decay` is an argument. The decay is coupled
    unless `decoupled_weight_decay` is set.
    """
    kwargs: dict[str, Any] = {
        "lr": spec.lr,
        "betas": (spec.beta_1, spec.beta_2),
        "eps": spec.epsilon,
        "momentum_decay": spec.momentum_decay,
    }
    if spec.bias_correction != "double":
        own = extensions.ParameterPrecisionNAdam
        return with_weight_decay(own, spec, **kwargs)
    if spec.decay != "factored":
        return with_weight_decay(optim.NAdam, spec, **kwargs)
    return call(
        optim.NAdam,
        **kwargs,
        weight_decay=spec.weight_decay,
        decoupled_weight_decay=True,
    )


def _adam(base: Any, subclass: Any, spec: Adam | Adamw, **kwargs: Any) -> Call:
    kwargs |= {
        "lr": spec.lr,
        "betas": (spec.beta_1, spec.beta_2),
        "eps": spec.epsilon,
        "amsgrad": spec.amsgrad,
        "fused": True,
    }
    hat = spec.epsilon_placement == "epsilon_hat"
    if hat or spec.bias_correction == "parameter":
        base = subclass
        kwargs["epsilon_placement"] = spec.epsilon_placement
        kwargs["bias_correction"] = spec.bias_correction
    if spec.decay == "decoupled":
        base = extensions.mixed(extensions.DecoupledDecay, base)
        kwargs |= {"weight_decay": 0.0, "decoupled_decay": spec.weight_decay}
        return call(base, **kwargs)
    return call(base, **kwargs, weight_decay=spec.weight_decay)
