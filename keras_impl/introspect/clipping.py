"""Clipping, read from Keras: arguments of the optimiser, which clips."""

from typing import Any

from framework_parity.common.spec.clipping import ByGlobalNorm, ByNorm, ByValue
from framework_parity.keras_impl.clipping import EPSILON


def by_value(live: Any) -> ByValue | None:
    """Its clipvalue."""
    limit = live.clipvalue
    return None if limit is None else ByValue(limit=float(limit))


def by_norm(live: Any) -> ByNorm | None:
    """Its clipnorm."""
    limit = live.clipnorm
    return None if limit is None else ByNorm(**_limited(live, limit))


def by_global_norm(live: Any) -> ByGlobalNorm | None:
    """Its global_clipnorm."""
    limit = live.global_clipnorm
    return None if limit is None else ByGlobalNorm(**_limited(live, limit))


def _limited(live: Any, limit: float) -> dict[str, float]:
    epsilon = getattr(live, "clip_epsilon", EPSILON)
    return {"limit": float(limit), "epsilon": float(epsilon)}
