"""Initialisers, read from Keras's objects.

What ours was given as a NumPy float64 comes back as a float.
"""

from typing import Any

from keras import initializers

from framework_parity.common.spec.initializers import (
    Constant,
    FanInUniform,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Normal,
    Ones,
    Orthogonal,
    TruncatedNormal,
    Uniform,
    Zeros,
)
from framework_parity.keras_impl import initializer_extensions as extensions

_TRUNCATED = {
    initializers.TruncatedNormal: "deviations",
    extensions.AbsolutelyTruncatedNormal: "absolute",
}


def zeros(live: Any) -> Zeros | None:
    """Zeros."""
    return Zeros() if type(live) is initializers.Zeros else None


def ones(live: Any) -> Ones | None:
    """Ones."""
    return Ones() if type(live) is initializers.Ones else None


def constant(live: Any) -> Constant | None:
    """Constant."""
    if type(live) is not initializers.Constant:
        return None
    return Constant(value=float(live.value))


def normal(live: Any) -> Normal | None:
    """RandomNormal."""
    if type(live) is not initializers.RandomNormal:
        return None
    return Normal(mean=float(live.mean), stddev=float(live.stddev))


def truncated_normal(live: Any) -> TruncatedNormal | None:
    """TruncatedNormal, or the class of ours with absolute bounds."""
    bounds = _TRUNCATED.get(type(live))
    if bounds is None:
        return None
    return TruncatedNormal(
        mean=float(live.mean), stddev=float(live.stddev), bounds=bounds
    )


def uniform(live: Any) -> Uniform | None:
    """RandomUniform."""
    if type(live) is not initializers.RandomUniform:
        return None
    return Uniform(low=float(live.minval), high=float(live.maxval))


def fan_in_uniform(live: Any) -> FanInUniform | None:
    """A class of ours, since a bias has no fans to count."""
    ours = type(live) is extensions.FanInUniform
    return FanInUniform() if ours else None


def glorot_uniform(live: Any) -> GlorotUniform | None:
    """GlorotUniform."""
    found = _scaled(live, 1.0, "fan_avg", "uniform")
    return GlorotUniform() if found else None


def glorot_normal(live: Any) -> GlorotNormal | None:
    """GlorotNormal, or a VarianceScaling that is not cut."""
    truncated = _scaled(live, 1.0, "fan_avg", "truncated_normal")
    if not truncated and not _scaled(
        live, 1.0, "fan_avg", "untruncated_normal"
    ):
        return None
    return GlorotNormal(truncated=truncated)


def he_uniform(live: Any) -> HeUniform | None:
    """HeUniform."""
    found = _scaled(live, 2.0, "fan_in", "uniform")
    return HeUniform() if found else None


def he_normal(live: Any) -> HeNormal | None:
    """HeNormal, or a VarianceScaling that is not cut."""
    truncated = _scaled(live, 2.0, "fan_in", "truncated_normal")
    if not truncated and not _scaled(
        live, 2.0, "fan_in", "untruncated_normal"
    ):
        return None
    return HeNormal(truncated=truncated)


def lecun_uniform(live: Any) -> LecunUniform | None:
    """LecunUniform."""
    found = _scaled(live, 1.0, "fan_in", "uniform")
    return LecunUniform() if found else None


def lecun_normal(live: Any) -> LecunNormal | None:
    """LecunNormal, or a VarianceScaling that is not cut."""
    truncated = _scaled(live, 1.0, "fan_in", "truncated_normal")
    if not truncated and not _scaled(
        live, 1.0, "fan_in", "untruncated_normal"
    ):
        return None
    return LecunNormal(truncated=truncated)


def orthogonal(live: Any) -> Orthogonal | None:
    """Orthogonal."""
    if type(live) is not initializers.Orthogonal:
        return None
    return Orthogonal(gain=float(live.gain))


def _scaled(live: Any, scale: float, mode: str, distribution: str) -> bool:
    """Whether it is this VarianceScaling, under whatever name."""
    if not isinstance(live, initializers.VarianceScaling):
        return False
    found = live.scale, live.mode, live.distribution
    return found == (scale, mode, distribution)
