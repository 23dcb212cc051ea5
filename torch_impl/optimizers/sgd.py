"""Stochastic gradient descent, in PyTorch."""

from typing import Any

from torch import optim

from framework_parity.common.codegen.calls import Call
from framework_parity.common.spec.optimizers.sgd import SGD
from framework_parity.torch_impl import optimizer_extensions as extensions
from framework_parity.torch_impl.optimizers.weight_decay import (
    with_weight_decay,
)


def sgd(spec: SGD) -> Call:
    """SGD.

    Translation: the velocity is a sum of gradients, so a change of the rate
    scales all of it at once; `of_steps` needs a subclass. The decay is
    coupled.
    """
    kwargs: dict[str, Any] = {
        "lr": spec.lr,
        "momentum": spec.momentum,
        "nesterov": spec.nesterov,
    }
    if spec.momentum and spec.velocity == "of_steps":
        return with_weight_decay(extensions.StepVelocitySGD, spec, **kwargs)
    return with_weight_decay(optim.SGD, spec, **kwargs, fused=True)
