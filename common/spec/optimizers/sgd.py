"""Stochastic gradient descent, with momentum.

`move` is the reference implementation in NumPy; both frameworks are tested
against it.
"""

from typing import Literal

from pydantic import model_validator

from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.node import (
    Fraction,
    NotNegative,
    Positive,
    StrictBool,
)
from framework_parity.common.spec.selection import Chosen
from framework_parity.common.spec.update_rule import (
    Decay,
    State,
    UpdateRule,
)

Velocity = Literal["of_gradients", "of_steps"]


class SGD(UpdateRule):
    """Stochastic gradient descent, with momentum m and rate η.

    The velocity may be `of_gradients` (PyTorch)::

        b ← m b + g          p ← p - η b

    or `of_steps` (Keras), where each gradient has the rate of its own step::

        v ← m v - η g        p ← p + v

    The two differ as soon as the rate changes. With Nesterov's momentum the
    update is p ← p - η (g + m b), or p ← p + m v - η g. Sutskever et al.
    2013. Without momentum, coupled and decoupled decay are equal.
    """

    lr: Positive
    momentum: Fraction = 0.0
    nesterov: StrictBool = False
    velocity: Velocity
    weight_decay: NotNegative = 0.0
    decay: Decay
    decay_applies_to: Chosen = "all"

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> "SGD":
        if self.nesterov and self.momentum == 0:
            raise ValueError(
                "nesterov looks ahead along the momentum, but momentum is 0"
            )
        return self

    def without_effect(self) -> set[str]:
        names = super().without_effect()
        return names if self.momentum else names | {"velocity", "decay"}

    @classmethod
    def slots(cls) -> tuple[str, ...]:
        return ("velocity",)

    def move(self, state: State, g: Array, rate: float, step: int) -> Array:
        if self.velocity == "of_steps":
            g, rate = rate * g, 1.0
        state["velocity"] = self.momentum * state["velocity"] + g
        ahead = g + self.momentum * state["velocity"]
        return rate * (ahead if self.nesterov else state["velocity"])
