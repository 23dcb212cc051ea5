"""Initialisers: the distribution of a tensor before training.

`sample` draws the values in NumPy, so that both frameworks can start from
the same values. `fan_in` and `fan_out` are those of the layer's *kernel*,
also where a bias is drawn: the number of inputs of each output, and of
outputs of each input.

Where a framework would infer other fans from the shape of a tensor than the
layer has (PyTorch and Keras count those of a depthwise kernel differently),
the backend passes `scaling` and the fans explicitly.
"""

import math
from typing import Annotated, ClassVar, Literal, TypeAlias

import numpy as np
from pydantic import model_validator

from framework_parity.common.spec.layer import Array, Shape
from framework_parity.common.spec.node import (
    Number,
    Positive,
    SpecNode,
    StrictBool,
    TaggedUnion,
)

Bounds = Literal["absolute", "deviations"]

# The standard deviation of a standard normal truncated at ±2. A truncated
# normal has the required standard deviation if it is divided by this.
TRUNCATED_STDDEV = 0.87962566103423978


class Initializer(SpecNode):
    """A distribution of initial values."""

    def sample(
        self,
        rng: np.random.Generator,
        shape: Shape,
        fan_in: int,
        fan_out: int,
    ) -> Array:
        """Draw the initial values of a tensor.

        Args:
            rng: the generator.
            shape: the shape of the tensor.
            fan_in: the number of inputs of each output of the kernel.
            fan_out: the number of outputs of each input of the kernel.

        Returns:
            A float64 array of this shape.
        """
        raise NotImplementedError(f"{self.kind()} cannot be sampled")

    def plain(self, fan_in: int, fan_out: int) -> "Initializer":
        """Return the same distribution, expressed without fans.

        Args:
            fan_in: the number of inputs of each output of the kernel.
            fan_out: the number of outputs of each input of the kernel.

        Returns:
            An initialiser whose parameters are explicit.
        """
        return self


class Zeros(Initializer):
    """All zeros."""

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        return np.zeros(shape)


class Ones(Initializer):
    """All ones."""

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        return np.ones(shape)


class Constant(Initializer):
    """One value everywhere."""

    shorthand_field = "value"
    value: Number

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        return np.full(shape, self.value)


class Normal(Initializer):
    """N(mean, stddev²), not cut."""

    shorthand_field = "stddev"
    mean: Number = 0.0
    stddev: Positive

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        return rng.normal(self.mean, self.stddev, shape)


class TruncatedNormal(Initializer):
    """N(mean, stddev²), redrawn until it lies within bounds.

    The bounds are ±2 (`absolute`, PyTorch's `trunc_normal_`), or mean ± 2
    stddev (`deviations`, Keras). `stddev` is that of the normal before
    truncation; the truncated distribution is narrower, with 0.88 stddev if
    the bounds are at two deviations. Neither framework corrects for it here,
    as Keras does in `glorot_normal` and similar initialisers.
    """

    shorthand_field = "stddev"
    mean: Number = 0.0
    stddev: Positive
    bounds: Bounds

    @model_validator(mode="after")
    def _mean_lies_within(self) -> "TruncatedNormal":
        if self.bounds == "absolute" and abs(self.mean) > 2:
            raise ValueError(
                f"the bounds are ±2, but the mean is {self.mean}, outside"
            )
        return self

    @property
    def limits(self) -> tuple[float, float]:
        """The lower and the upper bound."""
        if self.bounds == "absolute":
            return -2.0, 2.0
        return self.mean - 2 * self.stddev, self.mean + 2 * self.stddev

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        values = np.empty(math.prod(shape))
        wrong = np.arange(values.size)
        while wrong.size:
            values[wrong], right = self._proposed(rng, wrong.size)
            wrong = wrong[~right]
        return values.reshape(shape)

    def _proposed(
        self, rng: np.random.Generator, size: int
    ) -> tuple[Array, np.ndarray]:
        """Return candidate values, and which of them are accepted."""
        low, high = self.limits
        # If little of the normal is between the bounds, nearly all of it
        # would be rejected: sample uniformly and accept by the density.
        if high - low < self.stddev:
            values = rng.uniform(low, high, size)
            deviations = (values - self.mean) / self.stddev
            return values, rng.random(size) < np.exp(-(deviations**2) / 2)
        values = rng.normal(self.mean, self.stddev, size)
        return values, (low <= values) & (values <= high)


class Uniform(Initializer):
    """U(low, high)."""

    low: Number
    high: Number

    @model_validator(mode="after")
    def _low_is_lower(self) -> "Uniform":
        if not 0 < self.high - self.low < math.inf:
            raise ValueError(
                f"got low {self.low} and high {self.high}, expected low "
                "below high"
            )
        return self

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        return rng.uniform(self.low, self.high, shape)


class Scaled(Initializer):
    """A distribution of mean 0 and variance scale / fan.

    The fan is `fan_in`, or the average of both: Keras's VarianceScaling.
    """

    scale: ClassVar[float]
    fan: ClassVar[Literal["fan_in", "fan_avg"]] = "fan_in"

    told: ClassVar[bool] = False
    """Whether backends pass the fans instead of inferring them."""

    @property
    def distribution(self) -> str:
        """The form of the distribution, by Keras's name."""
        raise NotImplementedError(f"{self.kind()} has no form")

    @property
    def scaling(self) -> tuple[float, str, str]:
        """The scale, fan and form: the arguments of VarianceScaling."""
        return self.scale, self.fan, self.distribution

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        plain = self.plain(fan_in, fan_out)
        return plain.sample(rng, shape, fan_in, fan_out)

    def _fan(self, fan_in: int, fan_out: int) -> float:
        return fan_in if self.fan == "fan_in" else (fan_in + fan_out) / 2


class ScaledUniform(Scaled):
    """U(±√(3 scale / fan))."""

    @property
    def distribution(self) -> str:
        return "uniform"

    def plain(self, fan_in: int, fan_out: int) -> Uniform:
        limit = math.sqrt(3.0 * self.scale / self._fan(fan_in, fan_out))
        return Uniform(low=-limit, high=limit)


class ScaledNormal(Scaled):
    """N(0, scale / fan): whole, or cut at 2σ and widened to that variance.

    Keras truncates and rescales it, PyTorch does neither.
    """

    truncated: StrictBool

    @property
    def distribution(self) -> str:
        return "truncated_normal" if self.truncated else "untruncated_normal"

    def plain(self, fan_in: int, fan_out: int) -> Normal | TruncatedNormal:
        stddev = math.sqrt(self.scale / self._fan(fan_in, fan_out))
        if not self.truncated:
            return Normal(stddev=stddev)
        wide = stddev / TRUNCATED_STDDEV
        return TruncatedNormal(stddev=wide, bounds="deviations")


class FanInUniform(ScaledUniform):
    """U(±1/√fan_in): what PyTorch gives Linear and its bias.

    Source: `kaiming_uniform_(a=√5)` in torch/nn/modules/linear.py.
    """

    scale = 1.0 / 3.0
    told = True


class UnitsUniform(ScaledUniform):
    """U(±1/√units): what PyTorch gives every tensor of a recurrent layer.

    Both fans are then the number of units, or the last axis of the output of
    a layer that has no units.

    Source: `reset_parameters` in torch/nn/modules/rnn.py.
    """

    scale = 1.0 / 3.0
    told = True


class GlorotUniform(ScaledUniform):
    """U(±√(6 / (fan_in + fan_out))). Glorot and Bengio 2010, eq. 16."""

    scale = 1.0
    fan = "fan_avg"


class GlorotNormal(ScaledNormal):
    """A normal of variance 2 / (fan_in + fan_out), cut at 2σ or not."""

    scale = 1.0
    fan = "fan_avg"


class HeUniform(ScaledUniform):
    """U(±√(6 / fan_in)). He et al. 2015, section 2.2."""

    scale = 2.0


class HeNormal(ScaledNormal):
    """A normal of variance 2 / fan_in, cut at 2σ or not. He et al. 2015."""

    scale = 2.0


class LecunUniform(ScaledUniform):
    """U(±√(3 / fan_in)). LeCun et al. 1998, section 4.6."""

    scale = 1.0


class LecunNormal(ScaledNormal):
    """A normal of variance 1 / fan_in, cut at 2σ or not. LeCun et al. 1998.

    In PyTorch it is He's initialiser with the gain of a linear layer.
    """

    scale = 1.0


class Orthogonal(Initializer):
    """gain · Q: a random matrix of orthonormal columns, or rows.

    A kernel of `shape` is the matrix (∏ shape[:-1], shape[-1]), with a column
    for each output. The vectors along the shorter side are orthonormal. Q is
    the factor of a Gaussian matrix's QR decomposition with the signs that
    make the diagonal of R positive, so that Q is uniformly distributed.
    Saxe et al. 2014; Mezzadri 2007 for the signs.
    """

    shorthand_field = "gain"
    gain: Positive = 1.0

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = max(rows, columns), min(rows, columns)
        q, r = np.linalg.qr(rng.normal(size=tall))
        q = q * np.sign(np.diag(r))
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


KernelInitializer: TypeAlias = Annotated[
    Zeros
    | Ones
    | Constant
    | Normal
    | TruncatedNormal
    | Uniform
    | FanInUniform
    | UnitsUniform
    | GlorotUniform
    | GlorotNormal
    | HeUniform
    | HeNormal
    | LecunUniform
    | LecunNormal
    | Orthogonal,
    TaggedUnion(),
]
BiasInitializer: TypeAlias = Annotated[
    Zeros
    | Ones
    | Constant
    | Normal
    | TruncatedNormal
    | Uniform
    | FanInUniform
    | UnitsUniform,
    TaggedUnion(),
]
