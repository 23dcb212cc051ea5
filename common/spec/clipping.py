"""Clipping of gradients before the optimiser's update.

The clipped gradient includes that of a penalty, but not an optimiser's weight
decay. Gradient norms are recorded before clipping.
"""

from typing import Annotated, TypeAlias

import numpy as np

from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.node import (
    NotNegative,
    Positive,
    SpecNode,
    TaggedUnion,
)
from framework_parity.common.training.record import Tensors


class ByValue(SpecNode):
    """Keep each number of each gradient within ± limit."""

    shorthand_field = "limit"
    limit: Positive

    def clip(self, gradients: Tensors) -> Tensors:
        """Return the gradients, clipped."""
        return {
            name: np.clip(g, -self.limit, self.limit)
            for name, g in gradients.items()
        }


class ByNorm(SpecNode):
    """Shrink each parameter's gradient by min(1, limit / (norm + ε)).

    The norm is that of the single gradient (Keras's `clipnorm`). ε is 1e-6 in
    PyTorch and 0 in Keras.
    """

    shorthand_field = "limit"
    limit: Positive
    epsilon: NotNegative

    def clip(self, gradients: Tensors) -> Tensors:
        """Return the gradients, clipped."""
        return {
            name: g * _factor(np.linalg.norm(g), self.limit, self.epsilon)
            for name, g in gradients.items()
        }


class ByGlobalNorm(SpecNode):
    """Shrink all gradients by one min(1, limit / (norm + ε)).

    The norm is that of all gradients taken together (PyTorch's
    `clip_grad_norm_`, Keras's `global_clipnorm`); ε as in `ByNorm`. Pascanu
    et al. 2013, algorithm 1.
    """

    shorthand_field = "limit"
    limit: Positive
    epsilon: NotNegative

    def clip(self, gradients: Tensors) -> Tensors:
        """Return the gradients, clipped."""
        norms = [np.linalg.norm(g) for g in gradients.values()]
        norm = np.linalg.norm(norms)
        factor = _factor(norm, self.limit, self.epsilon)
        return {name: g * factor for name, g in gradients.items()}


def _factor(norm: np.floating, limit: float, epsilon: float) -> Array:
    shifted = norm + epsilon
    # A gradient of 0 stays 0.
    return np.asarray(min(1.0, limit / shifted) if shifted else 1.0)


Clipping: TypeAlias = Annotated[ByValue | ByNorm | ByGlobalNorm, TaggedUnion()]
