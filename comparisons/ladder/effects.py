"""Effects: differences between runs, paired by seed.

Two sets of runs that share their seeds are compared run by run. With the
differences d_1, ..., d_n, their mean d̄ and their standard deviation s,

    standard error  e = s / √n
    interval        d̄ ± t(1 - α/2, n - 1) e
    p-value         P(|T| > |d̄| / e),  T ~ Student's t, n - 1 degrees

(Student 1908). The standard error e falls with the number of seeds. A metric
that counts samples moves in steps of q = 1 / (number of samples); rounding
to such a step has the variance q²/12, and the variance of a difference is
therefore never taken below q²/6. Otherwise three seeds that happen to give
the same difference would have no standard error.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from framework_parity.comparisons.ladder.thresholds import (
    ALPHA_EFFECT,
    MOST_SEEDS,
    POWER,
)

Decision = Literal["shown", "negligible", "undecided"]


@dataclass(frozen=True)
class Effect:
    """A difference between two sets of runs under the same seeds.

    Attributes:
        differences: one for each seed.
        variance_floor: lower bound of the variance of a difference, from
            the resolution of the metric.
    """

    differences: tuple[float, ...]
    variance_floor: float = 0.0

    @property
    def seeds(self) -> int:
        """The number of seeds."""
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
        """Probability of a mean at least as large by chance alone.

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
        """Confidence interval of the mean, at 1 - `ALPHA_EFFECT`."""
        from scipy.special import stdtrit

        if not math.isfinite(self.standard_error):
            return -math.inf, math.inf
        width = float(stdtrit(self.seeds - 1, 1 - ALPHA_EFFECT / 2))
        width *= self.standard_error
        return self.mean - width, self.mean + width

    def decision(self, margin: float) -> Decision:
        """Decide whether the effect is shown, negligible or undecided.

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
        return "shown" if self.p_value < ALPHA_EFFECT else "undecided"

    def seeds_needed(
        self, margin: float = 0.0, level: float = ALPHA_EFFECT
    ) -> int | None:
        """Return the number of seeds that decides with probability `POWER`.

        It assumes that mean and deviation are those of these seeds.

        Args:
            margin: as in `decision`.
            level: significance level of the two-sided test.

        Returns:
            The number of seeds; None where not even `MOST_SEEDS` decide.
        """
        if not math.isfinite(self.deviation):
            return None
        return seeds_needed(self.mean, self.deviation, margin, level)


def paired(
    after: Iterable[float], before: Iterable[float], resolution: float = 0.0
) -> Effect:
    """Return the effect of going from one set of runs to another.

    Args:
        after: the metric of each run, in the order of the seeds.
        before: the metric of the other runs, under the same seeds.
        resolution: the step in which the metric moves; 0 if it is
            continuous.

    Returns:
        The differences `after - before`.
    """
    with np.errstate(invalid="ignore"):
        differences = np.subtract(list(after), list(before))
    return Effect(tuple(differences.tolist()), resolution**2 / 6)


def average(first: Effect, second: Effect) -> Effect:
    """Return the average of two effects of the same seeds, seed by seed.

    Args:
        first: an effect.
        second: an effect of as many seeds.

    Returns:
        The average.
    """
    both = np.add(first.differences, second.differences) / 2
    floor = (first.variance_floor + second.variance_floor) / 4
    return Effect(tuple(both.tolist()), floor)


def difference(first: Effect, second: Effect) -> Effect:
    """Return one effect minus another of the same seeds, seed by seed.

    Args:
        first: the minuend; its variance floor is that of the difference.
        second: the subtrahend.

    Returns:
        The difference.
    """
    left = np.subtract(first.differences, second.differences)
    return Effect(tuple(left.tolist()), first.variance_floor)


def seeds_needed(
    mean: float,
    deviation: float,
    margin: float = 0.0,
    level: float = ALPHA_EFFECT,
    fewest: int = 2,
) -> int | None:
    """Return the number of seeds that decides with probability `POWER`.

    Args:
        mean: the true average difference.
        deviation: the true standard deviation of a difference.
        margin: a mean below it may also be shown to be negligible.
        level: significance level of the two-sided test and the interval.
        fewest: lower bound of the result.

    Returns:
        The number of seeds, or None where not even `MOST_SEEDS` decide.
    """
    if deviation == 0:
        return fewest
    # The power rises with the number of seeds.
    counts = range(max(fewest, 2), MOST_SEEDS + 1)
    index = bisect_left(
        counts,
        POWER,
        key=lambda seeds: _power(mean, deviation, margin, level, seeds),
    )
    return counts[index] if index < len(counts) else None


def _power(
    mean: float, deviation: float, margin: float, level: float, seeds: int
) -> float:
    """Return the probability that a number of seeds decides.

    The power to show an effect follows the noncentral t distribution; the
    power to show that it is negligible, two one-sided tests that both have
    to succeed.
    """
    from scipy.special import nctdtr, stdtr, stdtrit

    limit = stdtrit(seeds - 1, 1 - level / 2)
    distance = abs(mean) / deviation * math.sqrt(seeds)
    shown = 1 - nctdtr(seeds - 1, distance, limit)
    # Far out in the tail the distribution function returns NaN.
    power = 1.0 if math.isnan(shown) else float(shown)
    if abs(mean) < margin:
        width = margin / deviation * math.sqrt(seeds)
        inside = stdtr(seeds - 1, width - distance - limit)
        inside += stdtr(seeds - 1, width + distance - limit) - 1
        power = max(power, float(inside))
    return power
