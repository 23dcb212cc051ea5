"""Minimal subclasses for optimisers that PyTorch does not have.

Each stores those arguments that `param_groups` does not contain, so that a
live optimiser can be read back.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor, optim

Group = dict[str, Any]
State = dict[str, Any]


@cache
def mixed(*classes: type) -> type:
    """Return the class with these bases; equal bases give the same class."""
    return type("".join(base.__name__ for base in classes), classes, {})


class DecoupledDecay:
    """A mixin: p ← p - η λ p before the step that follows."""

    def __init__(
        self, params: Any, decoupled_decay: float, **kwargs: Any
    ) -> None:
        super().__init__(params, **kwargs)
        for group in self.param_groups:
            group.setdefault("decoupled_decay", decoupled_decay)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                self.shrink(p, group["lr"], group["decoupled_decay"])
        super().step(closure)

    def shrink(self, p: Tensor, rate: float, decay: float) -> None:
        p.sub_(p * decay * rate)


class FactoredDecay(DecoupledDecay):
    """A mixin: p ← (1 - η λ) p, which AdamW and NAdam have built in."""

    def shrink(self, p: Tensor, rate: float, decay: float) -> None:
        p.mul_(1 - rate * decay)


class ByHand:
    """A mixin: a step defined by `start` and `move` for one parameter."""

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state |= {"step": 0, **self.start(p)}
                state["step"] += 1
                g = p.grad.add(p, alpha=group["weight_decay"])
                self.move(p, g, state, group)


class StepVelocitySGD(ByHand, optim.SGD):
    """SGD whose velocity is a sum of steps: v ← m v - η g, p ← p + v.

    With Nesterov's look-ahead, p ← p + m v - η g.
    """

    def start(self, p: Tensor) -> State:
        return {"velocity": torch.zeros_like(p)}

    def move(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        rate, momentum = group["lr"], group["momentum"]
        velocity = state["velocity"]
        velocity.mul_(momentum).sub_(g, alpha=rate)
        if group["nesterov"]:
            p.add_(velocity, alpha=momentum).sub_(g, alpha=rate)
        else:
            p.add_(velocity)


class AnyRMSprop(ByHand, optim.RMSprop):
    """RMSprop with epsilon inside the root or outside it.

    Its velocity is a sum of scaled gradients or of steps; see
    `common.spec.optimizers.adaptive`.
    """

    def __init__(
        self, params: Any, epsilon_placement: str, velocity: str, **kwargs: Any
    ) -> None:
        super().__init__(params, **kwargs)
        self.epsilon_placement, self.velocity = epsilon_placement, velocity

    def start(self, p: Tensor) -> State:
        names = "square", "mean", "velocity"
        return {name: torch.zeros_like(p) for name in names}

    def move(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        rho, epsilon, rate = group["alpha"], group["eps"], group["lr"]
        v = state["square"].mul_(rho).addcmul_(g, g, value=1 - rho)
        if group["centered"]:
            mean = state["mean"].mul_(rho).add_(g, alpha=1 - rho)
            v = v - mean.square()
        inside = self.epsilon_placement == "inside_root"
        root = (v + epsilon).sqrt() if inside else v.sqrt() + epsilon
        if self.velocity == "of_steps":
            g, rate = rate * g, 1.0
        velocity = state["velocity"].mul_(group["momentum"]).add_(g / root)
        p.sub_(velocity, alpha=rate)


class AnyAdam(optim.Adam):
    """Adam with epsilon added to either moment, corrected in any precision.

    Let c be the value of 1 - βᵗ that PyTorch computes, and C the intended
    one. Then::

        η √C₂/C₁ m / (√v + ε √C₂) = η' √c₂/c₁ m / (√v + ε' √c₂)

    for η' = η c₁/C₁ √(C₂/c₂) and ε' = ε √(C₂/c₂), or ε̂/√c₂ if epsilon is
    added to the root of the raw moment. PyTorch's own step is taken with η'
    and ε'.
    """

    def __init__(
        self,
        params: Any,
        epsilon_placement: str,
        bias_correction: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(params, **kwargs)
        self.epsilon_placement = epsilon_placement
        self.bias_correction = bias_correction
        self.taken = 0

    def step(self, closure: Callable[[], Any] | None = None) -> None:
        self.taken += 1
        settings = [dict(group) for group in self.param_groups]
        for group in self.param_groups:
            self._scale(group)
        super().step(closure)
        for group, saved in zip(self.param_groups, settings, strict=True):
            group |= saved

    def _scale(self, group: Group) -> None:
        (ours_1, meant_1), (ours_2, meant_2) = (
            (1 - beta**self.taken, self._correction(beta, group))
            for beta in group["betas"]
        )
        scale = ours_1 / meant_1 * math.sqrt(meant_2 / ours_2)
        group["lr"] *= scale
        if group["decoupled_weight_decay"]:
            group["weight_decay"] /= scale
        hat = self.epsilon_placement == "epsilon_hat"
        group["eps"] *= math.sqrt((1.0 if hat else meant_2) / ours_2)

    def _correction(self, beta: float, group: Group) -> float:
        precision = precision_of(self.bias_correction, group)
        return float(correction(beta, self.taken, precision))


class AnyAdamW(AnyAdam, optim.AdamW):
    """AdamW with the options of `AnyAdam`."""


class InnerEpsilonAdagrad(optim.Adagrad):
    """Adagrad with epsilon inside the root, p ← p - η g / √(a + ε).

    The sum of squares starts with ε added, and its root gets no epsilon.
    """

    def __init__(
        self,
        params: Any,
        initial_accumulator_value: float,
        eps: float,
        **kwargs: Any,
    ) -> None:
        start = initial_accumulator_value + eps
        super().__init__(
            params, initial_accumulator_value=start, eps=0.0, **kwargs
        )
        self.initial_accumulator = initial_accumulator_value
        self.epsilon = eps


class AnyAdamax(ByHand, optim.Adamax):
    """Adamax with epsilon inside the maximum or added after it.

    1 - βᵗ is computed in either precision; see `common.spec.optimizers.adam`.
    """

    def __init__(
        self,
        params: Any,
        epsilon_placement: str,
        bias_correction: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(params, **kwargs)
        self.epsilon_placement = epsilon_placement
        self.bias_correction = bias_correction

    def start(self, p: Tensor) -> State:
        names = "first", "greatest"
        return {name: torch.zeros_like(p) for name in names}

    def move(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        (beta_1, beta_2), epsilon = group["betas"], group["eps"]
        inside = self.epsilon_placement == "in_maximum"
        m = state["first"].lerp_(g, 1 - beta_1)
        size = g.abs() + epsilon if inside else g.abs()
        u = state["greatest"].mul_(beta_2)
        torch.maximum(u, size, out=u)
        precision = precision_of(self.bias_correction, group)
        corrected = correction(beta_1, state["step"], precision)
        root = u if inside else u + epsilon
        p.addcdiv_(m, root, value=-group["lr"] / float(corrected))


class ParameterPrecisionNAdam(ByHand, optim.NAdam):
    """NAdam with μ, 1 - β and 1 - β₂ᵗ in the precision of the parameters."""

    def start(self, p: Tensor) -> State:
        zeros = {n: torch.zeros_like(p) for n in ("first", "second")}
        return {**zeros, "product": torch.ones((), dtype=p.dtype)}

    def move(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        (beta_1, beta_2), step = group["betas"], state["step"]
        now, after = (
            self._momentum(t, p.dtype, group) for t in (step, step + 1)
        )
        product = state["product"].mul_(now)
        new_1, new_2 = (correction(b, 1, p.dtype) for b in (beta_1, beta_2))
        m = state["first"].lerp_(g, new_1)
        v = state["second"].lerp_(g.square(), new_2)
        ahead = after * m / (1 - product * after)
        ahead += (1 - now) * g / (1 - product)
        corrected = v / correction(beta_2, step, p.dtype)
        p.sub_(group["lr"] * ahead / (corrected.sqrt() + group["eps"]))

    def _momentum(self, t: int, precision: Any, group: Group) -> Tensor:
        decay = torch.tensor(0.96, dtype=precision)
        warmth = 1 - 0.5 * decay ** (t * group["momentum_decay"])
        return torch.tensor(group["betas"][0], dtype=precision) * warmth


def precision_of(bias_correction: str, group: Group) -> torch.dtype:
    """Return the precision of the bias correction."""
    if bias_correction == "double":
        return torch.float64
    return group["params"][0].dtype


def correction(beta: float, step: int, precision: torch.dtype) -> Tensor:
    """Return 1 - βᵗ, computed in the given precision."""
    powers = (torch.tensor(value, dtype=precision) for value in (beta, step))
    return 1 - torch.pow(*powers)
