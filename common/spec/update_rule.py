"""The base class of all optimisers: state, update step and weight decay.

A field without effect (the form of the decay without a decay, the form of the
velocity without momentum) is set to PyTorch's value. Two equivalent
specifications are therefore equal, also when they are read back from a live
optimiser, which cannot show the difference.
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
    """The update of a parameter p by its gradient g, with rate η and decay λ.

    The decay is `coupled` (PyTorch), a part of the gradient::

        g ← g + λ p

    or `decoupled` (Keras), a separate step before the update::

        p ← p - η λ p

    or `factored` (PyTorch's AdamW), which differs only in rounding::

        p ← (1 - η λ) p

    The rounding of 1 - ηλ loses digits of ηλ, the same ones in every step: at
    ηλ = 1e-4 the relative error of the decay is up to 5e-13 in float64, which
    is visible after 2,000 steps, and 3e-4 in float32. Loshchilov and Hutter
    2019, algorithm 2. `decay_applies_to` is `all` parameters or only
    `kernels`.
    """

    shorthand_field = "lr"

    if TYPE_CHECKING:  # each subclass defines these fields
        weight_decay: float
        decay: Decay
        decay_applies_to: Chosen

    @classmethod
    def slots(cls) -> tuple[str, ...]:
        """Return the names of the state variables, which start at zero."""
        raise NotImplementedError(f"{cls.kind()} remembers nothing yet")

    def start(self, parameter: Array) -> State:
        """Return the initial state of one parameter."""
        return {name: np.zeros_like(parameter) for name in self.slots()}

    def move(self, state: State, g: Array, rate: float, step: int) -> Array:
        """Return the decrement of a parameter, and update its state.

        Args:
            state: the state of the parameter; changed in place.
            g: its gradient.
            rate: the learning rate of this step.
            step: the number of the update, from 1.

        Returns:
            An array of the shape of `g`, to subtract from the parameter.
        """
        raise NotImplementedError(f"{self.kind()} has no definition")

    def decays(self, name: str) -> bool:
        """Return whether weight decay applies to a parameter."""
        return self.weight_decay > 0 and is_chosen(name, self.decay_applies_to)

    def update(
        self,
        parameter: Array,
        state: State,
        gradient: Array,
        rate: float,
        step: int,
        decay: float,
    ) -> Array:
        """Return a parameter after one update, and update its state.

        Args:
            parameter: its value.
            state: its state; changed in place.
            gradient: the gradient of the loss by the parameter.
            rate: its learning rate in this step.
            step: the number of the update, from 1.
            decay: its weight decay, or 0.

        Returns:
            The new value, an array of the shape of `parameter`.
        """
        if self.decay == "coupled":
            gradient = gradient + decay * parameter
        elif self.decay == "decoupled":
            parameter = parameter - rate * decay * parameter
        else:
            parameter = (1 - rate * decay) * parameter
        return parameter - self.move(state, gradient, rate, step)

    def without_effect(self) -> set[str]:
        """Return the fields that have no effect, given the others."""
        return set() if self.weight_decay else {"decay", "decay_applies_to"}

    @model_validator(mode="after")
    def _same_meaning_same_spec(self) -> "UpdateRule":
        for name in self.without_effect() & set(type(self).model_fields):
            default = type(self).model_fields[name].default
            value = defaults_of("torch")[self.kind()].get(name, default)
            # A frozen element is written to only during its validation.
            self.__dict__[name] = value
        return self
