"""Stochastic gradient descent, read from PyTorch."""

from typing import Any

from torch import optim

from framework_parity.common.spec.optimizers.sgd import SGD
from framework_parity.torch_impl import optimizer_extensions as extensions
from framework_parity.torch_impl.introspect.optimizers.weight_decay import (
    decay_fields,
)


def sgd(live: Any) -> SGD | None:
    """SGD, or the extension whose velocity is a sum of steps."""
    if not isinstance(live, optim.SGD) or live.defaults["dampening"]:
        return None
    of_steps = isinstance(live, extensions.StepVelocitySGD)
    return SGD(
        lr=live.defaults["lr"],
        momentum=live.defaults["momentum"],
        nesterov=live.defaults["nesterov"],
        velocity="of_steps" if of_steps else "of_gradients",
        **decay_fields(live),
    )
