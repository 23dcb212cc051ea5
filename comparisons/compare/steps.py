"""What a training step does to the gradients before the optimiser gets them.

It is found by the values, so that every way to write it is known.
"""

from typing import NamedTuple

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.elements import Described
from framework_parity.common.live.records import Tensors, TrainingRun

CLOSE = 1e-5
"""Relative difference up to which two numbers are the same; clipping adds
1e-6 to a norm."""

PLAIN: Described = ("plain", {})
"""A step that gives the optimiser the gradients of the loss."""

CLIPPING = ("by_global_norm", "by_norm", "by_value")


class _Pair(NamedTuple):
    raw: Array
    given: Array

    @property
    def factor(self) -> float:
        """The factor between the two, by least squares."""
        return float((self.raw @ self.given) / (self.raw @ self.raw))

    @property
    def is_multiple(self) -> bool:
        """Whether one is a multiple of the other."""
        rest = np.linalg.norm(self.given - self.factor * self.raw)
        return bool(rest <= CLOSE * np.linalg.norm(self.given))


def observed(run: TrainingRun) -> Described | None:
    """Return how the first step changes the gradients of the loss.

    Args:
        run: of a model whose file defines its loss.

    Returns:
        `plain`; `scaled` with a factor; a kind of clipping with its limit; or
        None where it is something else, or where no gradients are known.
    """
    pairs = _pairs(run.gradients, run.given)
    if not pairs:
        return None
    limit = max(float(np.abs(pair.given).max()) for pair in pairs)
    if not all(pair.is_multiple for pair in pairs):
        cut = all(
            np.allclose(pair.given, np.clip(pair.raw, -limit, limit), CLOSE)
            for pair in pairs
        )
        return ("by_value", {"limit": limit}) if cut else None
    factors = np.array([pair.factor for pair in pairs])
    norms = np.array([np.linalg.norm(pair.given) for pair in pairs])
    if np.allclose(factors, factors[0], CLOSE):
        return _of_one_factor(float(factors.mean()), norms)
    clipped = factors < 1 - CLOSE
    limit = float(norms[clipped].max())
    same = np.allclose(norms[clipped], limit, CLOSE)
    whole = np.allclose(factors[~clipped], 1, CLOSE)
    return ("by_norm", {"limit": limit}) if same and whole else None


def _of_one_factor(factor: float, norms: Array) -> Described:
    """Return what multiplies all gradients by one factor."""
    if np.isclose(factor, 1, CLOSE):
        return PLAIN
    share = factor if factor > 1 else 1 / factor
    if factor > 1 or np.isclose(share, round(share), CLOSE):
        return "scaled", {"factor": factor}
    return "by_global_norm", {"limit": float(np.linalg.norm(norms))}


def _pairs(raw: Tensors, given: Tensors) -> list[_Pair]:
    """Return the gradients of all tensors that have both, as vectors."""
    found = []
    for index, tensors in raw.items():
        for name, value in tensors.items():
            other = given.get(index, {}).get(name)
            if other is not None and np.any(value) and np.any(other):
                found.append(_Pair(value.reshape(-1), other.reshape(-1)))
    return found
