"""Effects: differences between runs, paired by seed.

Two sets of runs that share their seeds are compared run by run. With the
differences d_1, ..., d_n, their mean d̄ and their standard deviation s,

    standard error  e = s / √n
    interval        d̄ ± t(1 - α/2, n - 1) e
    p-value         P(|T| > |d̄| / e),  T ~ Student's t, n - 1 degrees

(Student 1908). More seeds make e smaller, so they sharpen every statement.
A metric that counts samples moves in steps of q = 1 / (number of samples);
rounding to such a step has the variance q²/12, and the variance of a
difference is therefore never taken below q²/6. Without that, three seeds
that happen to give the same difference would have no error at all.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from framework_parity.comparisons.ladder.thresholds import (
    MOST_SEEDS,
    POWER,
    SIGNIFICANT,
)

Decision = Literal["shown", "negligible", "undecided"]


@dataclass(frozen=True)
class Effect:
    """A difference between two sets of runs under the same seeds.

    Attributes:
        differences: one for each seed.
        variance_floor: smallest variance that a difference is given, from
            the resolution of the metric.
    """

    differences: tuple[float, ...]
    variance_floor: float = 0.0

    @property
    def seeds(self) -> int:
        """How many seeds there are."""
        return len(self.differences)

    @cached_property
    def mean(self) -> float:
        """The average difference; NaN where a run has no finite metric."""
        with np.errstate(invalid="ignore"):
            return float(np.mean(self.differences))

    @cached_property
    def deviation(self) -> float:
        """Standard deviation of a difference (n - 1); NaN for one seed."""
        if self.seeds < 2 or not math.isfinite(self.mean):
            return math.nan
        variance = float(np.var(self.differences, ddof=1))
        return math.sqrt(max(variance, self.variance_floor))

    @property
    def standard_error(self) -> float:
        """Standard error of the mean."""
        return self.deviation / math.sqrt(self.seeds)

    @cached_property
    def p_value(self) -> float:
        """Probability of such a mean or a larger one by chance alone.

        Two-sided Student's t test of a mean of 0; 1 where it cannot be
        computed.
        """
        from scipy.special import stdtr

        error = self.standard_error
        if not math.isfinite(error):
            return 1.0
        if error == 0:
            return 1.0 if self.mean == 0 else 0.0
        return float(2 * stdtr(self.seeds - 1, -abs(self.mean) / error))

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Confidence interval of the mean, at 1 - `SIGNIFICANT`."""
        from scipy.special import stdtrit

        if not math.isfinite(self.standard_error):
            return -math.inf, math.inf
        width = float(stdtrit(self.seeds - 1, 1 - SIGNIFICANT / 2))
        width *= self.standard_error
        return self.mean - width, self.mean + width

    def decision(self, margin: float) -> Decision:
        """Return what the seeds show.

        Args:
            margin: differences below this do not matter, in the metric's
                unit.

        Returns:
            `negligible` where the whole interval lies within the margin,
            `shown` where the mean is not 0 by chance, else `undecided`.
        """
        low, high = self.interval
        if -margin < low and high < margin:
            return "negligible"
        return "shown" if self.p_value < SIGNIFICANT else "undecided"

    def seeds_needed(
        self, margin: float = 0.0, level: float = SIGNIFICANT
    ) -> int | None:
        """Return how many seeds would decide, `POWER` of the time.

        That is, if mean and deviation are what these seeds show.

        Args:
            margin: as in `decision`.
            level: of the two-sided test.

        Returns:
            The number of seeds; None where not even `MOST_SEEDS` would.
        """
        if not math.isfinite(self.deviation):
            return None
        return seeds_needed(self.mean, self.deviation, margin, level)


def paired(
    after: Iterable[float], before: Iterable[float], resolution: float = 0.0
) -> Effect:
    """Return the effect of going from one set of runs to another.

    Args:
        after: the metric of each run, by seed.
        before: likewise, under the same seeds.
        resolution: the step in which the metric moves; 0 if it is
            continuous.
    """
    with np.errstate(invalid="ignore"):
        found = np.subtract(list(after), list(before))
    return Effect(tuple(found.tolist()), resolution**2 / 6)


def average(first: Effect, second: Effect) -> Effect:
    """Return the average of two effects of the same seeds, seed by seed."""
    both = np.add(first.differences, second.differences) / 2
    floor = (first.variance_floor + second.variance_floor) / 4
    return Effect(tuple(both.tolist()), floor)


def difference(first: Effect, second: Effect) -> Effect:
    """Return one effect less another of the same seeds, seed by seed.

    Args:
        first: the effect; its variance floor is that of the difference.
        second: what is taken from it.
    """
    left = np.subtract(first.differences, second.differences)
    return Effect(tuple(left.tolist()), first.variance_floor)


def seeds_needed(
    mean: float,
    deviation: float,
    margin: float = 0.0,
    level: float = SIGNIFICANT,
    fewest: int = 2,
) -> int | None:
    """Return the number of seeds that decides with probability `POWER`.

    Args:
        mean: the true average difference.
        deviation: the true standard deviation of a difference.
        margin: a mean below it may also be shown to be negligible.
        level: of the two-sided test and of the interval.
        fewest: never fewer than these.

    Returns:
        The number of seeds, or None where `MOST_SEEDS` would not do.
    """
    if deviation == 0:
        return fewest
    # The power rises with the number of seeds.
    counts = range(max(fewest, 2), MOST_SEEDS + 1)
    found = bisect_left(
        counts,
        POWER,
        key=lambda seeds: _power(mean, deviation, margin, level, seeds),
    )
    return counts[found] if found < len(counts) else None


def _power(
    mean: float, deviation: float, margin: float, level: float, seeds: int
) -> float:
    """Return the probability that so many seeds decide.

    That an effect is shown follows the noncentral t; that it is negligible,
    two one-sided tests, of which both have to succeed.
    """
    from scipy.special import nctdtr, stdtr, stdtrit

    limit = stdtrit(seeds - 1, 1 - level / 2)
    distance = abs(mean) / deviation * math.sqrt(seeds)
    shown = 1 - nctdtr(seeds - 1, distance, limit)
    # Far out in its tail the distribution function is not a number.
    power = 1.0 if math.isnan(shown) else float(shown)
    if abs(mean) < margin:
        width = margin / deviation * math.sqrt(seeds)
        inside = stdtr(seeds - 1, width - distance - limit)
        inside += stdtr(seeds - 1, width + distance - limit) - 1
        power = max(power, float(inside))
    return power
