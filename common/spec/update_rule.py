"""What all optimisers share: a state, a move, and weight decay.

A field that has no effect where it stands (the decay's form without a decay,
the velocity's without momentum) takes PyTorch's value, so that two specs
which mean the same *are* the same, and are read back as the same from a live
optimiser that could not show the difference.
"""

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from pydantic import model_validator

from framework_parity.common.spec.conventions import defaults_of
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.node import SpecNode
from framework_parity.common.spec.selection import Chosen, is_chosen

Decay = Literal["coupled", "decoupled", "factored"]
BiasCorrection = Literal["double", "parameter"]
State: TypeAlias = dict[str, Array]


class UpdateRule(SpecNode):
    """How a gradient g moves a parameter p, at rate η, with decay λ.

    The decay may be `coupled` (PyTorch), a part of the gradient::

        g ← g + λ p

    or `decoupled` (Keras), a step of its own before::

        p ← p - η λ p

    or, the same but for rounding, `factored` (PyTorch's AdamW)::

        p ← (1 - η λ) p

    where 1 - ηλ keeps few digits of ηλ, always the same ones: at ηλ = 1e-4
    the decay is off by up to 5e-13 of itself in float64, which 2,000 steps
    show plainly, and by 3e-4 in float32. Loshchilov and Hutter 2019,
    algorithm 2. `decay_applies_to` says whether it takes `all` parameters or
    only `kernels`.
    """

    shorthand_field = "lr"

    if TYPE_CHECKING:  # each subclass has them among fields of its own
        weight_decay: float
        decay: Decay
        decay_applies_to: Chosen

    @classmethod
    def slots(cls) -> tuple[str, ...]:
        """Return the names of what is remembered, all zero at first."""
        raise NotImplementedError(f"{cls.kind()} remembers nothing yet")

    def start(self, parameter: Array) -> State:
        """Return what is remembered of one parameter before any step."""
        return {name: np.zeros_like(parameter) for name in self.slots()}

    def move(self, state: State, g: Array, rate: float, step: int) -> Array:
        """Return what to take off a parameter, and renew its state.

        Args:
            state: what is remembered of the parameter; changed in place.
            g: its gradient.
            rate: of this step.
            step: 1 for the first update.
        """
        raise NotImplementedError(f"{self.kind()} has no definition")

    def decays(self, name: str) -> bool:
        """Return whether the parameter of this name decays."""
        return self.weight_decay > 0 and is_chosen(name, self.decay_applies_to)

    def update(
        self,
        name: str,
        parameter: Array,
        state: State,
        gradient: Array,
        rate: float,
        step: int,
    ) -> Array:
        """Return a parameter after one update; its state is renewed.

        Args:
            name: of the parameter, which decides whether it decays.
            parameter: its value.
            state: what is remembered of it; changed in place.
            gradient: of the loss by it.
            rate: of this step.
            step: 1 for the first update.
        """
        decay = self.weight_decay if self.decays(name) else 0.0
        if self.decay == "coupled":
            gradient = gradient + decay * parameter
        elif self.decay == "decoupled":
            parameter = parameter - rate * decay * parameter
        else:
            parameter = (1 - rate * decay) * parameter
        return parameter - self.move(state, gradient, rate, step)

    def without_effect(self) -> set[str]:
        """Return the fields that change nothing, given the others."""
        return set() if self.weight_decay else {"decay", "decay_applies_to"}

    @model_validator(mode="after")
    def _same_meaning_same_spec(self) -> "UpdateRule":
        for name in self.without_effect() & set(type(self).model_fields):
            unsaid = type(self).model_fields[name].default
            value = defaults_of("torch")[self.kind()].get(name, unsaid)
            # The only place that writes to a frozen element: its birth.
            self.__dict__[name] = value
        return self
