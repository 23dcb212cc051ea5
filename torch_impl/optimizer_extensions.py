"""Minimal subclasses for optimisers that PyTorch does not have.

As in PyTorch's own classes, the options are in `defaults` and in
`param_groups`, and all that changes is in `state`, so that `state_dict` and
`load_state_dict` resume a run exactly.
"""

import copyreg
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
    """Return the class with these bases; equal bases give the same class.

    No module has it as an attribute, so its objects are pickled with the
    bases, from which it is made again.
    """
    made = type("".join(base.__name__ for base in classes), classes, {})
    copyreg.pickle(made, _reduced)
    return made


def _reduced(made: Any) -> tuple[Any, ...]:
    return _blank, type(made).__bases__, made.__getstate__()


def _blank(*classes: type) -> Any:
    made: Any = mixed(*classes)
    return made.__new__(made)


def add_defaults(optimizer: optim.Optimizer, **options: Any) -> None:
    """Add options that the base class of an optimiser does not have.

    Args:
        optimizer: the optimiser; its parameter groups may have values of
            their own.
        **options: the names and the default values.
    """
    optimizer.defaults |= options
    for group in optimizer.param_groups:
        for name, value in options.items():
            group.setdefault(name, value)


def evaluated(closure: Callable[[], Any] | None) -> Any:
    """Return the loss that a closure computes, or None without one."""
    if closure is None:
        return None
    with torch.enable_grad():
        return closure()


class DecoupledDecay(optim.Optimizer):
    """A mixin: p ← p - η λ p before the step that follows."""

    def __init__(
        self, params: Any, decoupled_decay: float, **kwargs: Any
    ) -> None:
        super().__init__(params, **kwargs)
        add_defaults(self, decoupled_decay=decoupled_decay)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = evaluated(closure)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.shrink(p, group["lr"], group["decoupled_decay"])
        super().step()
        return loss

    def shrink(self, p: Tensor, rate: float, decay: float) -> None:
        p.sub_(p * decay * rate)


class FactoredDecay(DecoupledDecay):
    """A mixin: p ← (1 - η λ) p, which Adam and NAdam have built in."""

    def shrink(self, p: Tensor, rate: float, decay: float) -> None:
        p.mul_(1 - rate * decay)


class ByHand(optim.Optimizer):
    """A mixin: a step defined by `start` and `move` for one parameter."""

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = evaluated(closure)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self._step_one(p, group)
        return loss

    def _step_one(self, p: Tensor, group: Group) -> None:
        assert p.grad is not None
        state = self.state[p]
        if not state:
            state |= {"step": torch.zeros((), device="cpu"), **self.start(p)}
        state["step"] += 1
        g = p.grad.add(p, alpha=group["weight_decay"])
        self.move(p, g, state, group)

    def start(self, p: Tensor) -> State:
        """Return the initial state of a parameter."""
        raise NotImplementedError

    def move(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        """Update a parameter by its gradient, and its state."""
        raise NotImplementedError


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
        add_defaults(
            self, epsilon_placement=epsilon_placement, velocity=velocity
        )

    def start(self, p: Tensor) -> State:
        names = "square", "mean", "velocity"
        return {name: torch.zeros_like(p) for name in names}

    def move(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        rho, epsilon, rate = group["alpha"], group["eps"], group["lr"]
        v = state["square"].mul_(rho).addcmul_(g, g, value=1 - rho)
        if group["centered"]:
            mean = state["mean"].mul_(rho).add_(g, alpha=1 - rho)
            v = v - mean.square()
        inside = group["epsilon_placement"] == "inside_root"
        root = (v + epsilon).sqrt() if inside else v.sqrt() + epsilon
        if group["velocity"] == "of_steps":
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
    and ε'. The parameters of a group have taken the same number of steps.
    """

    def __init__(
        self,
        params: Any,
        epsilon_placement: str,
        bias_correction: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(params, **kwargs)
        add_defaults(
            self,
            epsilon_placement=epsilon_placement,
            bias_correction=bias_correction,
        )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = evaluated(closure)
        settings = [dict(group) for group in self.param_groups]
        for group in self.param_groups:
            if group["params"]:
                self._scale(group)
        try:
            super().step()
        finally:
            for group, saved in zip(self.param_groups, settings, strict=True):
                group |= saved
        return loss

    def _scale(self, group: Group) -> None:
        step = self._next_step(group)
        precision = precision_of(group)
        (ours_1, meant_1), (ours_2, meant_2) = (
            (1 - beta**step, float(correction(beta, step, precision)))
            for beta in group["betas"]
        )
        scale = ours_1 / meant_1 * math.sqrt(meant_2 / ours_2)
        group["lr"] *= scale
        if group["decoupled_weight_decay"]:
            group["weight_decay"] /= scale
        hat = group["epsilon_placement"] == "epsilon_hat"
        group["eps"] *= math.sqrt((1.0 if hat else meant_2) / ours_2)

    def _next_step(self, group: Group) -> int:
        known = (self.state[p] for p in group["params"] if p in self.state)
        return 1 + next((int(each["step"]) for each in known if each), 0)


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
        add_defaults(
            self, initial_sum=initial_accumulator_value, inner_epsilon=eps
        )


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
        add_defaults(
            self,
            epsilon_placement=epsilon_placement,
            bias_correction=bias_correction,
        )

    def start(self, p: Tensor) -> State:
        names = "first", "greatest"
        return {name: torch.zeros_like(p) for name in names}

    def move(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        (beta_1, beta_2), epsilon = group["betas"], group["eps"]
        inside = group["epsilon_placement"] == "in_maximum"
        m = state["first"].lerp_(g, 1 - beta_1)
        size = g.abs() + epsilon if inside else g.abs()
        u = state["greatest"].mul_(beta_2)
        torch.maximum(u, size, out=u)
        step, precision = int(state["step"]), precision_of(group)
        corrected = correction(beta_1, step, precision)
        root = u if inside else u + epsilon
        p.addcdiv_(m, root, value=-group["lr"] / float(corrected))


class ParameterPrecisionNAdam(ByHand, optim.NAdam):
    """NAdam with μ, 1 - β and 1 - β₂ᵗ in the precision of the parameters."""

    def start(self, p: Tensor) -> State:
        zeros = {n: torch.zeros_like(p) for n in ("first", "second")}
        # NAdam restores this state by the name that it has there.
        return {**zeros, "mu_product": torch.ones((), dtype=p.dtype)}

    def move(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        (beta_1, beta_2), step = group["betas"], int(state["step"])
        now, after = (
            self._momentum(t, p.dtype, group) for t in (step, step + 1)
        )
        product = state["mu_product"].mul_(now)
        new_1, new_2 = (correction(b, 1, p.dtype) for b in (beta_1, beta_2))
        m = state["first"].lerp_(g, new_1)
        v = state["second"].lerp_(g.square(), new_2)
        ahead = after * m / (1 - product * after)
        ahead += (1 - now) * g / (1 - product)
        corrected = v / correction(beta_2, step, p.dtype)
        p.sub_(group["lr"] * ahead / (corrected.sqrt() + group["eps"]))

    def _momentum(
        self, t: int, precision: torch.dtype, group: Group
    ) -> Tensor:
        decay = torch.tensor(0.96, dtype=precision)
        exponent: float = t * group["momentum_decay"]
        warmth = 1 - 0.5 * decay**exponent
        return torch.tensor(group["betas"][0], dtype=precision) * warmth


def precision_of(group: Group) -> torch.dtype:
    """Return the precision of the bias correction."""
    if group["bias_correction"] == "double":
        return torch.float64
    precision: torch.dtype = group["params"][0].dtype
    return precision


def correction(beta: float, step: int, precision: torch.dtype) -> Tensor:
    """Return 1 - βᵗ, computed in the given precision."""
    powers = (torch.tensor(value, dtype=precision) for value in (beta, step))
    return 1 - torch.pow(*powers)
