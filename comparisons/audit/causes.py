"""Find which differences between two specifications cause a gap.

Two specifications differ in some named places, and the same network reaches
a different metric under each. A *mix* takes some of the places from the
second and the others from the first. The rule below depends only on the
metric of mixes under the same seeds; `comparisons/audit/audit.py` trains
them, and a test simulates them.

1. The gap itself has to be shown: the paired difference of the two ends is
   significantly different from 0, and not negligible. Where a single place
   differs, that place is the cause, even if the mean is not significant.
2. A set of places is a candidate where switching it alone, from the better
   end, makes at least half of the gap, and switching it back, from the worse
   end, undoes at least half, and where the remaining effect of the other
   places is not shown to be a quarter of the gap or more. Where several sets
   make the gap and no single one undoes it, all of them together have to.
3. A candidate is a cause where its effect is significant among all sets that
   were tried: either by the paired t test of its effect, at `ALPHA_EFFECT`
   divided by twice the number of sets (Bonferroni), or because it is the
   strongest of the m sets in k of n seeds, where
   m P(Binomial(n, 1/m) ≥ k) ≤ `ALPHA_EFFECT` / 2. The first test has more
   power with many seeds, the second with few.

The search ends at the smallest size with a candidate. Candidates without
enough evidence are reported as such, with the number of seeds that would
likely suffice.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from framework_parity.comparisons.ladder.effects import (
    Decision,
    Effect,
    average,
    difference,
    paired,
)
from framework_parity.comparisons.ladder.thresholds import ALPHA_EFFECT

DefaultsMix: TypeAlias = frozenset[str]
"""The places, by name, that are taken from the second specification."""

Values: TypeAlias = npt.NDArray[np.float64]

# The smallest share of the gap that a set has to make; and the share that,
# if the remaining places make it, shows that the set is not the whole cause.
MAKES = 0.5
LEAVES = 0.25

# The largest size of a set.
LARGEST_SET = 3


class MixMetrics(Protocol):
    """The metric of mixes, for each seed."""

    def ask(self, mixes: Iterable[DefaultsMix]) -> None:
        """Announce the mixes that are needed, so that they can be trained."""

    def values(self, mix: DefaultsMix) -> Values:
        """Return the metric of a mix, of shape (seeds,)."""


@dataclass(frozen=True)
class Candidate:
    """A set of places that may be a cause.

    Attributes:
        places: the set.
        makes: its effect, switched alone from the better end.
        undoes: the effect that switching it back from the worse end undoes,
            in the same direction.
        wins: number of seeds in which it is the strongest of all sets tried.
        p_value: p-value of both tests together, corrected for the number of
            sets tried; at most 1.
    """

    places: DefaultsMix
    makes: Effect
    undoes: Effect
    wins: int
    p_value: float

    @property
    def shown(self) -> bool:
        """Whether its effect is significant among all sets tried."""
        return self.p_value <= ALPHA_EFFECT


@dataclass(frozen=True)
class Search:
    """A search for the smallest sets that make the gap.

    Attributes:
        sets: the sets that make it, all of one size, the strongest first.
        size: the size that was searched last.
        tried: number of sets of that size that were tried.
        possible: number of sets of that size; larger than `tried` where only
            the strongest places were combined.
        candidates: the candidates that `sets` was selected from.
        seeds_needed: where there are candidates and none is shown, the
            number of seeds that would likely show the strongest; None if not
            even `MOST_SEEDS` would.
    """

    sets: tuple[DefaultsMix, ...] = ()
    size: int = 0
    tried: int = 0
    possible: int = 0
    candidates: tuple[Candidate, ...] = ()
    seeds_needed: int | None = None


@dataclass(frozen=True)
class Causes:
    """The causes of the gap between two ends.

    Attributes:
        gap: the second end minus the first.
        decision: whether the gap is shown, negligible or undecided.
        good: the better end, as a mix.
        makes: the search; None where no gap is shown.
        undone_by: the smallest parts of the cause that undo the gap when
            they are switched back from the worse end.
        only: whether a single place differs, which is therefore the cause.
    """

    gap: Effect
    decision: Decision
    good: DefaultsMix
    makes: Search | None = None
    undone_by: tuple[DefaultsMix, ...] = ()
    only: bool = False

    @property
    def cause(self) -> DefaultsMix | None:
        """The first of the smallest sets that make the gap."""
        return self.makes.sets[0] if self.makes and self.makes.sets else None


@dataclass
class Finder:
    """The search for the causes of a gap.

    Attributes:
        table: the metric of mixes.
        places: all places that differ.
        rising: whether a larger metric is better.
        margin: the largest negligible difference.
        resolution: the step in which the metric moves; 0 if continuous.
        most_sets: the maximum number of sets of one size; a size with more
            is limited to the strongest places.
    """

    table: MixMetrics
    places: Sequence[str]
    rising: bool
    margin: float = 0.0
    resolution: float = 0.0
    most_sets: int = 120
    _cache: dict[tuple[DefaultsMix, DefaultsMix], Effect] = field(
        default_factory=dict
    )

    def find(self) -> Causes:
        """Run the search, and return the causes."""
        first, second = DefaultsMix(), DefaultsMix(self.places)
        gap = self.effect(first, second)
        # An infinite or undefined gap is not decided here.
        decision = gap.decision(self.margin)
        good = first if (gap.mean < 0) == self.rising else second
        if not math.isfinite(gap.mean) or gap.mean == 0:
            good = first
        causes = Causes(gap, decision, good)
        if len(second) == 1 and any(gap.differences):
            search = Search((second,), 1, 1, 1)
            return Causes(gap, decision, good, search, (second,), only=True)
        if decision != "shown":
            return causes
        makes = self._search(good, gap)
        undone = self._undone_by(good, makes.sets)
        return Causes(gap, decision, good, makes, undone)

    def effect(self, before: DefaultsMix, after: DefaultsMix) -> Effect:
        """Return the effect of going from one mix to another.

        Args:
            before: the first mix.
            after: the second mix.

        Returns:
            The metric of `after` minus that of `before`, by seed.
        """
        key = before, after
        if key not in self._cache:
            values = self.table.values(after), self.table.values(before)
            self._cache[key] = paired(*values, self.resolution)
        return self._cache[key]

    def strength(self, place: str) -> float:
        """Return the larger effect of a place, switched first or last."""
        second = DefaultsMix(self.places)
        effects = (
            self.effect(DefaultsMix(), DefaultsMix({place})),
            self.effect(second - {place}, second),
        )
        sizes = (abs(effect.mean) for effect in effects)
        return max((s for s in sizes if not math.isnan(s)), default=0.0)

    def _search(self, good: DefaultsMix, gap: Effect) -> Search:
        bad = good ^ DefaultsMix(self.places)
        total = gap if not good else _reversed(gap)
        ranked = sorted(self.places, key=lambda p: -self.strength(p))
        search = Search()
        for size in range(1, min(LARGEST_SET, len(ranked)) + 1):
            reach = len(ranked)
            while reach > size and comb(reach, size) > self.most_sets:
                reach -= 1
            sets = [DefaultsMix(s) for s in combinations(ranked[:reach], size)]
            self.table.ask(good ^ places for places in sets)
            candidates = self._candidates(sets, good, bad, total)
            search = self._judged(size, sets, candidates)
            if candidates:
                break
        return search

    def _candidates(
        self,
        sets: list[DefaultsMix],
        good: DefaultsMix,
        bad: DefaultsMix,
        gap: Effect,
    ) -> list[Candidate]:
        makes = {s: self.effect(good, good ^ s) for s in sets}
        enough = [s for s in sets if _share(makes[s], gap) >= MAKES]
        self.table.ask(bad ^ places for places in enough)
        undoes = {s: self.effect(bad ^ s, bad) for s in enough}
        union = DefaultsMix().union(*enough)
        together = bool(enough) and (
            _share(self.effect(bad ^ union, bad), gap) >= MAKES
        )
        wins = dict(zip(sets, _wins(list(makes.values()), gap), strict=True))
        full = [s for s in enough if not _leaves(makes[s], gap)]
        whole = [
            s
            for s in full
            if _share(undoes[s], gap) >= MAKES
            and self._needs_all(s, good, gap)
        ]
        candidates = []
        for places in whole or (full if together else []):
            made, undone = makes[places], undoes[places]
            tested = average(made, undone) if whole else made
            p = _corrected(tested, wins[places], len(sets))
            candidates.append(Candidate(places, made, undone, wins[places], p))
        return sorted(
            candidates, key=lambda c: (c.p_value, -abs(c.makes.mean))
        )

    def _needs_all(
        self, places: DefaultsMix, good: DefaultsMix, gap: Effect
    ) -> bool:
        """Whether every place of a set is shown to add to its effect."""
        if len(places) == 1:
            return True
        adds = [
            self.effect(good ^ (places - {place}), good ^ places)
            for place in places
        ]
        return all(
            added.p_value < ALPHA_EFFECT and _share(added, gap) > 0
            for added in adds
        )

    def _judged(
        self, size: int, sets: list[DefaultsMix], candidates: list[Candidate]
    ) -> Search:
        whole = size == len(self.places)
        shown = [c.places for c in candidates if c.shown or whole]
        needed = None
        if candidates and not shown:
            best = average(candidates[0].makes, candidates[0].undoes)
            level = ALPHA_EFFECT / 2 / len(sets)
            needed = best.seeds_needed(level=level)
        possible = comb(len(self.places), size)
        return Search(
            tuple(shown), size, len(sets), possible, tuple(candidates), needed
        )

    def _undone_by(
        self, good: DefaultsMix, causes: Sequence[DefaultsMix]
    ) -> tuple[DefaultsMix, ...]:
        """Return the smallest parts of the causes that undo the gap."""
        bad = good ^ DefaultsMix(self.places)
        gap = self.effect(good, bad)
        union = sorted(DefaultsMix().union(*causes))
        for size in range(1, min(LARGEST_SET, len(union)) + 1):
            parts = [DefaultsMix(p) for p in combinations(union, size)]
            self.table.ask(bad ^ part for part in parts)
            undoing = []
            for part in parts:
                undone = self.effect(bad ^ part, bad)
                if (
                    _share(undone, gap) >= MAKES
                    and not _leaves(undone, gap)
                    and undone.p_value * len(parts) <= ALPHA_EFFECT
                ):
                    undoing.append(part)
            if undoing:
                return tuple(undoing)
        return ()


def _share(effect: Effect, gap: Effect) -> float:
    """Return an effect as a share of the gap; NaN where there is none."""
    return effect.mean / gap.mean if gap.mean else math.nan


def _leaves(made: Effect, gap: Effect) -> bool:
    """Whether an effect is shown to leave a good part of the gap."""
    left = difference(gap, made)
    return left.p_value < ALPHA_EFFECT and _share(left, gap) >= LEAVES


def _reversed(effect: Effect) -> Effect:
    reverse = tuple(-d for d in effect.differences)
    return Effect(reverse, effect.variance_floor)


def _wins(effects: list[Effect], gap: Effect) -> list[int]:
    """Return the number of seeds in which each effect is strictly largest."""
    table = np.array([effect.differences for effect in effects])
    table = table * math.copysign(1.0, gap.mean)
    table = np.where(np.isfinite(table), table, -np.inf)
    best = table.max(0)
    alone = (table == best).sum(0) == 1
    return [int(((row == best) & alone).sum()) for row in table]


def _corrected(tested: Effect, wins: int, sets: int) -> float:
    """Return the p-value of both tests, corrected for the sets tried."""
    from scipy.special import bdtrc

    by_size = tested.p_value * sets
    by_rank = 1.0
    if sets > 1 and wins:
        by_rank = sets * float(bdtrc(wins - 1, tested.seeds, 1 / sets))
    return min(1.0, 2 * min(by_size, by_rank))
