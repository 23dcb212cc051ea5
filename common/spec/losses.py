"""Losses, averaged over the batch; cross-entropies start from logits.

`value` is the reference implementation in NumPy, and `gradient` its
derivative by the outputs of the network; both frameworks are tested against
them. Outputs have shape (batch, outputs).
"""

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field

from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.activations import (
    Activation,
    Linear,
    Sigmoid,
    Softmax,
)
from framework_parity.common.spec.node import (
    Fraction,
    NotNegative,
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
        # -log p_j is -log p_y + z_y - z_j.
        losses = top + np.log1p(rest + np.expm1(-top)) + (right - z)
        factors, divisor = self._factors(z, y)
        return float((factors * losses).sum() / divisor)

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        """Return the derivative of the mean loss by the logits.

        Args:
            z: logits, of shape (batch, classes).
            y: integer labels, of shape (batch,).

        Returns:
            An array of the shape of `z`.
        """
        rows, p = np.arange(len(y)), Softmax().value(z)
        factors, divisor = self._factors(z, y)
        total = factors.sum(-1)
        slope = p * total[:, np.newaxis] - factors
        # p_y - 1 cancels where p_y is almost 1; minus the sum of the others
        # is the same without cancellation.
        p[rows, y] = 0.0
        factors[rows, y] = 0.0
        slope[rows, y] = factors.sum(-1) - total * p.sum(-1)
        return np.asarray(slope / divisor)

    def _factors(self, z: Array, y: npt.NDArray[Any]) -> tuple[Array, float]:
        """Return the factor of each -log p, and what divides their sum."""
        n, classes = z.shape
        alpha = self.label_smoothing
        factors = np.full((n, classes), alpha / classes)
        factors[np.arange(n), y] += 1 - alpha
        return factors, float(n)

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


class WeightedCrossEntropy(CrossEntropy):
    """A cross-entropy with a weight of each class.

    Attributes:
        class_weights: the weights, in the order of the classes.
        apply_to: `classes`: each term of the sum over the classes is
            multiplied by the weight of its class, and the sum over the batch
            is divided by that of the labels' weights (PyTorch's `weight`).
            `samples`: the loss of each sample is multiplied by the weight of
            its label, and the sum is divided by the number of samples
            (Keras's `class_weight`).
    """

    shorthand_field = "class_weights"
    class_weights: Annotated[tuple[Positive, ...], Field(min_length=2)]
    apply_to: Literal["classes", "samples"]

    def _factors(self, z: Array, y: npt.NDArray[Any]) -> tuple[Array, float]:
        factors, n = super()._factors(z, y)
        weights = np.array(self.class_weights)
        if self.apply_to == "classes":
            return factors * weights, float(weights[y].sum())
        return factors * weights[y][:, np.newaxis], n


class BinaryLoss(SpecNode):
    """The base class of losses of a logit and two classes.

    Outputs and labels have shape (batch, 1).
    """

    prediction: ClassVar[type[Activation]] = Sigmoid

    def metrics(self, z: Array, y: npt.NDArray[Any]) -> dict[str, float]:
        """Return the `accuracy`; a logit of exactly 0 predicts 0."""
        return {"accuracy": int(((z > 0) == (y > 0.5)).sum()) / len(y)}


class BinaryCrossEntropy(BinaryLoss):
    """-w q log p - (1 - q) log(1 - p), for p = σ(z) and y in [0, 1].

    The target q is y; with label smoothing α, it is y (1 - α) + α/2.

    Attributes:
        label_smoothing: α.
        positive_weight: w, the weight of the class 1 (PyTorch's
            `pos_weight`; Keras has none).
    """

    label_smoothing: Fraction = 0.0
    positive_weight: Positive = 1.0

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        q = self._target(y)
        small = np.log1p(np.exp(-np.abs(z)))
        of_1, of_0 = small + np.maximum(-z, 0.0), small + np.maximum(z, 0.0)
        return float((self.positive_weight * q * of_1 + (1 - q) * of_0).mean())

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        # Each form loses no digits on its side of 0.
        t, p, q = self._target(y), Sigmoid().value(z), Sigmoid().value(-z)
        weight = 1 + (self.positive_weight - 1) * t
        above = (1 - t) - weight * q
        below = weight * p - self.positive_weight * t
        return np.asarray(np.where(z > 0, above, below) / z.size)

    def _target(self, y: npt.NDArray[Any]) -> Array:
        alpha = self.label_smoothing
        return np.asarray(y * (1 - alpha) + alpha / 2)


class BinaryFocal(BinaryLoss):
    """-a (1 - p_y)^γ log p_y, where p_y is the probability of the label y.

    The probability of 1 is σ(z). Lin et al. 2017.

    Attributes:
        gamma: γ, by how much samples that are easy count less.
        balance: a for the label 1, 1 - a for 0 (torchvision's `alpha`, 0.25);
            None for a = 1 (Keras, without `apply_class_balancing`).
    """

    shorthand_field = "gamma"
    gamma: NotNegative = 2.0
    balance: Fraction | None = None

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        u = np.where(y > 0.5, z, -z)
        minus_log_p = np.log1p(np.exp(-np.abs(u))) + np.maximum(-u, 0.0)
        missing = Sigmoid().value(-u) ** self.gamma
        return float((self._balance(y) * missing * minus_log_p).mean())

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        sign = np.where(y > 0.5, 1.0, -1.0)
        u = sign * z
        minus_log_p = np.log1p(np.exp(-np.abs(u))) + np.maximum(-u, 0.0)
        p, q = Sigmoid().value(u), Sigmoid().value(-u)
        by_u = -(q**self.gamma) * (self.gamma * p * minus_log_p + q)
        return np.asarray(sign * self._balance(y) * by_u / z.size)

    def _balance(self, y: npt.NDArray[Any]) -> Array:
        if self.balance is None:
            return np.ones(y.shape)
        return np.where(y > 0.5, self.balance, 1 - self.balance)


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

    Huber 1964.
    """

    shorthand_field = "delta"
    delta: Positive = 1.0

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        size = np.abs(z - y)
        beyond = self.delta * (size - self.delta / 2)
        return float(np.where(size <= self.delta, size**2 / 2, beyond).mean())

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        return np.asarray(np.clip(z - y, -self.delta, self.delta) / z.size)


class SmoothL1(Distance):
    """e²/(2β) where |e| ≤ β, and |e| - β/2 beyond: Huber's loss over β.

    Girshick 2015; PyTorch's SmoothL1Loss.
    """

    shorthand_field = "beta"
    beta: Positive = 1.0

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        return Huber(delta=self.beta).value(z, y) / self.beta

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        slope = Huber(delta=self.beta).gradient(z, y) / self.beta
        return np.asarray(slope)


class LogCosh(Distance):
    """log cosh(z - y), for outputs and targets of one shape; Keras's LogCosh.

    It is e²/2 for small differences e, and |e| - log 2 for large ones.
    """

    def value(self, z: Array, y: npt.NDArray[Any]) -> float:
        size = np.abs(z - y)
        # The first form keeps the digits of e²/2, the second is finite.
        near = np.log1p(2 * np.sinh(np.minimum(size, 1.0) / 2) ** 2)
        far = size + np.log1p(np.exp(-2 * size)) - np.log(2.0)
        return float(np.where(size < 1, near, far).mean())

    def gradient(self, z: Array, y: npt.NDArray[Any]) -> Array:
        return np.asarray(np.tanh(z - y) / z.size)


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
    if classes is not None and not isinstance(loss, BinaryLoss):
        return np.eye(classes)[y.astype(np.int64)]
    return y.reshape(len(y), 1).astype(np.float64)


def class_labels(y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the labels (n,) of targets in any form of `targets`."""
    one_hot = y.ndim == 2 and y.shape[1] > 1
    return y.argmax(1) if one_hot else y.reshape(-1).astype(int)


Loss: TypeAlias = Annotated[
    CrossEntropy
    | WeightedCrossEntropy
    | BinaryCrossEntropy
    | BinaryFocal
    | MeanSquaredError
    | MeanAbsoluteError
    | Huber
    | SmoothL1
    | LogCosh,
    TaggedUnion(),
]
