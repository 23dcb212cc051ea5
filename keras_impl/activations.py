"""Activations, in Keras."""

import keras

from common.activations import Linear, Relu, Sigmoid, Softmax, Tanh
from common.calls import Call, call
from common.layer import Shape


def relu(spec: Relu, shape: Shape) -> Call:
    """ReLU."""
    return call(keras.layers.ReLU)


def tanh(spec: Tanh, shape: Shape) -> Call:
    """Activation("tanh"): not every activation has a layer of its own."""
    return call(keras.layers.Activation, "tanh")


def sigmoid(spec: Sigmoid, shape: Shape) -> Call:
    """Activation("sigmoid")."""
    return call(keras.layers.Activation, "sigmoid")


def linear(spec: Linear, shape: Shape) -> Call:
    """Identity.

    Translation: "linear" is also what Keras calls having no activation.
    """
    return call(keras.layers.Identity)


def softmax(spec: Softmax, shape: Shape) -> Call:
    """Softmax.

    Translation: the axis is the last unless another is said.
    """
    return call(keras.layers.Softmax, axis=-1)
