"""Losses, all from logits, all averaged over the batch.

`value` is the definition, in NumPy, and `gradient` its slope with respect
to the network's outputs; both frameworks are judged against them. Outputs
have shape (batch, outputs).
"""

from typing import Annotated, Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from common.activations import Activation, Linear, Sigmoid, Softmax
from common.element import Element, OneKind
from common.layer import Array


class CrossEntropy(Element):
    """-log softmax(z)[y], for integer labels y of shape (batch,)."""

    prediction: ClassVar[type[Activation]] = Softmax

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        shifted = z - z.max(-1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
        return float(-log_p[np.arange(len(y)), y].mean())

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        p = Softmax().value(z)
        p[np.arange(len(y)), y] -= 1.0
        return p / len(y)

    def metrics(self, z: Array, y: npt.NDArray[Any]) -> dict[str, float]:
        """Return the `accuracy`; of equal logits, the first wins."""
        return {"accuracy": int((z.argmax(-1) == y).sum()) / len(y)}


class BinaryCrossEntropy(Element):
    """max(z, 0) - z y + log(1 + exp(-|z|)), for y in [0, 1].

    Outputs and labels have shape (batch, 1).
    """

    prediction: ClassVar[type[Activation]] = Sigmoid

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        loss = np.maximum(z, 0.0) - z * y + np.log1p(np.exp(-np.abs(z)))
        return float(loss.mean())

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        return np.asarray((Sigmoid().value(z) - y) / z.size)

    def metrics(self, z: Array, y: npt.NDArray[Any]) -> dict[str, float]:
        """Return the `accuracy`; a logit of exactly 0 predicts 0."""
        return {"accuracy": int(((z > 0) == (y > 0.5)).sum()) / len(y)}


class MeanSquaredError(Element):
    """(z - y)², for outputs and targets of one shape (batch, outputs)."""

    prediction: ClassVar[type[Activation]] = Linear

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        return float(((z - y) ** 2).mean())

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        return np.asarray(2.0 * (z - y) / z.size)

    def metrics(self, z: Array, y: npt.NDArray[Any]) -> dict[str, float]:
        """Return nothing beside the loss."""
        return {}


Loss: TypeAlias = Annotated[
    CrossEntropy | BinaryCrossEntropy | MeanSquaredError, OneKind()
]
