"""Activations with a parameter or along an axis, in NumPy.

Elementwise activations follow from the formulas of their specifications.
"""

from typing import cast

import numpy as np

from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.reference.rounding import roughly
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.activations import (
    AlongAxis,
    Prelu,
)


def prelu(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """X above 0, and a x elsewhere."""
    name = f"{node.name}/slope"
    a = run.weights[name]
    at_zero = cast("Prelu", node.layer).at_zero == "slope"
    below = a * ((x <= 0) if at_zero else (x < 0))

    def back(slope: Array) -> Array:
        terms = slope * np.minimum(x, 0.0)
        missing = tuple(range(terms.ndim - a.ndim))
        total = terms.sum() if a.shape == (1,) else terms.sum(missing)
        run.gradients[name] = total.reshape(a.shape)
        return np.asarray(slope * ((x > 0) + below))

    return np.where(x > 0, x, a * x), back


def softmax(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Exponentials divided by their sum along an axis."""
    layer = cast("AlongAxis", node.layer)
    value = layer.value(x)

    def back(slope: Array) -> Array:
        gradient, size = layer.back(value, slope)
        return roughly(gradient, size, run.rounding)

    return roughly(value, np.abs(value), run.rounding), back


def log_softmax(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """The logarithm of `softmax`: x - log Σ exp x, which may cancel."""
    y, back = softmax(node, x, run)
    largest = np.abs(x).max(tuple(range(1, x.ndim)), keepdims=True)
    return roughly(y, np.broadcast_to(largest, y.shape), run.rounding), back
