"""Activations, read from Keras.

Many have two forms in Keras, a layer class and `Activation` by name. A slope
that Keras rounds to float32 is read as the number that was given.
"""

import math
from typing import Any

import keras

from framework_parity.common.spec.initializers import Constant, Zeros
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
    Slopes,
    Softmax,
    Softplus,
    Softsign,
    Swish,
    Tanh,
)
from framework_parity.keras_impl import extensions
from framework_parity.keras_impl import introspect as reading
from framework_parity.keras_impl.introspect.layers.axes import AXES
from framework_parity.keras_impl.padding_extensions import PADDED_CLASS


def relu(live: Any) -> Relu | None:
    """ReLU without a slope or a bound, or Activation("relu")."""
    plain = type(live) is keras.layers.ReLU and (
        (live.max_value, live.negative_slope, live.threshold) == (None, 0, 0)
    )
    return Relu() if plain or _named(live, "relu") else None


def tanh(live: Any) -> Tanh | None:
    """Activation("tanh")."""
    return Tanh() if _named(live, "tanh") else None


def sigmoid(live: Any) -> Sigmoid | None:
    """Activation("sigmoid")."""
    return Sigmoid() if _named(live, "sigmoid") else None


def linear(live: Any) -> Linear | None:
    """Identity in a sequence; alone in a block it stands for no layer."""
    plain = type(live) is keras.layers.Identity
    return Linear() if plain or _named(live, "linear") else None


def leaky_relu(live: Any) -> LeakyRelu | None:
    """LeakyReLU, whether or not its slope is rounded to float32."""
    if not isinstance(live, keras.layers.LeakyReLU):
        return None
    return LeakyRelu(slope=float(live.negative_slope))


def relu6(live: Any) -> Relu6 | None:
    """Activation("relu6")."""
    return Relu6() if _named(live, "relu6") else None


def elu(live: Any) -> Elu | None:
    """ELU."""
    if type(live) is not keras.layers.ELU:
        return None
    return Elu(alpha=float(live.alpha))


def selu(live: Any) -> Selu | None:
    """An extension class.

    Translation: Keras's own class has another slope at 0.
    """
    return Selu() if type(live) is extensions.LeftSlopeSELU else None


def gelu(live: Any) -> Gelu | None:
    """An extension class, or Activation("gelu")."""
    if type(live) is extensions.ExactGELU:
        return Gelu(form=live.form)
    return Gelu(form="erf") if _named(live, "gelu") else None


def silu(live: Any) -> Silu | None:
    """Activation("silu")."""
    return Silu() if _named(live, "silu") else None


def swish(live: Any) -> Swish | None:
    """An extension class."""
    return Swish(beta=live.beta) if type(live) is extensions.Swish else None


def mish(live: Any) -> Mish | None:
    """Activation("mish")."""
    return Mish() if _named(live, "mish") else None


def softplus(live: Any) -> Softplus | None:
    """Activation("softplus")."""
    return Softplus() if _named(live, "softplus") else None


def softsign(live: Any) -> Softsign | None:
    """Activation("softsign")."""
    return Softsign() if _named(live, "softsign") else None


def hard_sigmoid(live: Any) -> HardSigmoid | None:
    """Activation("hard_sigmoid")."""
    return HardSigmoid() if _named(live, "hard_sigmoid") else None


def hard_swish(live: Any) -> HardSwish | None:
    """Activation("hard_silu")."""
    return HardSwish() if _named(live, "hard_silu") else None


def custom(live: Any) -> Custom | None:
    """Activation around a function with an attribute `formula`."""
    formula = getattr(getattr(live, "activation", None), "formula", None)
    if type(live) is not keras.layers.Activation or formula is None:
        return None
    return Custom(formula=formula)


def softmax(live: Any) -> Softmax | None:
    """Softmax along the last axis, or along one counted from the first."""
    if _named(live, "softmax"):
        return Softmax()
    axis = _axis(live, keras.layers.Softmax, log=False)
    return Softmax(axis=axis) if axis else None


def log_softmax(live: Any) -> LogSoftmax | None:
    """Activation("log_softmax"), or the extensions for other axes."""
    if _named(live, "log_softmax"):
        return LogSoftmax()
    axis = _axis(live, extensions.LogSoftmax, log=True)
    return LogSoftmax(axis=axis) if axis else None


def prelu(live: Any) -> Prelu | None:
    """PReLU, or the extension.

    Translation: the shape of the slopes shows which elements share one;
    their initial value is an initialiser.
    """
    if type(live) not in (keras.layers.PReLU, extensions.SteepPReLU):
        return None
    initial = reading.read(live.alpha_initializer)
    if not isinstance(initial, Constant | Zeros):
        return None
    numbers = math.prod(live.alpha.shape)
    per_channel = numbers == live.alpha.shape[-1]
    slopes: Slopes = "per_channel" if per_channel else "per_number"
    steep = type(live) is extensions.SteepPReLU
    return Prelu(
        slopes="one" if numbers == 1 else slopes,
        initial=getattr(initial, "value", 0.0),
        at_zero="slope" if steep else "zero",
    )


def _axis(live: Any, kind: type[Any], log: bool) -> Any:
    """Return the axis of a layer of a class, or of its extension."""
    if type(live) is extensions.JointSoftmax and live.log == log:
        return "all" if live.channels else "positions"
    known = (kind, PADDED_CLASS.get(kind, kind))
    if type(live) not in known or not isinstance(live.axis, int):
        return None
    return AXES.get((live.axis,))


def _named(live: Any, name: str) -> bool:
    plain = type(live) is keras.layers.Activation
    return plain and live.activation is getattr(keras.activations, name)
