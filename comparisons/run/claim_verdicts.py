"""Claims: what an experiment teaches, checked in each framework."""

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
    CHANCE,
    FEWEST_SEEDS,
    MOST_SEEDS,
    SIGNIFICANT,
)

Runs = dict[str, dict[str, list[Record]]]
"""Records by backend and arm, one for each seed."""

Arms = dict[str, dict[str, Arm]]
"""What was trained, by backend and arm."""


@dataclass(frozen=True)
class Answer:
    """What one framework says to a claim, over all seeds.

    Attributes:
        margins: by how much the claim holds, for each seed.
        value: the left side, on average.
        bound: the right side, on average.
        held: in how many seeds it holds.
        holds: whether it holds; None where the seeds do not say.
        names: the arm that is the best, where that is the question.
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
    or *undecided at N seeds*, where one of them at least is of two minds or
    their answers differ by no more than chance explains; with one framework
    alone, *holds* or *refuted*.
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
                    "value": _number(answer.value),
                    "bound": _number(answer.bound),
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
    """Ask every framework, and say whether they answer alike.

    Args:
        claim: what is claimed.
        runs: the records.
        arms: what was trained, by name.
        sides: what each framework trained, by backend and name, where that
            is not the same for both.
    """
    own = {backend: arms | (sides or {}).get(backend, {}) for backend in runs}
    if isinstance(claim, SameBest):
        return _judge_best(claim, runs, own)
    answers = {b: _answer(claim, found, own[b]) for b, found in runs.items()}
    return Judged(claim, answers, _verdict(list(answers.values())))


def _judge_best(claim: SameBest, runs: Runs, arms: Arms) -> Judged:
    """Ask each framework for its best arm, on average over the seeds.

    Where they name two, the margin is by how much each prefers its own to
    the other's, and both together say whether that is more than chance.
    """
    statistic, arguments = claim.asked
    sign = -1 if falls(claim.same_best) else 1
    found = {
        backend: {
            arm: np.array(
                statistic.of_each(arms[backend][arm], each, arguments)
            )
            for arm, each in records.items()
        }
        for backend, records in runs.items()
    }
    best = {
        backend: max(values, key=partial(_height, values, sign))
        for backend, values in found.items()
    }
    both = len(best) == 2
    same = both and len(set(best.values())) == 1
    answers = {}
    for backend, values in found.items():
        other = next((b for b in best if b != backend), backend)
        own, theirs = values[best[backend]], values[best[other]]
        answers[backend] = Answer(
            margins=tuple((sign * (own - theirs)).tolist()),
            value=float(own.mean()),
            bound=float(theirs.mean()),
            held=int((sign * (own - theirs) >= 0).sum()),
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
    """Return how good an arm is on average; no number is below all."""
    mean = sign * float(values[arm].mean())
    return -math.inf if math.isnan(mean) else mean


def _answer(
    claim: Claim, records: dict[str, list[Record]], arms: dict[str, Arm]
) -> Answer:
    def lookup(seed: int, asked: Asked) -> float:
        statistic, named, arguments = asked
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
    """Return what the seeds show of a claim; None where they show nothing.

    A single run is judged by itself. Several decide in one of two ways:

    - the mean of the margins is not 0 by chance (Student's t, two-sided, at
      `SIGNIFICANT`);
    - so many of `FEWEST_SEEDS` or more agree as chance gives less often than
      `SIGNIFICANT` if a claim holds in a run as often as not (sign test:
      5 of 5 one time in 32, 7 of 8 one time in 28). Margins need not be
      finite for it.
    """
    if np.isnan(margins).any():
        return None
    if len(held) == 1:
        return held[0]
    effect = Effect(margins)
    if effect.p_value < SIGNIFICANT:
        return bool(effect.mean > 0)
    if not any(margins):
        # Equal in every run: what decides is whether equality is claimed.
        return held[0]
    most = max(sum(held), len(held) - sum(held))
    if len(held) >= FEWEST_SEEDS and _by_sign(most, len(held)) < SIGNIFICANT:
        return 2 * sum(held) > len(held)
    return None


def _by_sign(most: int, seeds: int) -> float:
    """Return the probability that so many coins or more fall alike."""
    from scipy.special import bdtrc

    return float(bdtrc(most - 1, seeds, 0.5))


def _verdict(answers: list[Answer]) -> str:
    lost = [bool(np.isnan(answer.margins).all()) for answer in answers]
    found = [not np.isnan(answer.margins).any() for answer in answers]
    if any(lost) and any(found):
        # The one has numbers to compare where the other has none.
        return "frameworks disagree"
    said = {answer.word for answer in answers}
    if len(said) == 1 and "undecided" not in said:
        word = said.pop()
        return f"{word} in both" if len(answers) == 2 else word
    if "undecided" not in said:
        gaps = np.subtract(answers[0].margins, answers[1].margins)
        if not np.isfinite(gaps).all() or _apart(gaps):
            return "frameworks disagree"
    return _undecided(answers)


def _undecided(answers: list[Answer]) -> str:
    seeds = len(answers[0].margins)
    counted = f"undecided at {seeds} seed{'s' if seeds > 1 else ''}"
    return f"{counted}; {_would_decide(answers)}"


def _would_decide(answers: list[Answer]) -> str:
    """Say how many seeds would likely decide, judging by those there are."""
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
    """Whether seeds show more than chance: Student's t at one in a hundred.

    Fewer than `FEWEST_SEEDS` show nothing.
    """
    if len(gaps) < FEWEST_SEEDS:
        return False
    return Effect(tuple(gaps.tolist())).p_value < CHANCE


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
