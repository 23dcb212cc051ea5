"""Initialisers: the distribution of a tensor before training.

`sample` draws the values in NumPy, so that both frameworks can start from
the same numbers. `fan_in` and `fan_out` are those of the layer's *kernel*,
also where a bias is drawn: the number of inputs each output sees, and of
outputs each input reaches.
"""

import math
from typing import Annotated, TypeAlias

import numpy as np

from common.element import Element, Flag, OneKind, Positive
from common.layer import Array, Shape

# The standard deviation of a unit normal cut at ±2; dividing by it gives a
# cut normal the standard deviation that was asked for.
TRUNCATED_STDDEV = 0.87962566103423978


class Initializer(Element):
    """A distribution of starting values."""

    def sample(
        self,
        rng: np.random.Generator,
        shape: Shape,
        fan_in: int,
        fan_out: int,
    ) -> Array:
        """Return float64 values of `shape`, drawn from `rng`."""
        raise NotImplementedError(f"{self.kind()} cannot be sampled")


class Zeros(Initializer):
    """All zeros."""

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        return np.zeros(shape)


class Normal(Initializer):
    """N(0, stddev²), not cut."""

    main = "stddev"
    stddev: Positive

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        return rng.normal(0.0, self.stddev, shape)


class FanInUniform(Initializer):
    """U(-1/√fan_in, 1/√fan_in): what PyTorch gives Linear and its bias.

    Source: `kaiming_uniform_(a=√5)` in torch/nn/modules/linear.py.
    """

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        limit = 1.0 / math.sqrt(fan_in)
        return rng.uniform(-limit, limit, shape)


class GlorotUniform(Initializer):
    """U(±√(6 / (fan_in + fan_out))). Glorot and Bengio 2010, eq. 16."""

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        limit = math.sqrt(6.0 / (fan_in + fan_out))
        return rng.uniform(-limit, limit, shape)


class GlorotNormal(Initializer):
    """A normal of variance 2 / (fan_in + fan_out), cut at 2σ or not."""

    truncated: Flag

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        stddev = math.sqrt(2.0 / (fan_in + fan_out))
        return _normal(rng, shape, stddev, self.truncated)


class HeUniform(Initializer):
    """U(±√(6 / fan_in)). He et al. 2015, section 2.2."""

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        limit = math.sqrt(6.0 / fan_in)
        return rng.uniform(-limit, limit, shape)


class HeNormal(Initializer):
    """A normal of variance 2 / fan_in, cut at 2σ or not. He et al. 2015."""

    truncated: Flag

    def sample(
        self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int
    ) -> Array:
        return _normal(rng, shape, math.sqrt(2.0 / fan_in), self.truncated)


def _normal(
    rng: np.random.Generator, shape: Shape, stddev: float, truncated: bool
) -> Array:
    if not truncated:
        return rng.normal(0.0, stddev, shape)
    values = rng.normal(0.0, 1.0, shape)
    while (outside := np.abs(values) > 2.0).any():
        values[outside] = rng.normal(0.0, 1.0, int(outside.sum()))
    return values * (stddev / TRUNCATED_STDDEV)


KernelInitializer: TypeAlias = Annotated[
    Zeros
    | Normal
    | FanInUniform
    | GlorotUniform
    | GlorotNormal
    | HeUniform
    | HeNormal,
    OneKind(),
]
BiasInitializer: TypeAlias = Annotated[
    Zeros | Normal | FanInUniform, OneKind()
]
