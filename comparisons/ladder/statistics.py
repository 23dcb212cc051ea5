"""The statistics rung: independent runs of each framework over many seeds.

Only the data and the recipe are shared. Each framework draws its own initial
weights, its own dropout masks and its own batch order, so that the two sets
of runs are independent. The question is whether the final metric is *the
same in distribution*, up to a stated margin. A test for a difference cannot
answer it, since with too few seeds it finds none either. Equivalence has to
be shown, by two one-sided tests (Schuirmann 1987; Lakens 2017) in Welch's
form: with means x̄, standard deviations s, counts n and margin M,

    d = x̄_Keras - x̄_PyTorch,   e² = s²_PyTorch/n + s²_Keras/n
    p_equivalent = P(T > (M - |d|) / e)
    p_different  = P(T > (|d| - M) / e) + P(T > (|d| + M) / e)

where T follows Student's t with Welch and Satterthwaite's degrees of freedom.
The first is the larger p of the two one-sided tests of "further apart than
M"; the second tests "no further apart than M" at its boundary.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.two_sided.arms import TwoArms, sides_of
from framework_parity.common.training.record import (
    DIVERGED_LOSS,
    METRICS,
    Record,
)
from framework_parity.comparisons.ladder.thresholds import (
    ALPHA_DIFFERENCE,
    ALPHA_EQUIVALENCE,
    FEWEST_SEEDS,
    MARGIN_OF_ACCURACY,
    MARGIN_OF_LOSS,
    MOST_SEEDS,
    POWER,
)
from framework_parity.comparisons.ladder.verdict import Outcome, Verdict
from framework_parity.comparisons.numbers import finite
from framework_parity.comparisons.workers.worker import (
    LABELS,
    Progress,
    WorkerPair,
)


@dataclass(frozen=True)
class Sample:
    """The final metric of one framework's runs.

    Attributes:
        values: the final metric of each run that did not diverge.
        diverged: the number of runs that diverged.
    """

    values: tuple[float, ...]
    diverged: int = 0

    @property
    def runs(self) -> int:
        """The number of runs."""
        return len(self.values) + self.diverged

    @property
    def mean(self) -> float:
        """Mean of the runs that did not diverge; NaN if there are none."""
        return float(np.mean(self.values)) if self.values else math.nan

    @property
    def spread(self) -> float:
        """Standard deviation (n - 1); NaN for fewer than two values."""
        several = len(self.values) > 1
        return float(np.std(self.values, ddof=1)) if several else math.nan

    def as_json(self) -> dict[str, Any]:
        """Return the values as a dictionary; None where one is not finite."""
        return {
            "mean": finite(self.mean),
            "spread": finite(self.spread),
            "runs": self.runs,
            "diverged": self.diverged,
            "values": list(self.values),
        }


@dataclass(frozen=True)
class Equivalence:
    """Result of an equivalence test on two samples of a metric.

    Attributes:
        metric: its name in a record's `final`.
        torch: PyTorch's sample.
        keras: Keras's sample.
        margin: the allowed difference of the means, in the metric's unit.
        p_equivalent: p-value of the hypothesis that the means differ by
            more than the margin.
        p_different: p-value of the hypothesis that they differ by no more.
        p_diverged: p-value of Fisher's exact test that both diverge equally
            often.
        outcome: `agree` where equivalence is shown, `disagree` where a
            difference is shown, else `undecided`.
        seeds_needed: the number of seeds that would likely decide; None
            where the outcome is decided, or where not even `MOST_SEEDS`
            would.
    """

    metric: str
    torch: Sample
    keras: Sample
    margin: float
    p_equivalent: float
    p_different: float
    p_diverged: float
    outcome: Outcome
    seeds_needed: int | None = None

    @property
    def sentence(self) -> str:
        """Both samples and the result of the test, in words."""
        values = ", ".join(
            f"{s.mean:.4g} ± {s.spread:.2g} in {label}"
            for label, s in self._labelled()
            if len(s.values) > 1
        )
        name = self.metric.replace("_", " ")
        what = f"{name} {values} (mean ± deviation)" if values else name
        return f"{what} of {self._counts()}: {self._finding()}"

    def _labelled(self) -> list[tuple[str, Sample]]:
        return list(zip(LABELS.values(), self._samples(), strict=True))

    def _samples(self) -> tuple[Sample, Sample]:
        return self.torch, self.keras

    def _counts(self) -> str:
        runs = f"{self.torch.runs} and {self.keras.runs} runs"
        if self.torch.runs == self.keras.runs:
            runs = f"{self.torch.runs} runs each"
        if not self.torch.diverged + self.keras.diverged:
            return runs
        blown = " and ".join(
            f"{s.diverged} in {label}" for label, s in self._labelled()
        )
        return f"{runs}, of which {blown} diverged"

    def _finding(self) -> str:
        if self.p_diverged < ALPHA_DIFFERENCE:
            most = max(self._labelled(), key=lambda x: _share(x[1]))[0]
            p = self.p_diverged
            return f"{most} diverges more often (p = {p:.2g})"
        margin = f"{self.margin:.3g}"
        if self.outcome == "agree" and math.isnan(self.torch.mean):
            return "every run diverges in both"
        if self.outcome == "agree":
            return f"equivalent within {margin} (p = {self.p_equivalent:.2g})"
        if self.outcome == "disagree":
            return f"differ by more than {margin} (p = {self.p_different:.2g})"
        return f"undecided, since {self._why()}"

    def _why(self) -> str:
        if min(len(s.values) for s in self._samples()) < FEWEST_SEEDS:
            return f"fewer than {FEWEST_SEEDS} runs do not diverge"
        if self.p_equivalent < ALPHA_EQUIVALENCE:
            p = self.p_equivalent
            return (
                "the runs that do not diverge are equivalent within "
                f"{self.margin:.3g} (p = {p:.2g}), but the shares of runs "
                "that diverge are not shown to be equal"
            )
        needed = f"{self.seeds_needed or MOST_SEEDS:,}"
        if self.seeds_needed is None:
            needed = f"more than {needed}"
        return (
            f"neither equivalence within {self.margin:.3g} "
            f"(p = {self.p_equivalent:.2g}) nor a larger difference "
            f"(p = {self.p_different:.2g}) is shown; it would likely take "
            f"{needed} seeds"
        )

    def verdict(self, arm: str) -> Verdict:
        """Return the rung's verdict, which has no ratio to a noise floor."""
        return Verdict(
            rung="statistics",
            arm=arm,
            outcome=self.outcome,
            worst_ratio=math.nan,
            where=self.metric,
            sentence=self.sentence,
            details=self.as_json(),
        )

    def as_json(self) -> dict[str, Any]:
        """Return all measured values as a dictionary."""
        return {
            "metric": self.metric,
            "margin": finite(self.margin),
            "torch": self.torch.as_json(),
            "keras": self.keras.as_json(),
            "p_equivalent": finite(self.p_equivalent),
            "p_different": finite(self.p_different),
            "p_diverged": finite(self.p_diverged),
            "seeds_needed": self.seeds_needed,
        }


def train_independently(
    pair: WorkerPair,
    arm: Arm | TwoArms,
    seeds: int,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, list[Record]]:
    """Train in both frameworks under independent seeds, in float32.

    Args:
        pair: the two workers.
        arm: the arm to train, for the number of epochs of its recipe; where
            it has two sides, each framework trains its own.
        seeds: number of runs in each framework.
        seed: offset of the seeds; see `own_seeds`.
        progress: called with the backend, the steps done and the total.

    Returns:
        The records of each framework, by backend, one for each seed.

    Raises:
        WorkerError: if a framework fails.
    """
    arguments = {
        backend: {
            "arm": _evaluated_seldom(sides_of(arm)[backend]),
            "dtype": "float32",
            "seeds": own_seeds(backend, seed, seeds),
        }
        for backend in pair.workers
    }
    return pair.ask_each("train_independently", arguments, progress)


def _evaluated_seldom(arm: Arm) -> Arm:
    """Return the arm with a single evaluation at the end of training.

    Arms whose recipe uses evaluations are returned as they are. An
    evaluation costs as much as training.
    """
    recipe = arm.recipe
    if recipe.early_stopping or recipe.plateau or recipe.checkpoint:
        return arm
    return replace(arm, recipe=recipe.model_copy(update={"evaluate_every": 0}))


def own_seeds(backend: str, first: int, count: int) -> tuple[int, ...]:
    """Return one framework's seeds: even ones for PyTorch, odd for Keras.

    Both frameworks derive the batch order from the seed by the same
    function, so runs of both under one seed would not be independent.

    Args:
        backend: `torch` or `keras`.
        first: offset of the runs.
        count: number of runs.

    Returns:
        The seeds.

    >>> own_seeds("torch", 0, 3), own_seeds("keras", 0, 3)
    ((0, 2, 4), (1, 3, 5))
    """
    odd = list(LABELS).index(backend)
    return tuple(2 * (first + run) + odd for run in range(count))


def compare_samples(
    torch: list[Record], keras: list[Record], margin: float | None = None
) -> Equivalence:
    """Compare the final metric of two sets of independent runs.

    Args:
        torch: PyTorch's records.
        keras: Keras's records.
        margin: the allowed difference of the means: absolute for an
            accuracy, relative to their mean for a loss. None takes the
            default.

    Returns:
        The result of the tests.
    """
    both = torch[0].final.keys() & keras[0].final.keys()
    metric = next(name for name in METRICS if name in both)
    samples = _sample(torch, metric), _sample(keras, metric)
    if metric.endswith("accuracy"):
        allowed = MARGIN_OF_ACCURACY if margin is None else margin
    else:
        share = MARGIN_OF_LOSS if margin is None else margin
        allowed = share * abs(float(np.mean([s.mean for s in samples])))
    return _judged(metric, *samples, allowed)


def _sample(records: list[Record], metric: str) -> Sample:
    ended = tuple(r.final[metric] for r in records if not _blown_up(r))
    return Sample(ended, len(records) - len(ended))


def _blown_up(record: Record) -> bool:
    """Whether the final loss is NaN or far above the first.

    It is the loss of the final network: a divergence during training does
    not count where early stopping has restored earlier weights.
    """
    name = record.metric.replace("accuracy", "loss")
    last, first = record.final[name], float(record.steps["loss"][0])
    return not last <= DIVERGED_LOSS * (abs(first) or 1.0)


def _judged(
    metric: str, torch: Sample, keras: Sample, margin: float
) -> Equivalence:
    counts = len(torch.values), len(keras.values)
    difference = abs(keras.mean - torch.mean)
    result = Equivalence(
        metric,
        torch,
        keras,
        margin,
        p_equivalent=1.0,
        p_different=1.0,
        p_diverged=_fisher(torch, keras),
        outcome="undecided",
    )
    if result.p_diverged < ALPHA_DIFFERENCE:
        return replace(result, outcome="disagree")
    if max(counts) == 0 and min(torch.runs, keras.runs) >= FEWEST_SEEDS:
        return replace(result, outcome="agree")
    if min(counts) < FEWEST_SEEDS:
        return result
    tail = _tail(torch.spread, keras.spread, counts)
    result = replace(
        result,
        p_equivalent=tail(margin - difference),
        p_different=min(
            tail(difference - margin) + tail(difference + margin), 1.0
        ),
    )
    if result.p_different < ALPHA_DIFFERENCE:
        return replace(result, outcome="disagree")
    if result.p_equivalent >= ALPHA_EQUIVALENCE:
        needed = _seeds_for_welch(
            difference, margin, torch.spread, keras.spread
        )
        return replace(result, seeds_needed=needed)
    # A few seeds cannot show that equally many runs diverge.
    blown = torch.diverged + keras.diverged
    return replace(result, outcome="undecided" if blown else "agree")


def _tail(
    torch: float, keras: float, counts: tuple[int, int]
) -> Callable[[float], float]:
    """Return the function x → P(T > x / e) of Welch's t."""
    from scipy.stats import t

    error, freedom = _welch(torch, keras, *counts)

    def tail(distance: float) -> float:
        if error == 0:
            return 0.0 if distance > 0 else 1.0
        return float(t.sf(distance / error, freedom))

    return tail


def _welch(torch: float, keras: float, n: Any, m: Any) -> tuple[Any, Any]:
    """Return the standard error e of a difference of means, and its degrees.

    e² = a + b with a = s²/n, and (a + b)² / (a²/(n - 1) + b²/(m - 1))
    degrees of freedom (Welch 1947, Satterthwaite 1946).
    """
    a, b = torch**2 / n, keras**2 / m
    below = a**2 / (n - 1) + b**2 / (m - 1)
    freedom = (a + b) ** 2 / np.where(below > 0, below, 1.0)
    return np.sqrt(a + b), np.where(below > 0, freedom, n + m - 2)


def _seeds_for_welch(
    difference: float, margin: float, torch: float, keras: float
) -> int | None:
    """Return the number of seeds that decides with probability `POWER`.

    It assumes that means and deviations are those of the samples.
    """
    from scipy.stats import t

    n = np.arange(FEWEST_SEEDS, MOST_SEEDS + 1)
    error, freedom = _welch(torch, keras, n, n)
    level = ALPHA_EQUIVALENCE if difference < margin else ALPHA_DIFFERENCE
    reach = abs(margin - difference) / error - t.isf(level, freedom)
    power = t.cdf(reach, freedom)
    if difference < margin:
        # The second one-sided test has to succeed as well.
        reach += 2 * difference / error
        power = power + t.cdf(reach, freedom) - 1.0
    enough = np.flatnonzero(power >= POWER)
    return int(n[enough[0]]) if len(enough) else None


def _fisher(torch: Sample, keras: Sample) -> float:
    """Return p of Fisher's exact test on the numbers of diverged runs."""
    from scipy.stats import fisher_exact

    if not torch.diverged + keras.diverged:
        return 1.0
    table = [[len(s.values), s.diverged] for s in (torch, keras)]
    return float(fisher_exact(table).pvalue)


def _share(sample: Sample) -> float:
    return sample.diverged / sample.runs
