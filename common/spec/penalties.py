"""Penalties on the weights, which are added to the loss.

A penalty is a part of the objective. Its gradient is therefore clipped with
the loss's, and an adaptive optimiser rescales it; the `weight_decay` of an
optimiser is applied after clipping.
"""

from typing import Literal

import numpy as np
from pydantic import model_validator

from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.node import (
    DialectFilled,
    NotNegative,
    StrictBool,
)
from framework_parity.common.spec.selection import Chosen, is_chosen
from framework_parity.common.training.record import Tensors


class Penalty(DialectFilled):
    """l1 Σ |w| + l2 Σ w², over the chosen weights.

    Attributes:
        l1: factor of Σ |w|; its derivative at 0 is 0, in both frameworks.
        l2: factor of Σ w².
        form: `whole` is l2 Σ w² (Keras's regularizers); `half` is
            l2/2 Σ w², whose gradient is l2 w (PyTorch's weight decay).
        weights: `all` parameters or only `kernels`.
        reported: whether the reported loss includes the penalty, in training
            and in evaluation. The gradient always includes it.
    """

    l1: NotNegative = 0.0
    l2: NotNegative = 0.0
    form: Literal["whole", "half"]
    weights: Chosen
    reported: StrictBool

    @model_validator(mode="after")
    def _penalises_something(self) -> "Penalty":
        if self.l1 == self.l2 == 0:
            raise ValueError("l1 and l2 are both 0; leave the penalty out")
        if self.l2 == 0:
            # It has no effect; see `common.spec.update_rule`.
            self.__dict__["form"] = "half"
        return self

    @property
    def square_factor(self) -> float:
        """The factor of Σ w²."""
        return self.l2 / 2 if self.form == "half" else self.l2

    def value(self, weights: Tensors) -> float:
        """Return the penalty; `weights` are by neutral name."""
        return sum(
            self.l1 * float(np.abs(w).sum())
            + self.square_factor * float((w**2).sum())
            for name, w in weights.items()
            if is_chosen(name, self.weights)
        )

    def gradient(self, name: str, w: Array) -> Array:
        """Return the gradient of the penalty by one parameter.

        Args:
            name: neutral name of the parameter.
            w: its value, of any shape.

        Returns:
            An array of the shape of `w`; 0 where the penalty excludes it.
        """
        if not is_chosen(name, self.weights):
            return np.zeros_like(w)
        return np.asarray(self.l1 * np.sign(w) + 2 * self.square_factor * w)
