"""Optimisers, read from PyTorch, as they were when they were made.

`defaults` keeps what the optimiser was given; `param_groups` what a schedule
has made of it since. A second group that does not decay holds what is no
kernel, as `torch_impl.updates` makes it.
"""

from typing import Any

from torch import optim

from common.adam_family import Adam, Adamax, Adamw, Nadam
from common.optimizers import SGD, Adadelta, Adagrad, RMSprop
from torch_impl import optimizer_extensions as extensions


def sgd(live: Any) -> SGD | None:
    """SGD, or the class of ours whose velocity sums steps."""
    if not isinstance(live, optim.SGD) or live.defaults["dampening"]:
        return None
    of_steps = isinstance(live, extensions.StepVelocitySGD)
    return SGD(
        lr=live.defaults["lr"],
        momentum=live.defaults["momentum"],
        nesterov=live.defaults["nesterov"],
        velocity="of_steps" if of_steps else "of_gradients",
        **_decay(live),
    )


def rmsprop(live: Any) -> RMSprop | None:
    """RMSprop, or the class of ours for the other meanings."""
    if not isinstance(live, optim.RMSprop):
        return None
    return RMSprop(
        lr=live.defaults["lr"],
        rho=live.defaults["alpha"],
        epsilon=live.defaults["eps"],
        epsilon_placement=getattr(live, "epsilon_placement", "outside_root"),
        centered=live.defaults["centered"],
        momentum=live.defaults["momentum"],
        velocity=getattr(live, "velocity", "of_gradients"),
        **_decay(live),
    )


def adam(live: Any) -> Adam | None:
    """Adam, or the class of ours for the other meanings.

    Translation: AdamW is a subclass of it.
    """
    own = isinstance(live, optim.Adam) and not isinstance(live, optim.AdamW)
    return Adam(**_moments(live), **_decay(live)) if own else None


def adamw(live: Any) -> Adamw | None:
    """AdamW, or the class of ours for the other meanings."""
    if not isinstance(live, optim.AdamW):
        return None
    return Adamw(**_moments(live), **_decay(live))


def adagrad(live: Any) -> Adagrad | None:
    """Adagrad, or the class of ours with epsilon inside the root."""
    if not isinstance(live, optim.Adagrad) or live.defaults["lr_decay"]:
        return None
    inside = isinstance(live, extensions.InnerEpsilonAdagrad)
    start = live.defaults["initial_accumulator_value"]
    return Adagrad(
        lr=live.defaults["lr"],
        initial_accumulator=live.initial_accumulator if inside else start,
        epsilon=live.epsilon if inside else live.defaults["eps"],
        epsilon_placement="inside_root" if inside else "outside_root",
        **_decay(live),
    )


def adadelta(live: Any) -> Adadelta | None:
    """Adadelta."""
    if not isinstance(live, optim.Adadelta):
        return None
    return Adadelta(
        lr=live.defaults["lr"],
        rho=live.defaults["rho"],
        epsilon=live.defaults["eps"],
        **_decay(live),
    )


def adamax(live: Any) -> Adamax | None:
    """Adamax, or the class of ours for the other meanings."""
    if not isinstance(live, optim.Adamax):
        return None
    beta_1, beta_2 = live.defaults["betas"]
    return Adamax(
        lr=live.defaults["lr"],
        beta_1=beta_1,
        beta_2=beta_2,
        epsilon=live.defaults["eps"],
        epsilon_placement=getattr(live, "epsilon_placement", "in_maximum"),
        bias_correction=getattr(live, "bias_correction", "double"),
        **_decay(live),
    )


def nadam(live: Any) -> Nadam | None:
    """NAdam, or the class of ours for the other precision."""
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
        **_decay(live),
    )


def _moments(live: Any) -> dict[str, Any]:
    """Return what Adam and AdamW share."""
    beta_1, beta_2 = live.defaults["betas"]
    return {
        "lr": live.defaults["lr"],
        "beta_1": beta_1,
        "beta_2": beta_2,
        "epsilon": live.defaults["eps"],
        "epsilon_placement": getattr(live, "epsilon_placement", "epsilon"),
        "bias_correction": getattr(live, "bias_correction", "double"),
        "amsgrad": live.defaults["amsgrad"],
    }


def _decay(live: Any) -> dict[str, Any]:
    """Return how weights decay.

    Raises:
        LookupError: if the optimiser climbs, which no spec can say.
    """
    if live.defaults.get("maximize"):
        raise LookupError(f"{live!r} maximises; no spec can say that")
    group = live.param_groups[0]
    own = group.get("decoupled_weight_decay")
    form = "factored" if own else "coupled"
    decay = group["weight_decay"]
    if isinstance(live, extensions.DecoupledDecay):
        factored = isinstance(live, extensions.FactoredDecay)
        form = "factored" if factored else "decoupled"
        decay = group["decoupled_decay"]
    whole = len(live.param_groups) == 1
    return {
        "weight_decay": decay,
        "decay": form,
        "decayed": "all" if whole else "kernels",
    }
