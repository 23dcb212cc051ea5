"""Simulated audits: tables of results whose cause is known.

A table has a metric for each mix of places and each seed:

    metric = seed's own level + noise of the run - size x whether it fails

The level is shared by all runs of a seed (deviation 3), the noise is each
run's own (deviation 1, normal or Student's t with 3 degrees of freedom).
`python -m tests.comparisons.simulated 10000` prints the shares of the results
of the rule in `comparisons/audit/causes.py`, by kind of cause and size of
effect.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from framework_parity.comparisons.audit.causes import (
    Causes,
    DefaultsMix,
    Finder,
    Values,
)

Statement = Literal["right", "part", "more", "wrong", "undecided", "no gap"]

FAILS: dict[str, Callable[[DefaultsMix], float]] = {
    "none": lambda mix: 0.0,
    "one": lambda mix: float("a" in mix),
    "two alone": lambda mix: float("a" in mix or "b" in mix),
    "two adding up": lambda mix: 0.5 * ("a" in mix) + 0.5 * ("b" in mix),
    "two together": lambda mix: float({"a", "b"} <= mix),
}
CAUSES = {"none": "", "one": "a"} | dict.fromkeys(
    ("two alone", "two adding up", "two together"), "ab"
)


@dataclass
class Simulated:
    """A table of results.

    Attributes:
        kind: a key of `FAILS`.
        size: how far the metric falls, in deviations of a run's noise.
        seeds: how many runs of each mix.
        heavy: whether the noise has heavy tails.
        rng: what draws.
    """

    kind: str
    size: float
    seeds: int
    heavy: bool
    rng: np.random.Generator
    _runs: dict[DefaultsMix, Values] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.level = 3 * self.rng.normal(size=self.seeds)

    def ask(self, mixes: Iterable[DefaultsMix]) -> None:
        """Nothing is trained, so nothing is prepared."""

    def values(self, mix: DefaultsMix) -> Values:
        """Return the metric of a mix, of shape (seeds,)."""
        if mix not in self._runs:
            noise: Any = self.rng.normal(size=self.seeds)
            if self.heavy:
                noise = self.rng.standard_t(3, self.seeds) / np.sqrt(3)
            falls = self.size * FAILS[self.kind](mix)
            self._runs[mix] = self.level + noise - falls
        return self._runs[mix]


def simulate(
    kind: str,
    errors: float,
    seeds: int,
    places: int,
    heavy: bool,
    rng: np.random.Generator,
) -> Causes:
    """Draw one table and search it.

    Args:
        kind: a key of `FAILS`.
        errors: size of the effect, in standard errors of the difference of
            two mixes, paired by seed: √(2 / seeds) deviations of the noise.
        seeds: how many runs of each mix.
        places: how many places differ, up to 10.
        heavy: whether the noise has heavy tails.
        rng: what draws.
    """
    size = errors * np.sqrt(2 / seeds)
    table = Simulated(kind, size, seeds, heavy, rng)
    return Finder(table, "abcdefghij"[:places], rising=True).find()


def statement_of(kind: str, result: Causes) -> Statement:
    """Return how the causes found compare with the true ones."""
    if result.decision != "shown":
        return "no gap"
    assert result.makes is not None
    named = DefaultsMix().union(*result.makes.sets)
    causes = DefaultsMix(CAUSES[kind])
    if not named:
        return "undecided"
    if named == causes:
        return "right"
    if not named & causes:
        return "wrong"
    return "part" if named < causes else "more"


def fewest_places(kind: str) -> int:
    """Return how many places a kind of cause needs."""
    return max(1, len(CAUSES[kind]))


def main(tables: int) -> None:
    """Print a row for each kind, size and number of seeds."""
    rng = np.random.default_rng(0)
    for heavy in (False, True):
        for seeds in (3, 5, 10, 20):
            for kind in FAILS:
                for errors in (2.0, 3.0, 4.0, 6.0) if kind != "none" else (0,):
                    counts: Counter[str] = Counter()
                    for _ in range(tables):
                        places = int(rng.integers(fewest_places(kind), 11))
                        result = simulate(
                            kind, errors, seeds, places, heavy, rng
                        )
                        counts[statement_of(kind, result)] += 1
                    shares = {k: v / tables for k, v in counts.most_common()}
                    noise = "heavy" if heavy else "normal"
                    print(noise, seeds, kind, errors, shares, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
