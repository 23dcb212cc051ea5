"""Optimisers: how a gradient moves a parameter."""

from typing import Annotated, Literal, TypeAlias

from pydantic import model_validator

from common.element import Element, Flag, OneKind, Positive, Share

Velocity = Literal["of_gradients", "of_steps"]
EpsilonPlacement = Literal["epsilon", "epsilon_hat"]


class SGD(Element):
    """Stochastic gradient descent, with momentum m and rate η.

    The velocity may be `of_gradients` (PyTorch)::

        b ← m b + g          p ← p - η b

    or `of_steps` (Keras), where each step keeps the rate of its day::

        v ← m v - η g        p ← p + v

    The two part as soon as the rate changes. With Nesterov's look-ahead the
    parameter moves by η (g + m b), or by m v - η g. Sutskever et al. 2013.
    """

    main = "lr"
    lr: Positive
    momentum: Share = 0.0
    nesterov: Flag = False
    velocity: Velocity

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> "SGD":
        if self.nesterov and self.momentum == 0:
            raise ValueError(
                "nesterov looks ahead along the momentum, but momentum is 0"
            )
        return self


class Adam(Element):
    """Adam, with rate η and moments m, v (Kingma and Ba 2015)::

        m ← β₁ m + (1 - β₁) g        v ← β₂ v + (1 - β₂) g²

    Epsilon is added to the root of the corrected moment (`epsilon`,
    PyTorch)::

        p ← p - η m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + ε)

    or to that of the raw one (`epsilon_hat`, Keras; the paper's section 2)::

        p ← p - η √(1 - β₂ᵗ)/(1 - β₁ᵗ) m / (√v + ε̂)
    """

    main = "lr"
    lr: Positive
    beta_1: Share = 0.9
    beta_2: Share = 0.999
    epsilon: Positive
    epsilon_placement: EpsilonPlacement


Optimizer: TypeAlias = Annotated[SGD | Adam, OneKind()]
