"""Activations, in Keras."""

import keras
import numpy as np
from keras import ops

from framework_parity.common.codegen.calls import Call, Code, call
from framework_parity.common.spec.axes import axes_of
from framework_parity.common.spec.formulas import read, translated
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.activations import (
    Custom,
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    Linear,
    LogSoftmax,
    Mish,
    Prelu,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Softsign,
    Swish,
    Tanh,
)
from framework_parity.keras_impl import (
    extensions,
    tensors,
)

_WORDS = {
    "abs": "ops.abs(a)",
    "arctan": "ops.arctan(a)",
    "cos": "ops.cos(a)",
    "cosh": "ops.cosh(a)",
    "erf": "ops.erf(a)",
    "exp": "ops.exp(a)",
    "expm1": "ops.expm1(a)",
    "log": "ops.log(a)",
    "log1p": "ops.log1p(a)",
    "relu": "ops.relu(a)",
    "sigmoid": "ops.sigmoid(a)",
    "sin": "ops.sin(a)",
    "sinh": "ops.sinh(a)",
    "softplus": "ops.softplus(a)",
    "sqrt": "ops.sqrt(a)",
    "tanh": "ops.tanh(a)",
    "maximum": "maximum(a, b)",
    "minimum": "minimum(a, b)",
    "number": "a",
}


def relu(spec: Relu, shape: Shape) -> Call:
    """ReLU."""
    return call(keras.layers.ReLU)


def tanh(spec: Tanh, shape: Shape) -> Call:
    """Activation("tanh"); some activations have no layer class."""
    return call(keras.layers.Activation, "tanh")


def sigmoid(spec: Sigmoid, shape: Shape) -> Call:
    """Activation("sigmoid")."""
    return call(keras.layers.Activation, "sigmoid")


def linear(spec: Linear, shape: Shape) -> Call:
    """Identity.

    Translation: in Keras, "linear" also stands for no activation.
    """
    return call(keras.layers.Identity)


def leaky_relu(spec: LeakyRelu, shape: Shape) -> Call:
    """LeakyReLU.

    Translation: Keras's own class rounds its slope to float32.
    """
    return call(extensions.ExactLeakyReLU, spec.slope)


def relu6(spec: Relu6, shape: Shape) -> Call:
    """Activation("relu6")."""
    return call(keras.layers.Activation, "relu6")


def elu(spec: Elu, shape: Shape) -> Call:
    """ELU."""
    return call(keras.layers.ELU, spec.alpha)


def selu(spec: Selu, shape: Shape) -> Call:
    """SELU, with its left derivative at 0.

    Translation: Keras's "selu" has the right derivative there.
    """
    return call(extensions.LeftSlopeSELU)


def gelu(spec: Gelu, shape: Shape) -> Call:
    """GELU.

    Translation: Keras's own class rounds its constants to float32.
    """
    return call(extensions.ExactGELU, spec.form)


def silu(spec: Silu, shape: Shape) -> Call:
    """Activation("silu")."""
    return call(keras.layers.Activation, "silu")


def swish(spec: Swish, shape: Shape) -> Call:
    """A custom class: SiLU with a factor inside."""
    return call(extensions.Swish, spec.beta)


def mish(spec: Mish, shape: Shape) -> Call:
    """Activation("mish")."""
    return call(keras.layers.Activation, "mish")


def softplus(spec: Softplus, shape: Shape) -> Call:
    """Activation("softplus")."""
    return call(keras.layers.Activation, "softplus")


def softsign(spec: Softsign, shape: Shape) -> Call:
    """Activation("softsign")."""
    return call(keras.layers.Activation, "softsign")


def hard_sigmoid(spec: HardSigmoid, shape: Shape) -> Call:
    """Activation("hard_sigmoid")."""
    return call(keras.layers.Activation, "hard_sigmoid")


def hard_swish(spec: HardSwish, shape: Shape) -> Call:
    """Activation("hard_silu"), which is Keras's name for it."""
    return call(keras.layers.Activation, "hard_silu")


def custom(spec: Custom, shape: Shape) -> Call:
    """Activation around a lambda that is generated from the formula.

    Translation: for equal arguments of a maximum, TensorFlow's slope is that
    of the first, so `extensions` has one whose slope is the mean.
    """
    text = translated(read(spec.formula), _WORDS)
    names = {
        "ops": ops,
        "maximum": extensions.maximum,
        "minimum": extensions.minimum,
    }
    code = Code(text, names, spec.formula)
    return call(keras.layers.Activation, code)


def softmax(spec: Softmax, shape: Shape) -> Call:
    """Softmax.

    Translation: the default axis is the last, that of the channels. A joint
    softmax of several axes needs a custom class.
    """
    axes = axes_of(spec.kind(), spec.axis, shape)
    if len(axes) > 1:
        channels = spec.axis == "all"
        return call(extensions.JointSoftmax, channels, log=False)
    return call(keras.layers.Softmax, axis=tensors.stored_axis(axes[0], shape))


def log_softmax(spec: LogSoftmax, shape: Shape) -> Call:
    """Activation("log_softmax"), which is along the last axis.

    Translation: other axes need a custom class.
    """
    axes = axes_of(spec.kind(), spec.axis, shape)
    if len(axes) > 1:
        channels = spec.axis == "all"
        return call(extensions.JointSoftmax, channels, log=True)
    axis = tensors.stored_axis(axes[0], shape)
    if axis == -1:
        return call(keras.layers.Activation, "log_softmax")
    return call(extensions.LogSoftmax, axis)


def prelu(spec: Prelu, shape: Shape) -> Call:
    """PReLU.

    Translation: it has one slope per element of a sample, shared along
    `shared_axes`; its derivative at 0 is 0, and a derivative equal to the
    slope needs a subclass.
    """
    axes = list(range(1, len(shape) + 1))
    shared = {"one": axes, "per_channel": axes[:-1], "per_number": None}
    initial = call(keras.initializers.Constant, np.float64(spec.initial))
    flat = spec.at_zero == "zero"
    return call(
        keras.layers.PReLU if flat else extensions.SteepPReLU,
        alpha_initializer=initial,
        shared_axes=shared[spec.slopes] or None,
    )
