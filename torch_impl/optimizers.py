"""Optimisers, in PyTorch; performed with the parameters to move."""

from torch import optim

from common.calls import Call, call
from common.optimizers import SGD, Adam
from torch_impl import extensions


def sgd(spec: SGD) -> Call:
    """SGD.

    Translation: the velocity is a sum of gradients, so a change of rate
    acts on all of it at once; `of_steps` needs a subclass.
    """
    if spec.momentum and spec.velocity == "of_steps":
        return call(
            extensions.StepVelocitySGD,
            lr=spec.lr,
            momentum=spec.momentum,
            nesterov=spec.nesterov,
        )
    return call(
        optim.SGD,
        lr=spec.lr,
        momentum=spec.momentum,
        nesterov=spec.nesterov,
        fused=True,
    )


def adam(spec: Adam) -> Call:
    """Adam.

    Translation: epsilon is added to the root of the corrected moment;
    `epsilon_hat` needs a subclass.
    """
    hat = spec.epsilon_placement == "epsilon_hat"
    return call(
        extensions.EpsilonHatAdam if hat else optim.Adam,
        lr=spec.lr,
        betas=(spec.beta_1, spec.beta_2),
        eps=spec.epsilon,
        fused=True,
    )
