"""Activations, in PyTorch."""

from torch import nn

from common.activations import Linear, Relu, Sigmoid, Softmax, Tanh
from common.calls import Call, call
from common.layer import Shape


def relu(spec: Relu, shape: Shape) -> Call:
    """ReLU."""
    return call(nn.ReLU)


def tanh(spec: Tanh, shape: Shape) -> Call:
    """Tanh."""
    return call(nn.Tanh)


def sigmoid(spec: Sigmoid, shape: Shape) -> Call:
    """Sigmoid."""
    return call(nn.Sigmoid)


def linear(spec: Linear, shape: Shape) -> Call:
    """Identity.

    Translation: PyTorch's `Linear` is the dense layer, not this.
    """
    return call(nn.Identity)


def softmax(spec: Softmax, shape: Shape) -> Call:
    """Softmax.

    Translation: the axis has to be said; left out, it is guessed from the
    number of dimensions.
    """
    return call(nn.Softmax, dim=-1)
