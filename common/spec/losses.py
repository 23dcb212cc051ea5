"""Losses, averaged over the batch; cross-entropies start from logits.

`value` is the reference implementation in NumPy, and `gradient` its
derivative by the outputs of the network; both frameworks are tested against
them. Outputs have shape (batch, outputs).
"""

from typing import Annotated, Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.activations import (
    Activation,
    Linear,
    Sigmoid,
    Softmax,
)
from framework_parity.common.spec.node import (
    Fraction,
    Positive,
    SpecNode,
    TaggedUnion,
)


class CrossEntropy(SpecNode):
    """-Σ q log softmax(z), for integer labels y of shape (batch,).

    The target q is one-hot; with label smoothing α and K classes it is
    (1 - α) times the one-hot target plus α/K. Szegedy et al. 2016, section 7.
    """

    prediction: ClassVar[type[Activation]] = Softmax
    label_smoothing: Fraction = 0.0

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        """Return the loss, averaged over the batch.

        Args:
            z: logits, of shape (batch, classes).
            y: integer labels, of shape (batch,).

        Returns:
            The mean loss.
        """
        right = z[np.arange(len(y)), y][:, np.newaxis]
        others = np.delete(z - right, self._labels(z, y)).reshape(len(y), -1)
        # log1p keeps the digits of log(1 + Σ exp(z_j - z_y)) for small sums.
        top = np.maximum(others.max(-1, initial=0.0), 0.0)[:, np.newaxis]
        rest = np.exp(others - top).sum(-1, keepdims=True)
        losses = top + np.log1p(rest + np.expm1(-top))
        # -log p_j is -log p_y + z_y - z_j.
        smooth = (right - z).mean(-1, keepdims=True)
        return float((losses + self.label_smoothing * smooth).mean())

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        """Return the derivative of the mean loss by the logits.

        Args:
            z: logits, of shape (batch, classes).
            y: integer labels, of shape (batch,).

        Returns:
            An array of the shape of `z`.
        """
        alpha, rows = self.label_smoothing, np.arange(len(y))
        p = Softmax().value(z)
        slope = p - alpha / z.shape[-1]
        # p_y - 1 cancels where p_y is almost 1; minus the sum of the others
        # is the same without cancellation.
        p[rows, y] = 0.0
        slope[rows, y] = alpha * (1.0 - 1.0 / z.shape[-1]) - p.sum(-1)
        return np.asarray(slope / len(y))

    def _labels(self, z: Array, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the flat indices in z of the labels' outputs."""
        return np.asarray(np.arange(len(y)) * z.shape[-1] + y)

    def metrics(self, z: Array, y: npt.NDArray[Any]) -> dict[str, float]:
        """Return the `accuracy`; of equal logits, the first is predicted.

        Args:
            z: logits, of shape (batch, classes).
            y: integer labels, of shape (batch,).

        Returns:
            Each metric by name, averaged over the batch.
        """
        return {"accuracy": int((z.argmax(-1) == y).sum()) / len(y)}


class BinaryCrossEntropy(SpecNode):
    """max(z, 0) - z q + log(1 + exp(-|z|)), for y in [0, 1].

    The target q is y; with label smoothing α, it is y (1 - α) + α/2.
    Outputs and labels have shape (batch, 1).
    """

    prediction: ClassVar[type[Activation]] = Sigmoid
    label_smoothing: Fraction = 0.0

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        q = self._target(y)
        loss = np.maximum(z, 0.0) - z * q + np.log1p(np.exp(-np.abs(z)))
        return float(loss.mean())

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        # p - t cancels where p is almost t = 1; (1 - t) - (1 - p) does not.
        t, p, q = self._target(y), Sigmoid().value(z), Sigmoid().value(-z)
        return np.asarray(np.where(z > 0, (1.0 - t) - q, p - t) / z.size)

    def _target(self, y: npt.NDArray[Any]) -> Array:
        alpha = self.label_smoothing
        return np.asarray(y * (1 - alpha) + alpha / 2)

    def metrics(self, z: Array, y: npt.NDArray[Any]) -> dict[str, float]:
        """Return the `accuracy`; a logit of exactly 0 predicts 0."""
        return {"accuracy": int(((z > 0) == (y > 0.5)).sum()) / len(y)}


class Distance(SpecNode):
    """The base class of the losses of a difference z - y.

    For regression the target has shape (batch, 1). For K classes it is
    one-hot, of shape (batch, K).
    """

    prediction: ClassVar[type[Activation]] = Linear

    def metrics(self, z: Array, y: npt.NDArray[Any]) -> dict[str, float]:
        """Return the `accuracy` where y is one-hot; ties as argmax."""
        if y.shape[-1] == 1:
            return {}
        return {"accuracy": int((z.argmax(-1) == y.argmax(-1)).sum()) / len(y)}


class MeanSquaredError(Distance):
    """(z - y)², for outputs and targets of one shape (batch, outputs)."""

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        return float(((z - y) ** 2).mean())

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        return np.asarray(2.0 * (z - y) / z.size)


class MeanAbsoluteError(Distance):
    """|z - y|, for outputs and targets of one shape (batch, outputs).

    The derivative at z = y is 0, in both frameworks.
    """

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        return float(np.abs(z - y).mean())

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        return np.asarray(np.sign(z - y) / z.size)


class Huber(Distance):
    """e²/2 where |e| ≤ δ, and δ (|e| - δ/2) beyond, for e = z - y.

    Huber 1964. PyTorch's SmoothL1Loss(β) is this with δ = β, divided by β.
    """

    shorthand_field = "delta"
    delta: Positive = 1.0

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        size = np.abs(z - y)
        beyond = self.delta * (size - self.delta / 2)
        return float(np.where(size <= self.delta, size**2 / 2, beyond).mean())

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        return np.asarray(np.clip(z - y, -self.delta, self.delta) / z.size)


def targets(
    loss: "Loss", y: npt.NDArray[Any], classes: int | None
) -> npt.NDArray[Any]:
    """Return targets in the form that a loss requires.

    Args:
        loss: the loss.
        y: array of shape (n,): labels from 0, or numbers to predict.
        classes: the number of classes; None for regression.

    Returns:
        Labels (n,) with unchanged dtype for a cross-entropy; else float64,
        one-hot (n, classes) for a regression loss on classes, and (n, 1)
        otherwise.
    """
    if isinstance(loss, CrossEntropy):
        return y
    if classes is not None and not isinstance(loss, BinaryCrossEntropy):
        return np.eye(classes)[y.astype(np.int64)]
    return y.reshape(len(y), 1).astype(np.float64)


def class_labels(y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the labels (n,) of targets in any form of `targets`."""
    one_hot = y.ndim == 2 and y.shape[1] > 1
    return y.argmax(1) if one_hot else y.reshape(-1).astype(int)


Loss: TypeAlias = Annotated[
    CrossEntropy
    | BinaryCrossEntropy
    | MeanSquaredError
    | MeanAbsoluteError
    | Huber,
    TaggedUnion(),
]
