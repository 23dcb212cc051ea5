"""RMSprop, Adagrad and Adadelta: an adaptive rate for each parameter.

`move` is the reference implementation in NumPy; both frameworks are tested
against it.
"""

from typing import Literal

import numpy as np

from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.node import (
    Fraction,
    NotNegative,
    Positive,
    StrictBool,
)
from framework_parity.common.spec.optimizers.sgd import Velocity
from framework_parity.common.spec.selection import Chosen
from framework_parity.common.spec.update_rule import (
    Decay,
    State,
    UpdateRule,
)

RootPlacement = Literal["outside_root", "inside_root"]


class RMSprop(UpdateRule):
    """RMSprop, with a running mean square v (Hinton 2012, lecture 6e)::

        v ← ρ v + (1 - ρ) g²

    or, `centered`, a running variance (Graves 2013, eq. 40), where also
    a ← ρ a + (1 - ρ) g, and v is replaced by v - a². Epsilon is added
    `outside_root` (PyTorch), s = g / (√v + ε), or `inside_root` (Keras),
    s = g / √(v + ε), where it has the effect of √ε outside. The update is
    p ← p - η s; with momentum m, the velocity is `of_gradients` (PyTorch),
    b ← m b + s, p ← p - η b, or `of_steps` (Keras), b ← m b + η s,
    p ← p - b.
    """

    lr: Positive
    rho: Fraction
    epsilon: Positive
    epsilon_placement: RootPlacement
    centered: StrictBool = False
    momentum: Fraction = 0.0
    velocity: Velocity
    weight_decay: NotNegative = 0.0
    decay: Decay
    decay_applies_to: Chosen = "all"

    def without_effect(self) -> set[str]:
        names = super().without_effect()
        return names if self.momentum else names | {"velocity"}

    @classmethod
    def slots(cls) -> tuple[str, ...]:
        return ("square", "mean", "velocity")

    def move(self, state: State, g: Array, rate: float, step: int) -> Array:
        rho, epsilon = self.rho, self.epsilon
        state["square"] = rho * state["square"] + (1 - rho) * g**2
        state["mean"] = rho * state["mean"] + (1 - rho) * g
        v = state["square"] - self.centered * state["mean"] ** 2
        root = rooted(v, epsilon, self.epsilon_placement)
        if self.velocity == "of_steps":
            g, rate = rate * g, 1.0
        state["velocity"] = self.momentum * state["velocity"] + g / root
        return rate * state["velocity"]


class Adagrad(UpdateRule):
    """Adagrad: a ← a + g², with a = `initial_accumulator` at first.

    Epsilon is added `outside_root` (PyTorch), p ← p - η g / (√a + ε), or
    `inside_root` (Keras), p ← p - η g / √(a + ε). Duchi et al. 2011, fig. 1.
    """

    lr: Positive
    initial_accumulator: NotNegative
    epsilon: Positive
    epsilon_placement: RootPlacement
    weight_decay: NotNegative = 0.0
    decay: Decay
    decay_applies_to: Chosen = "all"

    def start(self, parameter: Array) -> State:
        return {"sum": np.full_like(parameter, self.initial_accumulator)}

    def move(self, state: State, g: Array, rate: float, step: int) -> Array:
        state["sum"] = state["sum"] + g**2
        root = rooted(state["sum"], self.epsilon, self.epsilon_placement)
        return rate * g / root


class Adadelta(UpdateRule):
    """Adadelta (Zeiler 2012, algorithm 1), at rate η::

        v ← ρ v + (1 - ρ) g²             d = √(u + ε) / √(v + ε) g
        u ← ρ u + (1 - ρ) d²             p ← p - η d

    Epsilon is added inside the roots in both frameworks.
    """

    lr: Positive
    rho: Fraction
    epsilon: Positive
    weight_decay: NotNegative = 0.0
    decay: Decay
    decay_applies_to: Chosen = "all"

    @classmethod
    def slots(cls) -> tuple[str, ...]:
        return ("square", "square_of_moves")

    def move(self, state: State, g: Array, rate: float, step: int) -> Array:
        rho, moves = self.rho, state["square_of_moves"]
        state["square"] = rho * state["square"] + (1 - rho) * g**2
        d = np.sqrt(moves + self.epsilon) * g
        d = d / np.sqrt(state["square"] + self.epsilon)
        state["square_of_moves"] = rho * moves + (1 - rho) * d**2
        return np.asarray(rate * d)


def rooted(v: Array, epsilon: float, placement: RootPlacement) -> Array:
    """Return √v + ε, or √(v + ε).

    Args:
        v: a running mean of squares, of any shape.
        epsilon: ε.
        placement: `outside_root` or `inside_root`.

    Returns:
        An array of the shape of `v`.

    >>> v = np.array([4.0])
    >>> rooted(v, 5.0, "outside_root"), rooted(v, 5.0, "inside_root")
    (array([7.]), array([3.]))
    """
    if placement == "inside_root":
        return np.sqrt(v + epsilon)
    return np.sqrt(v) + epsilon
