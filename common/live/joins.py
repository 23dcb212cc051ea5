"""Operations of several inputs that the language has not, in NumPy."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.spec.layers.activations import Softmax

Joined: TypeAlias = tuple[Array, Callable[[Array], list[Array]]]
"""The output, and a function from the derivative of the loss by it to those
by the inputs."""


def _attention(fields: dict[str, Any], *inputs: Array) -> Joined:
    """softmax(scale q k^T) v."""
    q, k, v = inputs
    scale = fields["scale"]
    scores = scale * q @ np.swapaxes(k, -1, -2)
    if fields.get("causal"):
        later = np.triu(np.ones(scores.shape[-2:], bool), 1)
        scores = np.where(later, -np.inf, scores)
    weights = Softmax().value(scores)

    def back(slope: Array) -> list[Array]:
        by_weights = slope @ np.swapaxes(v, -1, -2)
        total = (by_weights * weights).sum(-1, keepdims=True)
        by_scores = scale * weights * (by_weights - total)
        return [
            by_scores @ k,
            np.swapaxes(by_scores, -1, -2) @ q,
            np.swapaxes(weights, -1, -2) @ slope,
        ]

    return weights @ v, back


def _add(fields: dict[str, Any], *inputs: Array) -> Joined:
    return sum(inputs[1:], inputs[0]), lambda slope: [
        _fitting(slope, x) for x in inputs
    ]


def _average(fields: dict[str, Any], *inputs: Array) -> Joined:
    total, back = _add(fields, *inputs)
    number = len(inputs)
    return total / number, lambda slope: [s / number for s in back(slope)]


def _multiply(fields: dict[str, Any], *inputs: Array) -> Joined:
    a, b = inputs
    return a * b, lambda slope: [
        _fitting(slope * b, a),
        _fitting(slope * a, b),
    ]


def _subtract(fields: dict[str, Any], *inputs: Array) -> Joined:
    a, b = inputs
    return a - b, lambda slope: [_fitting(slope, a), _fitting(-slope, b)]


def _maximum(fields: dict[str, Any], *inputs: Array) -> Joined:
    a, b = inputs
    return np.maximum(a, b), lambda slope: [
        _fitting(slope * (a >= b), a),
        _fitting(slope * (a < b), b),
    ]


def _fitting(slope: Array, like: Array) -> Array:
    """Return a derivative, summed over the axes that were broadcast."""
    more = slope.ndim - like.ndim
    slope = slope.sum(tuple(range(more)))
    axes = tuple(
        axis
        for axis, size in enumerate(like.shape)
        if size == 1 and slope.shape[axis] != 1
    )
    return np.asarray(slope.sum(axes, keepdims=True))


JOINS: dict[str, Callable[..., Joined]] = {
    "attention": _attention,
    "add": _add,
    "average": _average,
    "multiply": _multiply,
    "subtract": _subtract,
    "maximum": _maximum,
}
"""The operations, by kind; where a number is one input, it is none of them."""
