"""Claims: what an experiment teaches, checked in each framework."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from common.claims import Claim
from common.record import Record
from comparisons.tolerances import CHANCE, FEWEST_SEEDS

Runs = dict[str, dict[str, list[Record]]]
"""Records by backend and arm, one for each seed."""


@dataclass(frozen=True)
class Answer:
    """What one framework says to a claim, over all seeds.

    Attributes:
        margins: by how much the claim holds, for each seed.
        value: the left side, on average.
        bound: the right side, on average.
        held: in how many seeds it holds.
        holds: whether it holds for the averages.
    """

    margins: tuple[float, ...]
    value: float
    bound: float
    held: int
    holds: bool


@dataclass(frozen=True)
class Judged:
    """One claim with every framework's answer.

    `verdict` is *holds in both*, *refuted in both*, *frameworks disagree*,
    or *undecided at N seeds* where the frameworks' answers differ by no more
    than chance explains; with one framework alone, *holds* or *refuted*.
    """

    claim: Claim
    answers: dict[str, Answer]
    verdict: str

    def as_json(self) -> dict[str, Any]:
        """Return the object of the command line's contract."""
        return {
            "claim": self.claim.name,
            "sentence": self.claim.sentence,
            "that": self.claim.that,
            **{
                backend: {
                    "holds": answer.holds,
                    "value": _number(answer.value),
                    "bound": _number(answer.bound),
                    "held_in": answer.held,
                    "seeds": len(answer.margins),
                }
                for backend, answer in self.answers.items()
            },
            "verdict": self.verdict,
        }


def judge(claim: Claim, runs: Runs) -> Judged:
    """Ask every framework, and say whether they answer alike."""
    answers = {backend: _answer(claim, arms) for backend, arms in runs.items()}
    return Judged(claim, answers, _verdict(list(answers.values())))


def _answer(claim: Claim, arms: dict[str, list[Record]]) -> Answer:
    seeds = range(len(next(iter(arms.values()))))

    def sides_of(seed: int) -> tuple[float, float]:
        return claim.sides(lambda arm, name: arms[arm][seed].final[name])

    sides = [sides_of(seed) for seed in seeds]
    margins = tuple(claim.margin(*side) for side in sides)
    value, bound = (float(np.mean(side)) for side in zip(*sides, strict=True))
    return Answer(
        margins=margins,
        value=value,
        bound=bound,
        held=sum(claim.holds(margin) for margin in margins),
        holds=claim.holds(claim.margin(value, bound)),
    )


def _verdict(answers: list[Answer]) -> str:
    said = {answer.holds for answer in answers}
    if len(said) == 1:
        word = "holds" if said.pop() else "refuted"
        return f"{word} in both" if len(answers) == 2 else word
    gaps = np.subtract(answers[0].margins, answers[1].margins)
    if np.isfinite(gaps).all() and not _apart(gaps):
        seeds = len(gaps)
        return f"undecided at {seeds} seed{'s' if seeds > 1 else ''}"
    return "frameworks disagree"


def _apart(gaps: npt.NDArray[np.float64]) -> bool:
    """Whether seeds show more than chance: Student's t at one in a hundred.

    Fewer than `FEWEST_SEEDS` show nothing.
    """
    from scipy.stats import ttest_1samp

    if len(gaps) < FEWEST_SEEDS:
        return False
    if np.ptp(gaps) == 0:
        return bool(gaps[0] != 0)
    return bool(ttest_1samp(gaps, 0.0).pvalue < CHANCE)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
