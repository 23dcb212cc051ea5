"""What PyTorch has no class for: the smallest subclass for each."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.nn import init

# The standard deviation of a unit normal that is cut at ±2.
TRUNCATED_STDDEV = 0.87962566103423978


def fan_in_uniform_(tensor: Tensor, fan_in: int) -> Tensor:
    """U(±1/√fan_in), for a kernel or its bias, which has no fans itself."""
    limit = math.sqrt(1 / fan_in)
    return init.uniform_(tensor, -limit, limit)


def xavier_trunc_normal_(tensor: Tensor) -> Tensor:
    """xavier_normal_, cut at 2σ and widened to the variance it had."""
    fan_in, fan_out = init._calculate_fan_in_and_fan_out(tensor)
    return _trunc_normal_(tensor, math.sqrt(2 / (fan_in + fan_out)))


def kaiming_trunc_normal_(tensor: Tensor, nonlinearity: str) -> Tensor:
    """kaiming_normal_, cut at 2σ and widened to the variance it had."""
    fan_in, _ = init._calculate_fan_in_and_fan_out(tensor)
    gain = init.calculate_gain(nonlinearity)
    return _trunc_normal_(tensor, gain / math.sqrt(fan_in))


def _trunc_normal_(tensor: Tensor, stddev: float) -> Tensor:
    wide = stddev / TRUNCATED_STDDEV
    return init.trunc_normal_(tensor, 0.0, wide, -2 * wide, 2 * wide)


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
        return x * self.mask.to(x.dtype) if self.training else x


class InverseTime:
    """Factor 1 / (1 + k t / every) at step t, for LambdaLR."""

    def __init__(self, k: float, every: int, staircase: bool) -> None:
        self.k, self.every, self.staircase = k, every, staircase

    def __call__(self, step: int) -> float:
        done = step / self.every
        return 1 / (1 + self.k * (int(done) if self.staircase else done))


class PolynomialTo:
    """Factor (1 - end) (1 - t / steps)^power + end, for LambdaLR."""

    def __init__(self, steps: int, power: float, end: float) -> None:
        self.steps, self.power, self.end = steps, power, end

    def __call__(self, step: int) -> float:
        left = 1 - min(step, self.steps) / self.steps
        return (1 - self.end) * left**self.power + self.end


class CosineThenFlat:
    """Half a cosine from 1 to `final`, which then stays, for LambdaLR.

    Before it, `warmup` steps in a straight line from `start`.
    """

    def __init__(
        self, steps: int, final: float, warmup: int = 0, start: float = 0.0
    ) -> None:
        self.steps, self.final = steps, final
        self.warmup, self.start = warmup, start

    def __call__(self, step: int) -> float:
        if step < self.warmup:
            return self.start + (1 - self.start) * step / self.warmup
        done = min(step - self.warmup, self.steps) / self.steps
        fall = (1 + math.cos(math.pi * done)) / 2
        return self.final + (1 - self.final) * fall


class LoweringRestarts:
    """Cosines one after another, each `peak` times as high, for LambdaLR.

    Step s of the i-th one, of Tᵢ = first · timesⁱ steps, has the factor
    final + (1 - final) peakⁱ (1 + cos(π s / Tᵢ)) / 2.
    """

    def __init__(
        self, first: int, times: int, peak: float, final: float
    ) -> None:
        self.first, self.times = first, times
        self.peak, self.final = peak, final

    def __call__(self, step: int) -> float:
        length, height = self.first, 1.0
        while step >= length:
            step, length = step - length, length * self.times
            height *= self.peak
        fall = height * (1 + math.cos(math.pi * step / length)) / 2
        return self.final + (1 - self.final) * fall


class EachEpoch:
    """A scheduler that is stepped every batch and moves once an epoch.

    PyTorch's schedulers count their own steps; this lets through one in
    `steps_per_epoch`.
    """

    def __init__(
        self,
        optimizer: optim.Optimizer,
        scheduler: Callable[..., Any],
        steps_per_epoch: int,
        **kwargs: Any,
    ) -> None:
        self.scheduler = scheduler(optimizer, **kwargs)
        self.steps_per_epoch, self.taken = steps_per_epoch, 0

    def step(self) -> None:
        self.taken += 1
        if self.taken % self.steps_per_epoch == 0:
            self.scheduler.step()


class MaskedDropout2d(nn.Dropout2d):
    """`MaskedDropout` with one factor for each channel."""

    mask: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.mask if self.training else x


# What stands in for a layer that draws, where the masks are handed in.
MASKED: dict[Any, type[nn.Module]] = {
    nn.Dropout: MaskedDropout,
    nn.Dropout2d: MaskedDropout2d,
}


class BiasedBatchNorm1d(nn.BatchNorm1d):
    """BatchNorm1d that averages the biased variance.

    What the step added is the unbiased one; times (n - 1)/n it is biased.
    """

    def forward(self, x: Tensor) -> Tensor:
        return _biased(self, super().forward, x)


class BiasedBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm2d that averages the biased variance."""

    def forward(self, x: Tensor) -> Tensor:
        return _biased(self, super().forward, x)


def _biased(
    layer: Any, forward: Callable[[Tensor], Tensor], x: Tensor
) -> Tensor:
    if not layer.training:
        return forward(x)
    kept = layer.running_var * (1.0 - layer.momentum)
    y = forward(x)
    count = x.numel() // x.shape[1]
    added = layer.running_var - kept
    # In a tensor of its own: the way back still holds the one that was.
    layer.running_var = kept + added * ((count - 1) / count)
    return y


class Residual(nn.Module):
    """after(body(x) + shortcut(x))."""

    def __init__(
        self, body: nn.Module, shortcut: nn.Module, after: nn.Module
    ) -> None:
        super().__init__()
        self.body, self.shortcut, self.after = body, shortcut, after

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.body(x) + self.shortcut(x))


class Concatenate(nn.Module):
    """What several branches make of x, side by side along the channels."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        for number, branch in enumerate(branches, 1):
            self.add_module(f"branch{number}", branch)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.children()], dim=1)


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
