"""The distribution of each initialiser, from a third source: SciPy.

`common` samples it in NumPy and each framework by itself; all three are
compared with these.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from framework_parity.common.spec.initializers import (
    Constant,
    FanInUniform,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    LecunUniform,
    Normal,
    Ones,
    Orthogonal,
    TruncatedNormal,
    Uniform,
    Zeros,
)

KERNELS: list[Initializer] = [
    Normal(stddev=0.3),
    Normal(mean=0.7, stddev=0.3),
    TruncatedNormal(mean=0.7, stddev=0.3, bounds="deviations"),
    # Truncated hardly, on one side, and to an almost uniform part.
    TruncatedNormal(mean=0.0, stddev=0.3, bounds="absolute"),
    TruncatedNormal(mean=1.5, stddev=1.0, bounds="absolute"),
    TruncatedNormal(mean=1.5, stddev=5.0, bounds="absolute"),
    Uniform(low=0.2, high=1.5),
    FanInUniform(),
    GlorotUniform(),
    GlorotNormal(truncated=False),
    GlorotNormal(truncated=True),
    HeUniform(),
    HeNormal(truncated=False),
    HeNormal(truncated=True),
    LecunUniform(),
    LecunNormal(truncated=False),
    LecunNormal(truncated=True),
]

# Initialisers with constant values; 0.1 is no float32.
CONSTANTS: list[tuple[Initializer, float]] = [
    (Zeros(), 0.0),
    (Ones(), 1.0),
    (Constant(value=0.1), 0.1),
]

ORTHOGONALS = [Orthogonal(), Orthogonal(gain=1.7)]

# The p-value that the right distribution falls below once in a million draws;
# the draws are seeded, so a test that passes keeps passing.
SURPRISE = 1e-6


def id_of(initializer: Initializer) -> str:
    """Return the id of a test."""
    fields: Any = initializer.model_dump()
    if isinstance(fields, str):
        return fields
    [(kind, values)] = fields.items()
    return "-".join([kind, *(f"{n}_{v}" for n, v in values.items())])


def distribution(spec: Initializer, fan_in: int, fan_out: int) -> Any:
    """Return SciPy's frozen distribution, from the definitions."""
    mean = (fan_in + fan_out) / 2
    if isinstance(spec, Normal):
        return stats.norm(spec.mean, spec.stddev)
    if isinstance(spec, TruncatedNormal):
        return _cut(spec)
    if isinstance(spec, Uniform):
        return stats.uniform(spec.low, spec.high - spec.low)
    if isinstance(spec, FanInUniform):
        return _uniform(1 / (3 * fan_in))
    if isinstance(spec, GlorotUniform):
        return _uniform(1 / mean)
    if isinstance(spec, HeUniform):
        return _uniform(2 / fan_in)
    if isinstance(spec, LecunUniform):
        return _uniform(1 / fan_in)
    assert isinstance(spec, (GlorotNormal, HeNormal, LecunNormal))
    variance = {
        GlorotNormal: 1 / mean,
        HeNormal: 2 / fan_in,
        LecunNormal: 1 / fan_in,
    }[type(spec)]
    if not spec.truncated:
        return stats.norm(0, math.sqrt(variance))
    # Truncated at two deviations *before* it is scaled to the variance.
    wide = math.sqrt(variance) / stats.truncnorm(-2, 2).std()
    return stats.truncnorm(-2, 2, 0, wide)


def _cut(spec: TruncatedNormal) -> Any:
    low, high = -2.0, 2.0
    if spec.bounds == "absolute":
        low, high = ((x - spec.mean) / spec.stddev for x in (low, high))
    return stats.truncnorm(low, high, spec.mean, spec.stddev)


def _uniform(variance: float) -> Any:
    limit = math.sqrt(3 * variance)
    return stats.uniform(-limit, 2 * limit)


def assert_drawn_from(values: npt.NDArray[Any], expected: Any) -> None:
    """Raise if a sample cannot have come from a distribution."""
    sample = values.ravel()
    # A float32 draw may be rounded beyond a limit.
    low, high = expected.support()
    slack = 1e-6 * max(abs(low), abs(high)) if math.isfinite(high) else 0
    assert sample.min() >= low - slack
    assert sample.max() <= high + slack
    # Five standard errors; no distribution here has heavier tails than a
    # normal, whose standard deviation has the largest error.
    size = len(sample)
    off = abs(sample.mean() - expected.mean())
    assert off < 5 * expected.std() / math.sqrt(size)
    spread = sample.std() / expected.std()
    assert abs(spread - 1) < 5 / math.sqrt(2 * size)
    assert stats.kstest(sample, expected.cdf).pvalue > SURPRISE
    assert len(np.unique(sample)) > 0.9 * size


def assert_orthogonal(kernel: npt.NDArray[Any], gain: float) -> None:
    """Raise if neither columns nor rows are orthogonal, of length `gain`.

    A kernel of more than two axes is reshaped to (all others, outputs).
    """
    matrix = kernel.reshape(-1, kernel.shape[-1])
    if len(matrix) < matrix.shape[1]:
        matrix = matrix.T
    eye = np.eye(matrix.shape[1])
    # A sum of n products may be rounded n times.
    rounding = len(matrix) * np.finfo(kernel.dtype).eps * gain**2
    assert np.abs(matrix.T @ matrix - gain**2 * eye).max() < rounding
