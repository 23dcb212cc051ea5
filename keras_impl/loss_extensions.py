"""Losses that Keras has no class for."""

from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from framework_parity.keras_impl.extensions import registered


@registered
class SmoothedCrossentropy(keras.losses.CategoricalCrossentropy):
    """CategoricalCrossentropy for integer labels.

    The sparse class has no label smoothing; this class takes one-hot rows.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        rows = ops.one_hot(labels, y_pred.shape[-1], dtype=y_pred.dtype)
        return super().call(rows, y_pred)


@registered
class WeightedCrossentropy(SmoothedCrossentropy):
    """SmoothedCrossentropy with a weight of each class.

    Args:
        weights: of the classes.
        apply_to: `samples`, each weighted by its label, or `classes`, the
            terms of the sum over the classes; the sum over the batch is
            then divided by the sum of the labels' weights.
    """

    def __init__(
        self,
        weights: list[float],
        apply_to: Literal["classes", "samples"],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.weights, self.apply_to = weights, apply_to

    def call(self, y_true: Any, y_pred: Any) -> Any:
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        weights = ops.convert_to_tensor(np.array(self.weights), y_pred.dtype)
        given = ops.take(weights, labels)
        if self.apply_to == "samples":
            return super().call(y_true, y_pred) * given
        classes = y_pred.shape[-1]
        rows = ops.one_hot(labels, classes, dtype=y_pred.dtype)
        alpha = self.label_smoothing
        factors = (rows * (1 - alpha) + alpha / classes) * weights
        each = -ops.sum(factors * ops.log_softmax(y_pred), axis=-1)
        return each * (
            ops.cast(ops.size(given), y_pred.dtype) / ops.sum(given)
        )

    def get_config(self) -> dict[str, Any]:
        own = {"weights": self.weights, "apply_to": self.apply_to}
        return super().get_config() | own


@registered
class PositiveWeightCrossentropy(keras.losses.Loss):
    """Binary cross-entropy of logits with a weight of the class 1."""

    def __init__(
        self,
        weight: float,
        label_smoothing: float = 0.0,
        name: str = "positive_weight_crossentropy",
        **kwargs: Any,
    ) -> None:
        super().__init__(name, **kwargs)
        self.weight, self.label_smoothing = weight, label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        alpha, z = self.label_smoothing, y_pred
        y = ops.cast(y_true, z.dtype) * (1 - alpha) + alpha / 2
        positive = self.weight * y * ops.softplus(-z)
        each = positive + (1 - y) * ops.softplus(z)
        return ops.mean(each, axis=-1)

    def get_config(self) -> dict[str, Any]:
        own = {"weight": self.weight, "label_smoothing": self.label_smoothing}
        return super().get_config() | own


@registered
class BinaryFocalLoss(keras.losses.Loss):
    """-a (1 - p)^γ log p, where p is the probability of the label.

    Args:
        gamma: γ.
        balance: a for the label 1, and 1 - a for 0; None for 1.
    """

    def __init__(
        self,
        gamma: float,
        balance: float | None = None,
        name: str = "binary_focal_loss",
        **kwargs: Any,
    ) -> None:
        super().__init__(name, **kwargs)
        self.gamma, self.balance = gamma, balance

    def call(self, y_true: Any, y_pred: Any) -> Any:
        positive = ops.greater(y_true, 0.5)
        u = ops.where(positive, y_pred, -y_pred)
        each = ops.sigmoid(-u) ** self.gamma * ops.softplus(-u)
        if self.balance is not None:
            a = ops.cast(np.float64(self.balance), each.dtype)
            each = each * ops.where(positive, a, 1 - a)
        return ops.mean(each, axis=-1)

    def get_config(self) -> dict[str, Any]:
        own = {"gamma": self.gamma, "balance": self.balance}
        return super().get_config() | own


@registered
class SmoothL1(keras.losses.Huber):
    """Huber, divided by its delta."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return super().call(y_true, y_pred) / self._fn_kwargs["delta"]

    def get_config(self) -> dict[str, Any]:
        # Huber leaves its delta out.
        return super().get_config() | {"delta": self._fn_kwargs["delta"]}


@registered
class ExactLogCosh(keras.losses.Loss):
    """log cosh(z - y).

    LogCosh subtracts log 2, which it computes in float32.
    """

    def __init__(self, name: str = "exact_log_cosh", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        e = y_pred - ops.cast(y_true, y_pred.dtype)
        size = ops.abs(e)
        # The first form keeps the digits of e²/2, the second is finite.
        near = ops.log1p(2 * ops.sinh(ops.clip(e, -1.0, 1.0) / 2) ** 2)
        far = size + ops.log1p(ops.exp(-2 * size)) - np.log(2.0)
        return ops.mean(ops.where(size < 1, near, far), axis=-1)
