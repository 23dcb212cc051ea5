"""Check the claims of an experiment in each framework."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from framework_parity.common.metrics.registry import Run
from framework_parity.common.metrics.run import falls
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.claims import Asked, Claim, SameBest
from framework_parity.common.training.record import Record
from framework_parity.comparisons.ladder.effects import Effect, seeds_needed
from framework_parity.comparisons.ladder.thresholds import (
    ALPHA_DIFFERENCE,
    ALPHA_EFFECT,
    FEWEST_SEEDS,
    MOST_SEEDS,
)
from framework_parity.comparisons.numbers import finite

Runs = dict[str, dict[str, list[Record]]]
"""Records by backend and arm, one for each seed."""

Arms = dict[str, dict[str, Arm]]
"""The trained arms, by backend and name."""


@dataclass(frozen=True)
class Answer:
    """The answer of one framework to a claim, over all seeds.

    Attributes:
        margins: the margin by which the claim holds, for each seed.
        value: mean of the left side.
        bound: mean of the right side.
        held: number of seeds in which the claim holds.
        holds: whether it holds; None where the seeds do not decide.
        names: the best arm, for a claim about the best arm.
    """

    margins: tuple[float, ...]
    value: float
    bound: float
    held: int
    holds: bool | None
    names: str | None = None

    @property
    def word(self) -> str:
        """The answer: holds, refuted, or undecided."""
        if self.holds is None:
            return "undecided"
        return "holds" if self.holds else "refuted"


@dataclass(frozen=True)
class Judged:
    """One claim with every framework's answer.

    `verdict` is *holds in both*, *refuted in both*, *frameworks disagree*,
    or *undecided at N seeds*, where the seeds of at least one framework do
    not decide or the answers differ by no more than chance; with a single
    framework, *holds* or *refuted*.
    """

    claim: Claim | SameBest
    answers: dict[str, Answer]
    verdict: str

    def as_json(self) -> dict[str, Any]:
        """Return the object of the command line's contract."""
        return {
            "claim": self.claim.name,
            "sentence": self.claim.sentence,
            "expression": self.claim.expression,
            **{
                backend: {
                    "holds": answer.holds,
                    "value": finite(answer.value),
                    "bound": finite(answer.bound),
                    "held_in": answer.held,
                    "seeds": len(answer.margins),
                    **({"names": answer.names} if answer.names else {}),
                }
                for backend, answer in self.answers.items()
            },
            "verdict": self.verdict,
        }


def judge_claim(
    claim: Claim | SameBest,
    runs: Runs,
    arms: dict[str, Arm],
    sides: Arms | None = None,
) -> Judged:
    """Check a claim in every framework, and compare the answers.

    Args:
        claim: the claim.
        runs: the records, by backend, arm and seed.
        arms: the trained arms, by name.
        sides: the arms of each framework, by backend and name, where they
            differ.

    Returns:
        The claim with the answers and the verdict.
    """
    trained = {
        backend: arms | (sides or {}).get(backend, {}) for backend in runs
    }
    if isinstance(claim, SameBest):
        return _judge_best(claim, runs, trained)
    answers = {
        b: _answer(claim, records, trained[b]) for b, records in runs.items()
    }
    return Judged(claim, answers, _verdict(list(answers.values())))


def _judge_best(claim: SameBest, runs: Runs, arms: Arms) -> Judged:
    """Compare the frameworks' best arms, by their mean over the seeds.

    Where the best arms differ, the margin of a framework is the advantage of
    its best arm over the other framework's, and the sum of both margins is
    tested against chance.
    """
    statistic, arguments = claim.asked
    sign = -1 if falls(claim.same_best) else 1
    metrics = {
        backend: {
            arm: np.array(
                statistic.of_each(arms[backend][arm], arm_records, arguments)
            )
            for arm, arm_records in records.items()
        }
        for backend, records in runs.items()
    }
    best = {
        backend: max(values, key=partial(_height, values, sign))
        for backend, values in metrics.items()
    }
    both = len(best) == 2
    same = both and len(set(best.values())) == 1
    answers = {}
    for backend, values in metrics.items():
        rival = next((b for b in best if b != backend), backend)
        value, bound = values[best[backend]], values[best[rival]]
        answers[backend] = Answer(
            margins=tuple((sign * (value - bound)).tolist()),
            value=float(value.mean()),
            bound=float(bound.mean()),
            held=int((sign * (value - bound) >= 0).sum()),
            holds=True if same else None,
            names=best[backend],
        )
    gaps = np.sum([answer.margins for answer in answers.values()], axis=0)
    if same:
        verdict = "holds in both"
    elif both and _apart(gaps):
        verdict = "frameworks disagree"
    elif both:
        verdict = _undecided(list(answers.values()))
    else:
        verdict = "undecided; it is asked of both frameworks"
    return Judged(claim, answers, verdict)


def _height(values: dict[str, npt.NDArray[Any]], sign: int, arm: str) -> float:
    """Return the signed mean of an arm's metric; -inf where it is NaN."""
    mean = sign * float(values[arm].mean())
    return -math.inf if math.isnan(mean) else mean


def _answer(
    claim: Claim, records: dict[str, list[Record]], arms: dict[str, Arm]
) -> Answer:
    def lookup(seed: int, query: Asked) -> float:
        statistic, named, arguments = query
        runs = [Run(arms[arm], records[arm][seed]) for arm in named]
        return float(statistic(tuple(runs), arguments))

    seeds = range(len(next(iter(records.values()))))
    sides = [claim.sides(partial(lookup, seed)) for seed in seeds]
    margins = tuple(claim.margin(*side) for side in sides)
    with np.errstate(invalid="ignore"):
        value, bound = np.mean(sides, axis=0).tolist()
    held = [claim.holds(margin) for margin in margins]
    return Answer(margins, value, bound, sum(held), _decided(held, margins))


def _decided(held: list[bool], margins: tuple[float, ...]) -> bool | None:
    """Return whether a claim holds; None where the seeds do not decide.

    A single run decides by itself. Several runs decide by one of two tests:

    - the mean of the margins differs from 0 (Student's t, two-sided, at
      `ALPHA_EFFECT`);
    - with `FEWEST_SEEDS` or more, a sign test at `ALPHA_EFFECT` (5 of 5 by
      chance one time in 32, 7 of 8 one time in 28), for which the margins
      need not be finite.
    """
    if np.isnan(margins).any():
        return None
    if len(held) == 1:
        return held[0]
    effect = Effect(margins)
    if effect.p_value < ALPHA_EFFECT:
        return bool(effect.mean > 0)
    if not any(margins):
        # Equal in every run: the claim holds if it includes equality.
        return held[0]
    most = max(sum(held), len(held) - sum(held))
    if len(held) >= FEWEST_SEEDS and _by_sign(most, len(held)) < ALPHA_EFFECT:
        return 2 * sum(held) > len(held)
    return None


def _by_sign(most: int, seeds: int) -> float:
    """Return the one-sided p-value of the sign test."""
    from scipy.special import bdtrc

    return float(bdtrc(most - 1, seeds, 0.5))


def _verdict(answers: list[Answer]) -> str:
    lost = [bool(np.isnan(answer.margins).all()) for answer in answers]
    complete = [not np.isnan(answer.margins).any() for answer in answers]
    if any(lost) and any(complete):
        # One framework has values to compare and the other has only NaN.
        return "frameworks disagree"
    words = {answer.word for answer in answers}
    if len(words) == 1 and "undecided" not in words:
        word = words.pop()
        return f"{word} in both" if len(answers) == 2 else word
    if "undecided" not in words:
        gaps = np.subtract(answers[0].margins, answers[1].margins)
        if not np.isfinite(gaps).all() or _apart(gaps):
            return "frameworks disagree"
    return _undecided(answers)


def _undecided(answers: list[Answer]) -> str:
    seeds = len(answers[0].margins)
    counted = f"undecided at {seeds} seed{'s' if seeds > 1 else ''}"
    return f"{counted}; {_would_decide(answers)}"


def _would_decide(answers: list[Answer]) -> str:
    """Return a clause with the number of seeds that would likely decide."""
    most = 0
    for answer in answers:
        if np.isnan(answer.margins).any():
            return "no number of seeds would decide"
        finite = bool(np.isfinite(answer.margins).all())
        margins = answer.margins if finite else np.sign(answer.margins)
        effect = Effect(tuple(map(float, margins)))
        if effect.seeds < 2:
            return "more than one seed is needed"
        needed = seeds_needed(
            effect.mean, effect.deviation, fewest=FEWEST_SEEDS
        )
        most = max(most, needed or MOST_SEEDS + 1)
    if most > MOST_SEEDS:
        return f"not even {MOST_SEEDS:,} would decide"
    return f"about {most:,} would decide"


def _apart(gaps: npt.NDArray[np.float64]) -> bool:
    """Whether a mean gap is significant: Student's t at `ALPHA_DIFFERENCE`.

    With fewer than `FEWEST_SEEDS` seeds it is not.
    """
    if len(gaps) < FEWEST_SEEDS:
        return False
    return Effect(tuple(gaps.tolist())).p_value < ALPHA_DIFFERENCE
