"""Initialisers, read from Keras's objects.

Arguments that were given as NumPy float64 are returned as floats.
"""

from typing import Any

from keras import initializers

from framework_parity.common.spec.initializers import (
    Bounds,
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
    UnitsUniform,
    Zeros,
)
from framework_parity.keras_impl import initializer_extensions as extensions

_TRUNCATED: dict[type, Bounds] = {
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
    """TruncatedNormal, or the extension with absolute bounds."""
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
    """An extension class, since a bias has no fans."""
    matches = type(live) is extensions.FanInUniform
    return FanInUniform() if matches else None


def units_uniform(live: Any) -> UnitsUniform | None:
    """An extension class."""
    matches = type(live) is extensions.UnitsUniform
    return UnitsUniform() if matches else None


def glorot_uniform(live: Any) -> GlorotUniform | None:
    """GlorotUniform."""
    matches = _scaled(live, 1.0, "fan_avg", "uniform")
    return GlorotUniform() if matches else None


def glorot_normal(live: Any) -> GlorotNormal | None:
    """GlorotNormal, or an untruncated VarianceScaling."""
    truncated = _scaled(live, 1.0, "fan_avg", "truncated_normal")
    if not truncated and not _scaled(
        live, 1.0, "fan_avg", "untruncated_normal"
    ):
        return None
    return GlorotNormal(truncated=truncated)


def he_uniform(live: Any) -> HeUniform | None:
    """HeUniform."""
    matches = _scaled(live, 2.0, "fan_in", "uniform")
    return HeUniform() if matches else None


def he_normal(live: Any) -> HeNormal | None:
    """HeNormal, or an untruncated VarianceScaling."""
    truncated = _scaled(live, 2.0, "fan_in", "truncated_normal")
    if not truncated and not _scaled(
        live, 2.0, "fan_in", "untruncated_normal"
    ):
        return None
    return HeNormal(truncated=truncated)


def lecun_uniform(live: Any) -> LecunUniform | None:
    """LecunUniform."""
    matches = _scaled(live, 1.0, "fan_in", "uniform")
    return LecunUniform() if matches else None


def lecun_normal(live: Any) -> LecunNormal | None:
    """LecunNormal, or an untruncated VarianceScaling."""
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
    """Return whether it is this VarianceScaling or an equal subclass."""
    if not isinstance(live, initializers.VarianceScaling):
        return False
    fields = live.scale, live.mode, live.distribution
    return fields == (scale, mode, distribution)
