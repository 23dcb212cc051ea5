"""Optimisers, in PyTorch; performed with the groups of parameters to move."""

from typing import Any

from torch import optim

from common.adam_family import Adam, Adamax, Adamw, Nadam
from common.calls import Call, call
from common.optimizers import SGD, Adadelta, Adagrad, RMSprop
from common.update_rule import UpdateRule
from torch_impl import optimizer_extensions as extensions


def sgd(spec: SGD) -> Call:
    """SGD.

    Translation: the velocity is a sum of gradients, so a change of rate
    acts on all of it at once; `of_steps` needs a subclass. The decay is
    coupled.
    """
    kwargs: dict[str, Any] = {
        "lr": spec.lr,
        "momentum": spec.momentum,
        "nesterov": spec.nesterov,
    }
    if spec.momentum and spec.velocity == "of_steps":
        return _decayed(extensions.StepVelocitySGD, spec, **kwargs)
    return _decayed(optim.SGD, spec, **kwargs, fused=True)


def rmsprop(spec: RMSprop) -> Call:
    """RMSprop.

    Translation: epsilon is added to the root, and momentum sums scaled
    gradients; anything else needs a subclass. Rho is called alpha.
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
        return _decayed(optim.RMSprop, spec, **kwargs)
    return _decayed(
        extensions.AnyRMSprop,
        spec,
        **kwargs,
        epsilon_placement=spec.epsilon_placement,
        velocity=spec.velocity,
    )


def adam(spec: Adam) -> Call:
    """Adam.

    Translation: epsilon is added to the root of the corrected moment, and
    bias is corrected in double; anything else needs a subclass. The decay
    is coupled unless another argument says so.
    """
    return _adam(
        optim.Adam,
        extensions.AnyAdam,
        spec,
        decoupled_weight_decay=spec.decay == "factored",
    )


def adamw(spec: Adamw) -> Call:
    """AdamW: Adam with factored decay, in a class of its own.

    Translation: it multiplies by 1 - ηλ; subtracting needs a mixin.
    """
    return _adam(optim.AdamW, extensions.AnyAdamW, spec)


def adagrad(spec: Adagrad) -> Call:
    """Adagrad.

    Translation: epsilon is added to the root; `inside_root` needs a
    subclass.
    """
    inside = spec.epsilon_placement == "inside_root"
    return _decayed(
        extensions.InnerEpsilonAdagrad if inside else optim.Adagrad,
        spec,
        lr=spec.lr,
        initial_accumulator_value=spec.initial_accumulator,
        eps=spec.epsilon,
        fused=True,
    )


def adadelta(spec: Adadelta) -> Call:
    """Adadelta."""
    return _decayed(
        optim.Adadelta, spec, lr=spec.lr, rho=spec.rho, eps=spec.epsilon
    )


def adamax(spec: Adamax) -> Call:
    """Adamax.

    Translation: epsilon is added before the maximum is taken, and bias is
    corrected in double; anything else needs a subclass.
    """
    kwargs: dict[str, Any] = {
        "lr": spec.lr,
        "betas": (spec.beta_1, spec.beta_2),
        "eps": spec.epsilon,
    }
    placed = spec.epsilon_placement == "in_maximum"
    if placed and spec.bias_correction == "double":
        return _decayed(optim.Adamax, spec, **kwargs)
    return _decayed(
        extensions.AnyAdamax,
        spec,
        **kwargs,
        epsilon_placement=spec.epsilon_placement,
        bias_correction=spec.bias_correction,
    )


def nadam(spec: Nadam) -> Call:
    """NAdam.

    Translation: `momentum_decay` is an argument.
    """
    double = spec.bias_correction == "double"
    own = optim.NAdam if double else extensions.ParameterPrecisionNAdam
    return _decayed(
        own,
        spec,
        lr=spec.lr,
        betas=(spec.beta_1, spec.beta_2),
        eps=spec.epsilon,
        momentum_decay=spec.momentum_decay,
    )


def _adam(own: Any, subclass: Any, spec: Adam | Adamw, **kwargs: Any) -> Call:
    kwargs |= {
        "lr": spec.lr,
        "betas": (spec.beta_1, spec.beta_2),
        "eps": spec.epsilon,
        "amsgrad": spec.amsgrad,
        "fused": True,
    }
    hat = spec.epsilon_placement == "epsilon_hat"
    if hat or spec.bias_correction == "parameter":
        own = subclass
        kwargs["epsilon_placement"] = spec.epsilon_placement
        kwargs["bias_correction"] = spec.bias_correction
    if spec.decay == "decoupled":
        own = extensions.mixed(extensions.DecoupledDecay, own)
        kwargs |= {"weight_decay": 0.0, "decoupled_decay": spec.weight_decay}
        return call(own, **kwargs)
    return call(own, **kwargs, weight_decay=spec.weight_decay)


def _decayed(own: Any, spec: UpdateRule, **kwargs: Any) -> Call:
    """Couple the decay, as most of PyTorch's classes do, or do not."""
    if spec.decay == "coupled":
        return call(own, **kwargs, weight_decay=spec.weight_decay)
    factored = spec.decay == "factored"
    mixin = extensions.FactoredDecay if factored else extensions.DecoupledDecay
    return call(
        extensions.mixed(mixin, own),
        **kwargs,
        decoupled_decay=spec.weight_decay,
    )
