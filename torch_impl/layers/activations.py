"""Activations, in PyTorch."""

import torch
from torch import nn

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
from framework_parity.torch_impl import extensions, tensors

_WORDS = {
    "abs": "torch.abs(a)",
    "arctan": "torch.arctan(a)",
    "cos": "torch.cos(a)",
    "cosh": "torch.cosh(a)",
    "erf": "torch.erf(a)",
    "exp": "torch.exp(a)",
    "expm1": "torch.expm1(a)",
    "log": "torch.log(a)",
    "log1p": "torch.log1p(a)",
    "relu": "torch.relu(a)",
    "sigmoid": "torch.sigmoid(a)",
    "sin": "torch.sin(a)",
    "sinh": "torch.sinh(a)",
    "softplus": "nn.functional.softplus(a, threshold=40)",
    "sqrt": "torch.sqrt(a)",
    "tanh": "torch.tanh(a)",
    "maximum": "torch.maximum(a, b)",
    "minimum": "torch.minimum(a, b)",
    "number": "x.new_tensor(a)",
}


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

    Translation: PyTorch's `Linear` is the dense layer.
    """
    return call(nn.Identity)


def leaky_relu(spec: LeakyRelu, shape: Shape) -> Call:
    """LeakyReLU."""
    return call(nn.LeakyReLU, spec.slope)


def relu6(spec: Relu6, shape: Shape) -> Call:
    """ReLU6."""
    return call(nn.ReLU6)


def elu(spec: Elu, shape: Shape) -> Call:
    """ELU."""
    return call(nn.ELU, spec.alpha)


def selu(spec: Selu, shape: Shape) -> Call:
    """SELU."""
    return call(nn.SELU)


def gelu(spec: Gelu, shape: Shape) -> Call:
    """GELU.

    Translation: the form is the argument `approximate`, "none" or "tanh".
    """
    form = {"erf": "none", "tanh": "tanh"}[spec.form]
    return call(nn.GELU, approximate=form)


def silu(spec: Silu, shape: Shape) -> Call:
    """SiLU."""
    return call(nn.SiLU)


def swish(spec: Swish, shape: Shape) -> Call:
    """A custom class: SiLU with a factor inside."""
    return call(extensions.Swish, spec.beta)


def mish(spec: Mish, shape: Shape) -> Call:
    """Mish."""
    return call(nn.Mish)


def softplus(spec: Softplus, shape: Shape) -> Call:
    """Softplus.

    Translation: above a threshold the result is x. At 40, exp(-x) is below
    the last place of x in float64; at the default, 20, it is not.
    """
    return call(nn.Softplus, threshold=40.0)


def softsign(spec: Softsign, shape: Shape) -> Call:
    """Softsign."""
    return call(nn.Softsign)


def hard_sigmoid(spec: HardSigmoid, shape: Shape) -> Call:
    """Hardsigmoid.

    Translation: PyTorch's own class rounds its slope, 1/6, to float32.
    """
    return call(extensions.ExactHardsigmoid)


def hard_swish(spec: HardSwish, shape: Shape) -> Call:
    """Hardswish."""
    return call(nn.Hardswish)


def custom(spec: Custom, shape: Shape) -> Call:
    """A module around a lambda that is generated from the formula.

    Translation: numbers in the arguments of a function must be tensors.
    """
    text = translated(read(spec.formula), _WORDS)
    names = {"torch": torch, "nn": nn}
    return call(extensions.Custom, Code(text, names, spec.formula))


def softmax(spec: Softmax, shape: Shape) -> Call:
    """Softmax.

    Translation: the axis has to be given; without it, it depends on the
    number of dimensions. The channels of an image are first, and its last
    axis is the width. A joint softmax of several axes needs a custom class.
    """
    axes = axes_of(spec.kind(), spec.axis, shape)
    if len(axes) > 1:
        return call(extensions.JointSoftmax, 1 if spec.axis == "all" else 2)
    return call(nn.Softmax, dim=tensors.stored_axis(axes[0], shape))


def log_softmax(spec: LogSoftmax, shape: Shape) -> Call:
    """LogSoftmax; see `softmax` for its axis."""
    axes = axes_of(spec.kind(), spec.axis, shape)
    if len(axes) > 1:
        start = 1 if spec.axis == "all" else 2
        return call(extensions.JointLogSoftmax, start)
    return call(nn.LogSoftmax, dim=tensors.stored_axis(axes[0], shape))


def prelu(spec: Prelu, shape: Shape) -> Call:
    """PReLU.

    Translation: it has one slope or one per channel, the second axis, which
    is the time of a sequence. Other slopes need a subclass, and so does a
    derivative of 0 at 0.
    """
    sequence = len(shape) == 2 and spec.slopes != "one"
    alone = spec.slopes == "per_number" and len(shape) > 1
    if spec.at_zero == "slope" and not alone and not sequence:
        count = 1 if spec.slopes == "one" else shape[-1]
        return call(nn.PReLU, count, init=spec.initial)
    image = len(shape) == 3
    sizes = {
        "one": (1,),
        "per_channel": (shape[-1], *(1,) * (2 * image)),
        "per_number": (shape[-1], *shape[:-1]) if image else shape,
    }[spec.slopes]
    flat = spec.at_zero == "zero"
    return call(extensions.ShapedPReLU, sizes, spec.initial, flat_at_zero=flat)
