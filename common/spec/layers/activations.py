"""Activations: functions that are applied to each element, or along an axis.

Each class is a layer. `value` is the reference implementation in NumPy, and
`derivative` its derivative; both frameworks are tested against them.
"""

import math
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from framework_parity.common.reference.rounding import SIDES, UNIT, Rounding
from framework_parity.common.spec import formulas
from framework_parity.common.spec.axes import axes_of
from framework_parity.common.spec.layer import (
    Array,
    LayerSpec,
    Shape,
)
from framework_parity.common.spec.node import (
    NotNegative,
    Number,
    Positive,
)

GeluForm = Literal["erf", "tanh"]
Slopes = Literal["one", "per_channel", "per_number"]


class Activation(LayerSpec):
    """The base class of activations, which keep the shape."""

    exact: ClassVar[bool] = False
    """Whether the function consists of sums and products only.

    These are correctly rounded in every library; exponentials are not.
    """

    def takes_padding(self) -> bool:
        """Return true, since each step is computed by itself."""
        return True

    def value(self, x: Array) -> Array:
        """Return the value of the function at `x`, of the same shape."""
        raise NotImplementedError(f"{self.kind()} has no definition")

    def derivative(self, x: Array) -> Array:
        """Return the derivative at `x`, of the same shape."""
        raise NotImplementedError(f"{self.kind()} has no derivative")

    def terms(self, x: Array) -> tuple[Array, Array]:
        """Return the sizes of the largest terms that either framework adds.

        Where such terms cancel, that framework's error is a rounding unit of
        the term and not of the result: Keras's ELU is exp(x) - 1, whose
        error at x = -1e-9 is 1e-16 and not 1e-25. `common.reference.rounding`
        uses the sizes; `tests/backends/test_tails.py` measures that no
        framework has larger errors.

        Args:
            x: the points, an array of any shape.

        Returns:
            For the value and for the derivative, arrays of the shape of `x`;
            0 where all implementations round alike.
        """
        if self.exact:
            return np.zeros_like(x), np.zeros_like(x)
        value = np.abs(self.value(x))
        return value, np.maximum(value, np.abs(self.derivative(x)))


class Relu(Activation):
    """max(0, x); the slope at 0 is 0, in both frameworks."""

    exact = True

    def value(self, x: Array) -> Array:
        return np.maximum(x, 0.0)

    def derivative(self, x: Array) -> Array:
        return (x > 0).astype(np.float64)


class Tanh(Activation):
    """The hyperbolic tangent."""

    def value(self, x: Array) -> Array:
        return np.tanh(x)

    def derivative(self, x: Array) -> Array:
        return formulas.tanh_slope(x)

    def terms(self, x: Array) -> tuple[Array, Array]:
        """Both derivatives are 1 - y²; the square doubles the error of y."""
        return np.abs(self.value(x)), np.full_like(x, 2.0)


class Sigmoid(Activation):
    """1 / (1 + exp(-x)), computed without overflow on either side."""

    def value(self, x: Array) -> Array:
        return formulas.sigmoid(x)

    def derivative(self, x: Array) -> Array:
        return formulas.sigmoid(x) * formulas.sigmoid(-x)


class Linear(Activation):
    """x itself."""

    exact = True

    def value(self, x: Array) -> Array:
        return x

    def derivative(self, x: Array) -> Array:
        return np.ones_like(x)


class LeakyRelu(Activation):
    """x above 0, slope · x elsewhere; the slope at 0 is that below it.

    PyTorch's nn.LeakyReLU has a slope of 0.01 by default; Keras's layer
    LeakyReLU 0.3, but its activation 'leaky_relu' 0.2. Maas et al. 2013.
    """

    exact = True

    shorthand_field = "slope"
    slope: NotNegative

    def value(self, x: Array) -> Array:
        return np.where(x > 0, x, self.slope * x)

    def derivative(self, x: Array) -> Array:
        return np.where(x > 0, 1.0, self.slope)


class Relu6(Activation):
    """min(max(0, x), 6); the slope at 0 and at 6 is 0, in both frameworks."""

    exact = True

    def value(self, x: Array) -> Array:
        return np.clip(x, 0.0, 6.0)

    def derivative(self, x: Array) -> Array:
        return ((x > 0) & (x < 6)).astype(np.float64)


class Elu(Activation):
    """x above 0, α (exp(x) - 1) elsewhere; the slope at 0 is α.

    α is 1 in both frameworks. Clevert et al. 2016.
    """

    shorthand_field = "alpha"
    alpha: Positive = 1.0

    def value(self, x: Array) -> Array:
        return np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0.0)))

    def derivative(self, x: Array) -> Array:
        below = self.alpha * np.exp(np.minimum(x, 0.0))
        return np.where(x > 0, 1.0, below)

    def terms(self, x: Array) -> tuple[Array, Array]:
        """Below 0 Keras's value is α exp(x) - α, its derivative that + α."""
        size = np.where(x < 0, self.alpha, 0.0)
        return size, size


SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717


class Selu(Activation):
    """λ x above 0, λα (exp(x) - 1) elsewhere, with the λ, α of the paper.

    The slope at 0 is λα = 1.76, as in PyTorch and as in `elu`; that of
    Keras's 'selu' is λ = 1.05. Klambauer et al. 2017, eq. 2.
    """

    def value(self, x: Array) -> Array:
        return SELU_SCALE * Elu(alpha=SELU_ALPHA).value(x)

    def derivative(self, x: Array) -> Array:
        return SELU_SCALE * Elu(alpha=SELU_ALPHA).derivative(x)


class Gelu(Activation):
    """x Φ(x), with the normal distribution's Φ (`erf`); or nearly (`tanh`).

    `tanh` is x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))). PyTorch's nn.GELU
    and Keras's 'gelu' use `erf` by default, keras.ops.gelu uses `tanh`.
    Hendrycks and Gimpel 2016.
    """

    shorthand_field = "form"
    form: GeluForm = "erf"

    def value(self, x: Array) -> Array:
        if self.form == "erf":
            return x * _normal_below(x)
        return x * formulas.sigmoid(2.0 * _inner(x))

    def derivative(self, x: Array) -> Array:
        if self.form == "erf":
            density = np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
            return _normal_below(x) + x * density
        share = formulas.sigmoid(2.0 * _inner(x))
        slope = 2.0 * math.sqrt(2.0 / math.pi) * (1.0 + 3 * 0.044715 * x * x)
        # The product of shares is 0 long before x³ could overflow.
        return share + x * slope * share * formulas.sigmoid(-2.0 * _inner(x))

    def terms(self, x: Array) -> tuple[Array, Array]:
        """Φ is computed from 1 + erf or 1 + tanh, its slope from 1 - tanh².

        The factor of 1 - tanh² is x times the derivative of tanh's argument,
        up to where tanh is rounded to 1.
        """
        size = np.abs(x)
        if self.form == "erf":
            return size, np.ones_like(x)
        steep = math.sqrt(2.0 / math.pi) * (1.0 + 3 * 0.044715 * x * x)
        open_ = formulas.sigmoid(-2.0 * np.abs(_inner(x))) > UNIT / 4
        return size, 1.0 + np.where(open_, size * steep, 0.0)


def _normal_below(x: Array) -> Array:
    """Return Φ(x); erfc is accurate in the lower tail."""
    return np.asarray(0.5 * _erfc(-x * math.sqrt(0.5)))


def _inner(x: Array) -> Array:
    return math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)


_erfc = np.vectorize(math.erfc, otypes=[np.float64])


class Silu(Activation):
    """x sigmoid(x), also called swish. Elfwing et al. 2018."""

    def value(self, x: Array) -> Array:
        return x * formulas.sigmoid(x)

    def derivative(self, x: Array) -> Array:
        share, rest = formulas.sigmoid(x), formulas.sigmoid(-x)
        return share + x * share * rest


class Swish(Activation):
    """x sigmoid(β x); with β = 1 it is `silu`. Ramachandran et al. 2018.

    Neither framework has a β; both call the function with β = 1 SiLU.
    """

    shorthand_field = "beta"
    beta: Positive = 1.0

    def value(self, x: Array) -> Array:
        return x * formulas.sigmoid(self.beta * x)

    def derivative(self, x: Array) -> Array:
        share = formulas.sigmoid(self.beta * x)
        rest = formulas.sigmoid(-self.beta * x)
        return share + self.beta * x * share * rest

    def terms(self, x: Array) -> tuple[Array, Array]:
        """The sigmoid's slope is y (1 - y), with the factor β x."""
        share = formulas.sigmoid(self.beta * x)
        return np.abs(x) * share, (1.0 + self.beta * np.abs(x)) * share


class Mish(Activation):
    """x tanh(softplus(x)). Misra 2020."""

    def value(self, x: Array) -> Array:
        return x * np.tanh(formulas.softplus(x))

    def derivative(self, x: Array) -> Array:
        inner = formulas.softplus(x)
        slope = formulas.tanh_slope(inner) * formulas.sigmoid(x)
        return np.tanh(inner) + x * slope

    def terms(self, x: Array) -> tuple[Array, Array]:
        """Keras's slope has 1 - tanh², with the factor x sigmoid(x)."""
        value, slope = super().terms(x)
        factor = 2.0 * np.abs(x) * formulas.sigmoid(x)
        return value, slope + np.where(np.abs(x) < 40, factor, 0.0)


class Softplus(Activation):
    """log(1 + exp(x)), computed without overflow on either side.

    PyTorch's nn.Softplus is x itself above 20, an error of 2e-9 there.
    """

    def value(self, x: Array) -> Array:
        return formulas.softplus(x)

    def derivative(self, x: Array) -> Array:
        return formulas.sigmoid(x)


class Softsign(Activation):
    """x / (1 + |x|)."""

    exact = True

    def value(self, x: Array) -> Array:
        return x / (1.0 + np.abs(x))

    def derivative(self, x: Array) -> Array:
        return 1.0 / (1.0 + np.abs(x)) ** 2

    def terms(self, x: Array) -> tuple[Array, Array]:
        """PyTorch's slope is 1/(1 + |x|) - |x|/(1 + |x|)²."""
        return np.zeros_like(x), 1.0 / (1.0 + np.abs(x))


class HardSigmoid(Activation):
    """x/6 + 1/2, held between 0 and 1; the slope at ±3 is 0, in both.

    Keras 2 defined it as x/5 + 1/2.
    """

    exact = True

    def value(self, x: Array) -> Array:
        return np.clip(x + 3.0, 0.0, 6.0) / 6.0

    def derivative(self, x: Array) -> Array:
        return np.where(np.abs(x) < 3, 1.0 / 6.0, 0.0)


class HardSwish(Activation):
    """x hard_sigmoid(x); at -3 the slope is 0 and at 3 it is 1, in both.

    Keras calls it hard_silu. Howard et al. 2019, section 5.2.
    """

    exact = True

    def value(self, x: Array) -> Array:
        return x * HardSigmoid().value(x)

    def derivative(self, x: Array) -> Array:
        hard = HardSigmoid()
        return hard.value(x) + x * hard.derivative(x)

    def terms(self, x: Array) -> tuple[Array, Array]:
        """Between -3 and 3 the slope is x/3 + 1/2, which is 0 at -1.5."""
        return np.zeros_like(x), np.where(np.abs(x) < 3, 0.5, 0.0)


class Custom(Activation):
    """A function of your own: `{custom: "x * tanh(sqrt(softplus(x)))"}`.

    It may contain numbers, x, pi, e, + - * / **, parentheses and the
    functions of `common.spec.formulas`. Where the arguments of a maximum are
    equal, its slope is the mean of both; those of abs and relu at 0 are 0.
    """

    shorthand_field = "formula"
    formula: Annotated[str, Field(strict=True)]

    @field_validator("formula")
    @classmethod
    def _is_valid(cls, formula: str) -> str:
        formulas.read(formula)
        return formula

    def value(self, x: Array) -> Array:
        return formulas.evaluate(formulas.read(self.formula), x)[0]

    def derivative(self, x: Array) -> Array:
        return formulas.evaluate(formulas.read(self.formula), x)[1]

    def terms(self, x: Array) -> tuple[Array, Array]:
        """The error of the formula if each operation has a rounding error."""
        tree = formulas.read(self.formula)
        exact = formulas.evaluate(tree, x)
        values, slopes = super().terms(x)
        for side in SIDES:
            rounded = formulas.evaluate(tree, x, Rounding(side))
            with np.errstate(invalid="ignore"):
                off = [
                    np.abs(a - b) / UNIT
                    for a, b in zip(rounded, exact, strict=True)
                ]
            values = np.fmax(values, off[0])
            slopes = np.fmax(slopes, off[1])
        return values, slopes


class AlongAxis(Activation):
    """The base class of softmax and its logarithm, which have an axis.

    Attributes:
        axis: the axis of the sum of exponentials: the `channels` of each
            position (Keras's default; in PyTorch, which stores channels
            first in an image, `dim=1`), `time` of a sequence, `height` or
            `width` of an image, `positions` (all but the channels, together)
            or `all`. PyTorch's `dim=-1` is the width of an image. Without
            `dim` PyTorch chooses the channels of vectors and images, but the
            *batch* for sequences, which has no equivalent here.
    """

    shorthand_field = "axis"
    axis: Literal[
        "channels", "time", "height", "width", "positions", "all"
    ] = "channels"

    def takes_padding(self) -> bool:
        """Return whether each step is computed by itself."""
        return self.axis == "channels"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape unchanged; the axis must exist."""
        axes_of(self.kind(), self.axis, shape)
        return shape

    def along(self, x: Array) -> tuple[int, ...]:
        """Return the axes of a batch (n, *shape) of the sum."""
        if self.axis == "channels":
            return (x.ndim - 1,)
        axes = axes_of(self.kind(), self.axis, x.shape[1:])
        return tuple(axis + 1 for axis in axes)

    def back(self, value: Array, slope: Array) -> tuple[Array, Array]:
        """Backpropagate a gradient through the function.

        Args:
            value: the output, of shape (n, *shape).
            slope: the derivative of the loss by the output, of this shape.

        Returns:
            The derivative by the input, and the size of the largest of the
            terms whose difference it is.
        """
        raise NotImplementedError(f"{self.kind()} has no way back")


class Softmax(AlongAxis):
    """exp(x) over the sum of exp(x) along an axis, which adds up to one.

    It turns logits into probabilities. The cross-entropy here takes logits
    and applies softmax itself; a network that ends in softmax applies it
    twice.
    """

    def value(self, x: Array) -> Array:
        axes = self.along(x)
        shifted = np.exp(x - x.max(axes, keepdims=True))
        return np.asarray(shifted / shifted.sum(axes, keepdims=True))

    def back(self, value: Array, slope: Array) -> tuple[Array, Array]:
        mean = (slope * value).sum(self.along(value), keepdims=True)
        size = value * np.maximum(np.abs(slope), np.abs(mean))
        return value * (slope - mean), size


class LogSoftmax(AlongAxis):
    """x - log of the sum of exp(x) along an axis: softmax's logarithm.

    Before a cross-entropy, which applies it itself, it has no effect:
    log_softmax(log_softmax(x)) = log_softmax(x).
    """

    def value(self, x: Array) -> Array:
        axes = self.along(x)
        shifted = x - x.max(axes, keepdims=True)
        total = np.exp(shifted).sum(axes, keepdims=True)
        return np.asarray(shifted - np.log(total))

    def back(self, value: Array, slope: Array) -> tuple[Array, Array]:
        total = slope.sum(self.along(value), keepdims=True)
        share = np.exp(value) * total
        return slope - share, np.maximum(np.abs(slope), np.abs(share))


class Prelu(LayerSpec):
    """x where x > 0, and a x elsewhere, with a learnt; He et al. 2015.

    Attributes:
        slopes: the number of slopes a: `one` (PyTorch), one `per_channel`
            (the paper), or one `per_number` of a sample (Keras).
        initial: the initial value of the slopes.
        at_zero: the derivative at exactly 0: `slope`, which is a (PyTorch),
            or `zero`, since Keras computes relu(x) - a relu(-x).
    """

    slopes: Slopes
    initial: Number
    at_zero: Literal["slope", "zero"]

    def takes_padding(self) -> bool:
        """Return true, since each step is computed by itself."""
        return True

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shape of the slopes."""
        shapes = {"one": (1,), "per_channel": shape[-1:], "per_number": shape}
        return {"slope": shapes[self.slopes]}

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> Array:
        """Return the initial slopes."""
        return np.full(self.parameters(shape)[name], self.initial)
