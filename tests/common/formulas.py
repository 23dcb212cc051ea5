"""Reference formulas of the optimisers, for one number, from all gradients.

`common` updates a state step by step; here every average is computed as the
full sum that it stands for, so that the two share neither state nor code.
"""

import math
from collections.abc import Callable
from typing import Any

Numbers = list[float]


def path(
    spec: Any, decays: bool, p: float, gradients: Numbers, rates: Numbers
) -> Numbers:
    """Return the value of a parameter after each step.

    Args:
        spec: the optimiser.
        decays: whether its decay applies to this parameter.
        p: the initial value of the parameter.
        gradients: of the loss alone, at each step.
        rates: of each step.
    """
    seen: Numbers = []
    positions = []
    decay = spec.weight_decay if decays else 0.0
    for t, (g, rate) in enumerate(zip(gradients, rates, strict=True)):
        if spec.decay in ("decoupled", "factored"):
            p *= 1 - rate * decay
            seen.append(g)
        else:
            seen.append(g + decay * p)
        p -= MOVES[spec.kind()](spec, seen, rates[: t + 1])
        positions.append(p)
    return positions


def discounted_sum(values: Numbers, by: float) -> float:
    """Return Σ by^(t-i) xᵢ over all i up to the last, t."""
    last = len(values) - 1
    return sum(by ** (last - i) * x for i, x in enumerate(values))


def mean(values: Numbers, by: float) -> float:
    return (1 - by) * discounted_sum(values, by)


def squares(values: Numbers) -> Numbers:
    return [x * x for x in values]


def prefixes(g: Numbers) -> list[Numbers]:
    """Return the gradients up to each step."""
    return [g[: t + 1] for t in range(len(g))]


def velocity(spec: Any, g: Numbers, rates: Numbers) -> float:
    if spec.velocity == "of_gradients":
        return rates[-1] * discounted_sum(g, spec.momentum)
    steps = [rate * gradient for rate, gradient in zip(rates, g, strict=True)]
    return discounted_sum(steps, spec.momentum)


def sgd(spec: Any, g: Numbers, rates: Numbers) -> float:
    if not spec.nesterov:
        return velocity(spec, g, rates)
    return rates[-1] * g[-1] + spec.momentum * velocity(spec, g, rates)


def rmsprop(spec: Any, g: Numbers, rates: Numbers) -> float:
    def scaled(prefix: Numbers) -> float:
        v = mean(squares(prefix), spec.rho)
        if spec.centered:
            v -= mean(prefix, spec.rho) ** 2
        return prefix[-1] / root(spec, v)

    return velocity(spec, [scaled(prefix) for prefix in prefixes(g)], rates)


def root(spec: Any, v: float) -> float:
    if spec.epsilon_placement == "inside_root":
        return math.sqrt(v + spec.epsilon)
    return math.sqrt(v) + spec.epsilon


def adam(spec: Any, g: Numbers, rates: Numbers) -> float:
    t = len(g)
    m = mean(g, spec.beta_1) / (1 - spec.beta_1**t)
    all_v = [mean(squares(prefix), spec.beta_2) for prefix in prefixes(g)]
    v = max(all_v) if spec.amsgrad else all_v[-1]
    correction = math.sqrt(1 - spec.beta_2**t)
    if spec.epsilon_placement == "epsilon":
        return rates[-1] * m / (math.sqrt(v) / correction + spec.epsilon)
    return rates[-1] * m * correction / (math.sqrt(v) + spec.epsilon)


def adagrad(spec: Any, g: Numbers, rates: Numbers) -> float:
    total = spec.initial_accumulator + sum(squares(g))
    return rates[-1] * g[-1] / root(spec, total)


def adadelta(spec: Any, g: Numbers, rates: Numbers) -> float:
    moves: Numbers = []
    for prefix in prefixes(g):
        u = mean(squares(moves), spec.rho) + spec.epsilon
        v = mean(squares(prefix), spec.rho) + spec.epsilon
        moves.append(math.sqrt(u / v) * prefix[-1])
    return rates[-1] * moves[-1]


def adamax(spec: Any, g: Numbers, rates: Numbers) -> float:
    inside = spec.epsilon if spec.epsilon_placement == "in_maximum" else 0.0
    ages = range(len(g) - 1, -1, -1)
    sizes = [
        spec.beta_2**age * (abs(x) + inside)
        for age, x in zip(ages, g, strict=True)
    ]
    m = mean(g, spec.beta_1) / (1 - spec.beta_1 ** len(g))
    return rates[-1] * m / (max(sizes) + spec.epsilon - inside)


def nadam(spec: Any, g: Numbers, rates: Numbers) -> float:
    t = len(g)
    mu = [
        spec.beta_1 * (1 - 0.96 ** (i * spec.momentum_decay) / 2)
        for i in range(1, t + 2)
    ]
    m = mu[t] * mean(g, spec.beta_1) / (1 - math.prod(mu))
    m += (1 - mu[t - 1]) * g[-1] / (1 - math.prod(mu[:t]))
    v = mean(squares(g), spec.beta_2) / (1 - spec.beta_2**t)
    return rates[-1] * m / (math.sqrt(v) + spec.epsilon)


MOVES: dict[str, Callable[[Any, Numbers, Numbers], float]] = {
    "sgd": sgd,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adam,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "adamax": adamax,
    "nadam": nadam,
}
