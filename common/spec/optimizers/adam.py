"""Adam and its relatives: first and second moments, corrected for bias.

1 - βᵗ may be computed in `double` precision (PyTorch), or in that of the
`parameter` (Keras). In float64 the two are equal; in float32, 1 - 0.999 has a
relative error of 1.3e-5, and so have Adam's first steps.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.node import (
    Fraction,
    NotNegative,
    Positive,
    StrictBool,
)
from framework_parity.common.spec.selection import Chosen
from framework_parity.common.spec.update_rule import (
    BiasCorrection,
    Decay,
    State,
    UpdateRule,
)

EpsilonPlacement = Literal["epsilon", "epsilon_hat"]
MaximumPlacement = Literal["in_maximum", "after_maximum"]


class _Moments(UpdateRule):
    """The base class of Adam and AdamW, which differ in the weight decay."""

    lr: Positive
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: Positive
    epsilon_placement: EpsilonPlacement
    bias_correction: BiasCorrection
    amsgrad: StrictBool = False

    @classmethod
    def slots(cls) -> tuple[str, ...]:
        return ("first", "second", "greatest")

    def move(self, state: State, g: Array, rate: float, step: int) -> Array:
        _renew(state, g, self.beta_1, self.beta_2)
        state["greatest"] = np.maximum(state["greatest"], state["second"])
        v = state["greatest"] if self.amsgrad else state["second"]
        m = state["first"] / (1 - self.beta_1**step)
        correction = 1 - self.beta_2**step
        if self.epsilon_placement == "epsilon":
            return np.asarray(
                rate * m / (np.sqrt(v / correction) + self.epsilon)
            )
        root = (np.sqrt(v) + self.epsilon) / np.sqrt(correction)
        return np.asarray(rate * m / root)


class Adam(_Moments):
    """Adam, with rate η and moments m, v (Kingma and Ba 2015)::

        m ← β₁ m + (1 - β₁) g        v ← β₂ v + (1 - β₂) g²

    Epsilon is added to the root of the corrected moment (`epsilon`,
    PyTorch)::

        p ← p - η m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + ε)

    or to the root of the raw moment (`epsilon_hat`, Keras; the paper's
    section 2)::

        p ← p - η √(1 - β₂ᵗ)/(1 - β₁ᵗ) m / (√v + ε̂)

    With `amsgrad`, v is replaced by the greatest v so far, in both frameworks
    (Reddi et al. 2018; unlike the paper, with bias correction).
    """

    weight_decay: NotNegative = 0.0
    decay: Decay
    decay_applies_to: Chosen = "all"


class Adamw(_Moments):
    """Adam with decoupled decay, by definition; see `Adam`, `UpdateRule`.

    Loshchilov and Hutter 2019. The frameworks' default decays differ.
    """

    weight_decay: NotNegative
    decay: Literal["decoupled", "factored"]
    decay_applies_to: Chosen = "all"


class Adamax(UpdateRule):
    """Adamax: Adam by the infinity norm (Kingma and Ba 2015, algorithm 2)::

        m ← β₁ m + (1 - β₁) g

    Epsilon is added `in_maximum` (PyTorch)::

        u ← max(β₂ u, |g| + ε)       p ← p - η/(1 - β₁ᵗ) m / u

    or `after_maximum` (Keras)::

        u ← max(β₂ u, |g|)           p ← p - η/(1 - β₁ᵗ) m / (u + ε)
    """

    lr: Positive
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: Positive
    epsilon_placement: MaximumPlacement
    bias_correction: BiasCorrection
    weight_decay: NotNegative = 0.0
    decay: Decay
    decay_applies_to: Chosen = "all"

    @classmethod
    def slots(cls) -> tuple[str, ...]:
        return ("first", "greatest")

    def move(self, state: State, g: Array, rate: float, step: int) -> Array:
        inside = self.epsilon_placement == "in_maximum"
        size = np.abs(g) + (self.epsilon if inside else 0.0)
        state["first"] = self.beta_1 * state["first"] + (1 - self.beta_1) * g
        state["greatest"] = np.maximum(self.beta_2 * state["greatest"], size)
        root = state["greatest"] + (0.0 if inside else self.epsilon)
        rate = rate / (1 - self.beta_1**step)
        return np.asarray(rate * state["first"] / root)


class Nadam(UpdateRule):
    """Adam with Nesterov's momentum (Dozat 2016), whose β₁ warms up.

    With μₜ = β₁ (1 - 0.96^(t ψ) / 2) and momentum decay ψ (0.004 in PyTorch,
    1 in Keras, as in the paper), the moments m and v of Adam, and Πₜ the
    product of all μ up to t::

        p ← p - η (μₜ₊₁ m/(1 - Πₜ₊₁) + (1 - μₜ) g/(1 - Πₜ))
                / (√(v/(1 - β₂ᵗ)) + ε)

    Epsilon is added to the root of the corrected moment in both frameworks.
    Keras stores the product in the parameters' precision. PyTorch stores it
    in float64 if the default dtype is float64, else in float32; the trainer
    here sets the default dtype to that of the parameters, so that the two are
    equal. `bias_correction` is the precision of 1 - β₂ᵗ, μ and, as in Keras,
    1 - β₁ and 1 - β₂.
    """

    lr: Positive
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: Positive
    momentum_decay: Annotated[float, Field(strict=True, ge=0, le=1000)]
    bias_correction: BiasCorrection
    weight_decay: NotNegative = 0.0
    decay: Decay
    decay_applies_to: Chosen = "all"

    def start(self, parameter: Array) -> State:
        zeros = {n: np.zeros_like(parameter) for n in ("first", "second")}
        return {**zeros, "product": np.ones(())}

    def move(self, state: State, g: Array, rate: float, step: int) -> Array:
        _renew(state, g, self.beta_1, self.beta_2)
        now, after = self._momentum(step), self._momentum(step + 1)
        state["product"] = state["product"] * now
        m = after * state["first"] / (1 - state["product"] * after)
        m = m + (1 - now) * g / (1 - state["product"])
        v = state["second"] / (1 - self.beta_2**step)
        return np.asarray(rate * m / (np.sqrt(v) + self.epsilon))

    def _momentum(self, step: int) -> float:
        warmth: float = 1 - 0.5 * 0.96 ** (step * self.momentum_decay)
        return self.beta_1 * warmth


def _renew(state: State, g: Array, beta_1: float, beta_2: float) -> None:
    state["first"] = beta_1 * state["first"] + (1 - beta_1) * g
    state["second"] = beta_2 * state["second"] + (1 - beta_2) * g**2
