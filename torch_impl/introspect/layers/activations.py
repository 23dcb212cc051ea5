"""Activations, read from PyTorch."""

from typing import Any

from torch import nn

from framework_parity.common.spec.layers.activations import (
    Custom,
    Elu,
    Gelu,
    GeluForm,
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
from framework_parity.torch_impl import extensions
from framework_parity.torch_impl.introspect.layers.axes import AXES

# Above this, exp(-x) is below the last place of x in float64.
_EXACT = 37.0


def relu(live: Any) -> Relu | None:
    """ReLU."""
    return Relu() if type(live) is nn.ReLU else None


def tanh(live: Any) -> Tanh | None:
    """Tanh."""
    return Tanh() if type(live) is nn.Tanh else None


def sigmoid(live: Any) -> Sigmoid | None:
    """Sigmoid."""
    return Sigmoid() if type(live) is nn.Sigmoid else None


def linear(live: Any) -> Linear | None:
    """Identity in a sequence; alone in a block it stands for no layer."""
    return Linear() if type(live) is nn.Identity else None


def leaky_relu(live: Any) -> LeakyRelu | None:
    """LeakyReLU."""
    if type(live) is not nn.LeakyReLU:
        return None
    return LeakyRelu(slope=live.negative_slope)


def relu6(live: Any) -> Relu6 | None:
    """ReLU6, which is a Hardtanh from 0 to 6."""
    return Relu6() if type(live) is nn.ReLU6 else None


def elu(live: Any) -> Elu | None:
    """ELU."""
    return Elu(alpha=live.alpha) if type(live) is nn.ELU else None


def selu(live: Any) -> Selu | None:
    """SELU."""
    return Selu() if type(live) is nn.SELU else None


def gelu(live: Any) -> Gelu | None:
    """GELU; the form is called `approximate`."""
    if type(live) is not nn.GELU:
        return None
    forms: dict[str, GeluForm] = {"none": "erf", "tanh": "tanh"}
    return Gelu(form=forms[live.approximate])


def silu(live: Any) -> Silu | None:
    """SiLU."""
    return Silu() if type(live) is nn.SiLU else None


def swish(live: Any) -> Swish | None:
    """An extension class."""
    return Swish(beta=live.beta) if type(live) is extensions.Swish else None


def mish(live: Any) -> Mish | None:
    """Mish."""
    return Mish() if type(live) is nn.Mish else None


def softplus(live: Any) -> Softplus | None:
    """Softplus, if it is exact.

    Translation: with the default threshold of 20 it is another function.
    """
    exact = type(live) is nn.Softplus and live.threshold >= _EXACT
    return Softplus() if exact and live.beta == 1 else None


def softsign(live: Any) -> Softsign | None:
    """Softsign."""
    return Softsign() if type(live) is nn.Softsign else None


def hard_sigmoid(live: Any) -> HardSigmoid | None:
    """Hardsigmoid, whether or not its slope is rounded to float32."""
    return HardSigmoid() if isinstance(live, nn.Hardsigmoid) else None


def hard_swish(live: Any) -> HardSwish | None:
    """Hardswish."""
    return HardSwish() if type(live) is nn.Hardswish else None


def custom(live: Any) -> Custom | None:
    """An extension class around a function with an attribute `formula`."""
    if type(live) is not extensions.Custom:
        return None
    function: Any = live.function
    return Custom(formula=function.formula)


def softmax(live: Any) -> Softmax | None:
    """Softmax along an axis, or the extension.

    Translation: an axis counted from the last is that of a sequence; the
    last of an image would be the width, which a layer alone does not show.
    """
    axis = _axis(live, nn.Softmax, extensions.JointSoftmax)
    return Softmax(axis=axis) if axis else None


def log_softmax(live: Any) -> LogSoftmax | None:
    """LogSoftmax along an axis, or the extension."""
    axis = _axis(live, nn.LogSoftmax, extensions.JointLogSoftmax)
    return LogSoftmax(axis=axis) if axis else None


def prelu(live: Any) -> Prelu | None:
    """PReLU, or the extension.

    Translation: the shape of the slopes shows which elements share one.
    """
    if type(live) not in (nn.PReLU, extensions.ShapedPReLU):
        return None
    numbers = live.weight.numel()
    per_channel = numbers == live.weight.shape[0]
    slopes: Slopes = "per_channel" if per_channel else "per_number"
    flat = getattr(live, "flat_at_zero", False)
    return Prelu(
        slopes="one" if numbers == 1 else slopes,
        initial=live.init,
        at_zero="zero" if flat else "slope",
    )


def _axis(live: Any, kind: type[Any], joint: type[Any]) -> Any:
    """Return the axis of a layer of a class, or of its extension."""
    if type(live) is joint:
        return {1: "all", 2: "positions"}[live.start_dim]
    return AXES.get((live.dim,)) if type(live) is kind else None
