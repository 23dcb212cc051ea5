"""Optimisers, read from PyTorch, as they were when they were made.

`defaults` keeps what the optimiser was given; `param_groups` what a schedule
has made of it since.
"""

from typing import Any

from torch import optim

from common.optimizers import SGD, Adam
from torch_impl import extensions

# What a spec does not say, and so has to be at rest.
_AT_REST = {
    "weight_decay": 0,
    "dampening": 0,
    "maximize": False,
    "amsgrad": False,
}


def sgd(live: Any) -> SGD | None:
    """SGD, or the class of ours whose velocity sums steps."""
    of_steps = type(live) is extensions.StepVelocitySGD
    if not of_steps and type(live) is not optim.SGD or not _plain(live):
        return None
    return SGD(
        lr=live.defaults["lr"],
        momentum=live.defaults["momentum"],
        nesterov=live.defaults["nesterov"],
        velocity="of_steps" if of_steps else "of_gradients",
    )


def adam(live: Any) -> Adam | None:
    """Adam, or the class of ours for epsilon-hat."""
    hat = type(live) is extensions.EpsilonHatAdam
    if not hat and type(live) is not optim.Adam or not _plain(live):
        return None
    beta_1, beta_2 = live.defaults["betas"]
    return Adam(
        lr=live.defaults["lr"],
        beta_1=beta_1,
        beta_2=beta_2,
        epsilon=live.defaults["eps"],
        epsilon_placement="epsilon_hat" if hat else "epsilon",
    )


def _plain(live: Any) -> bool:
    return all(
        live.defaults.get(name, rest) == rest
        for name, rest in _AT_REST.items()
    )
