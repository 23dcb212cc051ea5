"""The rule that names causes, on simulated tables, apart from training."""

import math
from collections import Counter

import numpy as np
import pytest

from framework_parity.comparisons.audit.causes import (
    DefaultsMix,
    Finder,
    Values,
)
from tests.comparisons.simulated import (
    FAILS,
    fewest_places,
    simulate,
    statement_of,
)

# With n tables, a share p is seen within 4 √(p (1 - p) / n) of itself but
# for one run in 16,000.
DEVIATIONS = 4


def shares(
    kind: str,
    errors: float,
    tables: int,
    seeds: tuple[int, ...] = (3, 5, 8, 12, 20),
    fewest: int = 1,
) -> dict[str, float]:
    """Return the share of each result, over tables of all forms."""
    rng = np.random.default_rng(0)
    counts: Counter[str] = Counter()
    for index in range(tables):
        places = int(rng.integers(max(fewest, fewest_places(kind)), 11))
        result = simulate(
            kind, errors, seeds[index % len(seeds)], places, index % 2 > 0, rng
        )
        counts[statement_of(kind, result)] += 1
    return {what: count / tables for what, count in counts.items()}


def at_most(share: float, tables: int) -> float:
    """Return what a share of tables stays below."""
    return share + DEVIATIONS * math.sqrt(share * (1 - share) / tables)


def holds(tables: int) -> None:
    """Check every share that the rule promises, on so many tables a case."""
    none = shares("none", 0, tables)
    assert none.get("wrong", 0) <= at_most(0.05, tables)
    for kind in ("one", "two alone", "two together"):
        for errors in (2, 4, 8):
            result = shares(kind, errors, tables)
            assert result.get("wrong", 0) <= at_most(0.01, tables)
    # With 20 seeds, twice the smallest effect that the best test of one
    # pair of mixes shows half of the time (2 errors) is found.
    for kind in ("one", "two together"):
        result = shares(kind, 5, tables, (20,), fewest=2)
        assert result["right"] >= 1 - at_most(0.05, tables)


def test_causes_are_named_as_often_as_promised() -> None:
    holds(30)


@pytest.mark.slow
def test_causes_are_named_as_often_as_promised_on_10_000_tables() -> None:
    # 13 cases, of 800 tables each.
    holds(800)


@pytest.mark.parametrize("kind", ["one", "two alone", "two together"])
def test_more_seeds_find_more_causes(kind: str) -> None:
    """The same effect, in deviations of a run, with 5 and with 20 seeds."""
    few, many = (
        shares(kind, 3 * math.sqrt(seeds / 5), 40, (seeds,))["right"]
        if seeds == 20
        else shares(kind, 3, 40, (seeds,)).get("right", 0.0)
        for seeds in (5, 20)
    )
    assert many > few


class Fixed:
    """A table without noise."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def ask(self, mixes: object) -> None:
        """Nothing is trained."""

    def values(self, mix: DefaultsMix) -> Values:
        return 0.9 - 0.4 * FAILS[self.kind](mix) + np.arange(5) / 100


@pytest.mark.parametrize(
    ("kind", "sets", "undone"),
    [
        ("one", ["a"], ["a"]),
        ("two together", ["ab"], ["a", "b"]),
        ("two alone", ["a", "b"], ["ab"]),
        ("two adding up", ["ab"], ["ab"]),
    ],
)
def test_without_noise_every_kind_is_named(
    kind: str, sets: list[str], undone: list[str]
) -> None:
    causes = Finder(Fixed(kind), "abcde", rising=True).find()
    assert causes.makes is not None
    assert {"".join(sorted(s)) for s in causes.makes.sets} == set(sets)
    assert {"".join(sorted(s)) for s in causes.undone_by} == set(undone)


def test_three_seeds_name_a_cause_that_is_the_strongest_in_each() -> None:
    """Two degrees of freedom show no single cause of ten; the rank does."""
    rng = np.random.default_rng(3)
    counts = Counter(
        statement_of("one", simulate("one", 12, 3, 10, False, rng))
        for _ in range(40)
    )
    assert counts["right"] >= 36
