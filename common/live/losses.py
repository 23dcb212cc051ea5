"""Losses as a user's function computes them, and the same in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.elements import Described
from framework_parity.common.spec.errors import SpecError

LABELLED = ("cross_entropy",)
"""Losses whose targets are labels, or rows with a number for each class."""

FORMS = ("labels", "one_hot", "values")
"""The forms of targets, in the order in which they are tried."""

SAME = 1e-6
"""Relative difference up to which the factors of two samples' losses are the
same."""

Slope: TypeAlias = Callable[[Array], list[Array]]


@dataclass
class LossCall:
    """One loss function of a framework that a user's function called.

    Attributes:
        kind: such as `cross_entropy`.
        fields: the values that define it.
        form: of the targets: `labels`, `one_hot` or `values`.
        site: file and line of the user's code that called it.
    """

    kind: str
    fields: dict[str, Any]
    form: str
    site: str | None

    @property
    def described(self) -> Described:
        """The kind and the fields."""
        return self.kind, self.fields


def computed(
    described: Described, y: Array
) -> Callable[[Array], tuple[Array, Slope]]:
    """Return a loss as a function of the outputs.

    Args:
        described: its kind and its fields.
        y: the targets: labels (n, ...), or rows of the shape of the outputs.

    Returns:
        A function from outputs with the classes last to the loss, a number,
        and to a function from a factor to its derivative by the outputs.

    Raises:
        LookupError: if the loss is not known.
    """
    kind, fields = described
    if kind not in LOSSES:
        raise LookupError(f"no loss {kind}")

    def loss(z: Array) -> tuple[Array, Slope]:
        target = y
        if kind not in LABELLED and y.shape != z.shape:
            target = np.broadcast_to(y, z.shape)
        each, slopes = LOSSES[kind](fields, z, target)
        weights = np.ones_like(each) / each.size
        if fields.get("reduction") == "sum":
            weights = np.ones_like(each)
        elif fields.get("reduction") == "sum_of_means":
            weights = np.ones_like(each) / (each.size / len(each))
        if fields.get("class_weights"):
            weights = weights * _class_weights(fields, y, each)
        value = np.asarray((weights * each).sum())

        def back(factor: Array) -> list[Array]:
            spread = weights.reshape(
                weights.shape + (1,) * (slopes.ndim - weights.ndim)
            )
            return [np.asarray(factor * spread * slopes)]

        return value, back

    return loss


def _class_weights(fields: dict[str, Any], y: Array, each: Array) -> Array:
    """Return the factor of each sample's loss.

    Args:
        fields: `class_weights`, and `mean_of`, which a mean is divided by:
            the sum of the `weights`, or the number of `samples`.
        y: the targets.
        each: the loss of each sample.
    """
    labels = y if y.shape == each.shape else y.argmax(-1)
    weights = np.asarray(fields["class_weights"])[labels.astype(np.int64)]
    if (
        fields.get("reduction") == "mean"
        and fields.get("mean_of") == "weights"
    ):
        weights = weights * (each.size / weights.sum())
    return np.asarray(weights)


Each: TypeAlias = tuple[Array, Array]
"""The loss of each sample or number, and its derivative by the outputs."""


def _cross_entropy(fields: dict[str, Any], z: Array, y: Array) -> Each:
    """Over the last axis, of logits, probabilities or their logarithms."""
    classes = z.shape[-1]
    q = y if y.shape == z.shape else np.eye(classes)[y.astype(np.int64)]
    smooth = fields.get("label_smoothing", 0.0)
    q = q.reshape(z.shape) * (1 - smooth) + smooth / classes
    of = fields.get("input", "logits")
    if of == "logits":
        top = z - z.max(-1, keepdims=True)
        total = np.exp(top).sum(-1, keepdims=True)
        each = -(q * (top - np.log(total))).sum(-1)
        share = np.exp(top) / total
        return each, share * q.sum(-1, keepdims=True) - q
    if of == "log_probabilities":
        return -(q * z).sum(-1), -q
    bound = fields.get("clip", 0.0)
    if fields.get("clipped_first"):
        p = np.clip(z, bound, 1 - bound)
        total = p.sum(-1, keepdims=True)
        each = -(q * np.log(p / total)).sum(-1)
        slope = q.sum(-1, keepdims=True) / total - q / p
        return each, np.where((z >= bound) & (z <= 1 - bound), slope, 0.0)
    total = z.sum(-1, keepdims=True)
    p = z / total
    inside = (p >= bound) & (p <= 1 - bound)
    p = np.clip(p, bound, 1 - bound)
    by_p = np.where(inside, -q / p, 0.0)
    spread = (by_p * z).sum(-1, keepdims=True) / total
    return -(q * np.log(p)).sum(-1), (by_p - spread) / total


def _binary_cross_entropy(fields: dict[str, Any], z: Array, y: Array) -> Each:
    """Of logits or probabilities; `positive` weighs the positive class."""
    smooth = fields.get("label_smoothing", 0.0)
    q = y * (1 - smooth) + smooth / 2
    weight = 1 + (fields.get("positive", 1.0) - 1) * q
    if fields.get("input", "logits") == "logits":
        # log(1 + exp(-z)), without an overflow.
        soft = np.log1p(np.exp(-np.abs(z))) + np.maximum(-z, 0)
        p = np.exp(-np.logaddexp(0, -z))
        return (1 - q) * z + weight * soft, (1 - q) - weight * (1 - p)
    bound = fields.get("clip", 0.0)
    inside = (z >= bound) & (z <= 1 - bound)
    p = np.clip(z, bound, 1 - bound)
    each = -(q * np.log(p) + (1 - q) * np.log1p(-p))
    return each, np.where(inside, (p - q) / (p * (1 - p)), 0.0)


def _mean_squared_error(fields: dict[str, Any], z: Array, y: Array) -> Each:
    return (z - y) ** 2, 2 * (z - y)


def _mean_absolute_error(fields: dict[str, Any], z: Array, y: Array) -> Each:
    return np.abs(z - y), np.sign(z - y)


def _huber(fields: dict[str, Any], z: Array, y: Array) -> Each:
    """e²/2 up to δ, δ (|e| - δ/2) beyond; divided by `divisor`."""
    e, delta = z - y, fields["delta"]
    size = np.abs(e)
    each = np.where(size <= delta, e**2 / 2, delta * (size - delta / 2))
    divisor = fields.get("divisor", 1.0)
    return each / divisor, np.clip(e, -delta, delta) / divisor


LOSSES: dict[str, Callable[[dict[str, Any], Array, Array], Each]] = {
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy": _binary_cross_entropy,
    "mean_squared_error": _mean_squared_error,
    "mean_absolute_error": _mean_absolute_error,
    "huber": _huber,
}
"""The losses that can be computed here."""


def target_forms(y: Array, classes: int) -> dict[str, Array]:
    """Return labels in each form that a loss takes.

    Args:
        y: labels (n, ...), or values.
        classes: the number of classes.
    """
    if y.dtype.kind not in "iu":
        return dict.fromkeys(FORMS, y)
    if y.size and y.max() >= classes:
        raise SpecError(
            "--sample",
            f"has labels up to {y.max()}, and the models have {classes} "
            "outputs",
        )
    # A negative label, such as -100, is of no class.
    one_hot = np.eye(classes)[np.maximum(y, 0)] * (y >= 0)[..., None]
    return {"labels": y, "one_hot": one_hot, "values": one_hot}


def class_axis(shape: tuple[int, ...], labels: tuple[int, ...]) -> int:
    """Return the axis of the classes of some outputs.

    Args:
        shape: of the outputs.
        labels: shape of the targets.

    Returns:
        1 or the last axis; the second where both fit, or neither.

    >>> class_axis((2, 7, 5), (2, 7)), class_axis((2, 5, 7), (2, 7))
    (2, 1)
    """
    if len(labels) != len(shape) - 1 or len(shape) < 3:
        return 1 if len(shape) >= 3 else len(shape) - 1
    first = (shape[0], *shape[2:]) == tuple(labels)
    last = tuple(shape[:-1]) == tuple(labels)
    return len(shape) - 1 if last and not first else 1


def weights_by_label(
    described: Described, z: Array, y: Array, slope: Array
) -> dict[str, Any] | None:
    """Return how a loss weighs its samples, from its derivative.

    Args:
        described: kind and fields of the loss of one sample.
        z: outputs, with the classes last.
        y: labels, of which each class has some.
        slope: the derivative of the whole loss by the outputs.

    Returns:
        `reduction`, `class_weights` and `mean_of` as fields of the loss; None
        where the factors of the samples depend on more than the labels.
    """
    kind, fields = described
    if kind not in LABELLED or y.shape != z.shape[:-1]:
        return None
    _, slopes = LOSSES[kind](fields, z, y)
    size = (slopes**2).sum(-1)
    factors = (slope * slopes).sum(-1) / size
    rest = np.abs(slope - factors[..., None] * slopes).max()
    if rest > SAME * np.abs(slope).max():
        return None
    weights = []
    for label in range(z.shape[-1]):
        own = factors[y == label]
        if not own.size or np.ptp(own) > SAME * np.abs(factors).max():
            return None
        weights.append(float(own.mean()))
    total, number = float(factors.sum()), factors.size
    if np.ptp(weights) <= SAME * max(weights):
        known = {1.0: "mean", float(number): "sum"}
        reduction = known.get(float(np.round(total, 6)))
        return {"reduction": reduction} if reduction else None
    mean_of, scale = "samples", float(number)
    if np.isclose(total, 1, SAME):
        mean_of, scale = "weights", 1 / max(weights)
    exact = [float(f"{scale * weight:.9g}") for weight in weights]
    return {
        "reduction": "mean",
        "class_weights": tuple(exact),
        "mean_of": mean_of,
    }
