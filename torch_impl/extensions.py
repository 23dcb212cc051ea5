"""What PyTorch has no class for: the smallest subclass for each."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn, optim


class ChannelsLastFlatten(nn.Module):
    """Flatten (n, c, h, w) in the order height, width, channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


class ExactHardsigmoid(nn.Hardsigmoid):
    """relu6(x + 3) / 6.

    PyTorch's own operation keeps its slope, 1/6, in float32.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's
        return nn.functional.relu6(input + 3) / 6


class Swish(nn.Module):
    """x sigmoid(β x)."""

    def __init__(self, beta: float) -> None:
        super().__init__()
        self.beta = beta

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.beta * x)


class Custom(nn.Module):
    """function(x), for a function that is no module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class MaskedDropout(nn.Dropout):
    """x · mask while training, x in evaluation.

    The mask holds 0 and 1 / (1 - rate); `mask` is set before each step.
    """

    mask: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.mask if self.training else x


class StepVelocitySGD(optim.SGD):
    """SGD whose velocity sums steps: v ← m v - η g, p ← p + v.

    With Nesterov's look-ahead, p ← p + m v - η g.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:
        for group in self.param_groups:
            rate, momentum = group["lr"], group["momentum"]
            for p in group["params"]:
                if "velocity" not in self.state[p]:
                    self.state[p]["velocity"] = torch.zeros_like(p)
                velocity = self.state[p]["velocity"]
                velocity.mul_(momentum).sub_(p.grad, alpha=rate)
                if group["nesterov"]:
                    p.add_(velocity, alpha=momentum).sub_(p.grad, alpha=rate)
                else:
                    p.add_(velocity)


class EpsilonHatAdam(optim.Adam):
    """Adam with epsilon behind the raw second moment.

    √v + ε̂ is √(1 - β₂ᵗ) (√(v/(1 - β₂ᵗ)) + ε̂/√(1 - β₂ᵗ)), so PyTorch's own
    step with ε = ε̂/√(1 - β₂ᵗ) is the paper's with ε̂.
    """

    def __init__(self, params: Any, **kwargs: Any) -> None:
        super().__init__(params, **kwargs)
        self.epsilon_hat = kwargs["eps"]
        self.taken = 0

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        self.taken += 1
        for group in self.param_groups:
            correction = 1.0 - group["betas"][1] ** self.taken
            group["eps"] = self.epsilon_hat / math.sqrt(correction)
        return super().step(closure)
