"""What each initialiser's distribution is, from a third source: SciPy.

`common` samples it in NumPy and each framework by itself; all three are
held to these.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from common.initializers import (
    FanInUniform,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    Normal,
)

KERNELS: list[Initializer] = [
    Normal(stddev=0.3),
    FanInUniform(),
    GlorotUniform(),
    GlorotNormal(truncated=False),
    GlorotNormal(truncated=True),
    HeUniform(),
    HeNormal(truncated=False),
    HeNormal(truncated=True),
]

# A true distribution's sample is further off than this once in a million
# draws; the draws are seeded, so it is never once too many.
SURPRISE = 1e-6


def id_of(initializer: Initializer) -> str:
    """Return what a test is called by."""
    cut = getattr(initializer, "truncated", None)
    cuts = {None: "", True: "-truncated", False: "-whole"}
    return initializer.kind() + cuts[cut]


def distribution(spec: Initializer, fan_in: int, fan_out: int) -> Any:
    """Return SciPy's frozen distribution, from the definitions."""
    mean = (fan_in + fan_out) / 2
    if isinstance(spec, Normal):
        return stats.norm(0, spec.stddev)
    if isinstance(spec, FanInUniform):
        return _uniform(1 / (3 * fan_in))
    if isinstance(spec, GlorotUniform):
        return _uniform(1 / mean)
    if isinstance(spec, HeUniform):
        return _uniform(2 / fan_in)
    assert isinstance(spec, (GlorotNormal, HeNormal))
    variance = 1 / mean if isinstance(spec, GlorotNormal) else 2 / fan_in
    if not spec.truncated:
        return stats.norm(0, math.sqrt(variance))
    # Cut at two deviations *before* it is widened to the variance asked for.
    wide = math.sqrt(variance) / stats.truncnorm(-2, 2).std()
    return stats.truncnorm(-2, 2, 0, wide)


def _uniform(variance: float) -> Any:
    limit = math.sqrt(3 * variance)
    return stats.uniform(-limit, 2 * limit)


def assert_drawn_from(values: npt.NDArray[Any], expected: Any) -> None:
    """Raise if a sample cannot have come from a distribution."""
    sample = values.ravel()
    # A float32 draw may be rounded onto the far side of a limit.
    low, high = expected.support()
    assert sample.min() >= low * (1 + 1e-6)
    assert sample.max() <= high * (1 + 1e-6)
    # Five standard errors; no distribution here has heavier tails than a
    # normal, whose deviation is the least certain.
    size = len(sample)
    assert abs(sample.mean()) < 5 * expected.std() / math.sqrt(size)
    spread = sample.std() / expected.std()
    assert abs(spread - 1) < 5 / math.sqrt(2 * size)
    assert stats.kstest(sample, expected.cdf).pvalue > SURPRISE
    assert len(np.unique(sample)) > 0.9 * size
