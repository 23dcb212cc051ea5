"""Activations: functions of one number, applied to each.

Each class is a layer without parameters. `value` is the definition, in
NumPy, and `derivative` its slope; both frameworks are judged against them.
"""

import numpy as np

from common.layer import Array, LayerElement


class Activation(LayerElement):
    """What all activations share: the shape stays, nothing is learnt."""

    def value(self, x: Array) -> Array:
        """Return the function's value at `x`, of the same shape."""
        raise NotImplementedError(f"{self.kind()} has no definition")

    def derivative(self, x: Array) -> Array:
        """Return the function's slope at `x`, of the same shape."""
        raise NotImplementedError(f"{self.kind()} has no derivative")


class Relu(Activation):
    """max(0, x); the slope at 0 is 0, in both frameworks."""

    def value(self, x: Array) -> Array:
        return np.maximum(x, 0.0)

    def derivative(self, x: Array) -> Array:
        return (x > 0).astype(np.float64)


class Tanh(Activation):
    """The hyperbolic tangent."""

    def value(self, x: Array) -> Array:
        return np.tanh(x)

    def derivative(self, x: Array) -> Array:
        return 1.0 - np.tanh(x) ** 2


class Sigmoid(Activation):
    """1 / (1 + exp(-x)), computed without overflow on either side."""

    def value(self, x: Array) -> Array:
        small = np.exp(-np.abs(x))
        return np.where(x >= 0, 1.0, small) / (1.0 + small)

    def derivative(self, x: Array) -> Array:
        value = self.value(x)
        return value * (1.0 - value)


class Linear(Activation):
    """x itself."""

    def value(self, x: Array) -> Array:
        return x

    def derivative(self, x: Array) -> Array:
        return np.ones_like(x)


class Softmax(Activation):
    """exp(x) over its sum along the last axis, so that it sums to one.

    It turns logits into probabilities for prediction. The losses here start
    from logits, so a network does not end in it.
    """

    def value(self, x: Array) -> Array:
        shifted = np.exp(x - x.max(-1, keepdims=True))
        return np.asarray(shifted / shifted.sum(-1, keepdims=True))
