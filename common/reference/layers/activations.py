"""Activations, in NumPy; those of one number by their formulas."""

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


def prelu(place: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """X above 0, and a x elsewhere."""
    name = f"{place.name}/slope"
    a = run.weights[name]
    at_zero = cast("Prelu", place.layer).at_zero == "slope"
    below = a * ((x <= 0) if at_zero else (x < 0))

    def back(slope: Array) -> Array:
        each = slope * np.minimum(x, 0.0)
        missing = tuple(range(each.ndim - a.ndim))
        total = each.sum() if a.shape == (1,) else each.sum(missing)
        run.gradients[name] = total.reshape(a.shape)
        return np.asarray(slope * ((x > 0) + below))

    return np.where(x > 0, x, a * x), back


def softmax(place: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """Exponentials over their sum along an axis."""
    layer = cast("AlongAxis", place.layer)
    value = layer.value(x)

    def back(slope: Array) -> Array:
        found, size = layer.back(value, slope)
        return roughly(found, size, run.rounding_variant)

    return roughly(value, np.abs(value), run.rounding_variant), back


def log_softmax(place: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """The logarithm of `softmax`: x less that of the sum, which may cancel."""
    y, back = softmax(place, x, run)
    largest = np.abs(x).max(tuple(range(1, x.ndim)), keepdims=True)
    return roughly(
        y, np.broadcast_to(largest, y.shape), run.rounding_variant
    ), back
