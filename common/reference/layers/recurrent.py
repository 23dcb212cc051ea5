"""Recurrent layers, in NumPy; see `common.reference.recurrence`."""

from typing import Any

import numpy as np

from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.reference.recurrence import Options, recurrence
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.recurrent import split_direction


def simple_rnn(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """H ← f(x K + b + h R)."""
    return _applied(node, x, run)


def lstm(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """C ← σ(f) c + σ(i) g(z), h ← σ(o) g(c)."""
    return _applied(node, x, run)


def gru(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """H ← σ(z) h + (1 - σ(z)) g(n)."""
    return _applied(node, x, run)


def _applied(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    layer: Any = node.layer
    gates, units = layer.gates, layer.units
    own = {}
    for name in node.tensors:
        value = run.weights[name]
        own[_inside(name)] = value.reshape(*value.shape[:-1], gates, units)
    options = Options(
        layer.kind(),
        layer.activation,
        getattr(layer, "recurrent_activation", "sigmoid"),
        getattr(layer, "reset", "after"),
        layer.direction,
        layer.returns,
        layer.padded_outputs or "repeated",
    )
    valid = run.valid if node.padded else None
    y, back = recurrence(options, own, x, valid)

    def carry(slope: Array) -> Array:
        by_x, by_tensors = back(slope)
        for name, shape in node.tensors.items():
            gradient = by_tensors[_inside(name)]
            run.gradients[name] = np.reshape(gradient, shape)
        return by_x

    return y, carry


def _inside(name: str) -> str:
    """Return the name of a tensor in the recurrence.

    >>> _inside("lstm_1/forward_recurrent_kernel")
    'forward/recurrent_kernel'
    """
    direction, own = split_direction(name.partition("/")[2])
    return f"{direction}/{own}" if direction else own
