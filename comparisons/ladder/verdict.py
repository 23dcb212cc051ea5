"""Verdicts of the comparisons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from framework_parity.comparisons.numbers import finite

Outcome = Literal["agree", "disagree", "undecided"]


@dataclass(eq=False)
class Verdict:
    """The result of one rung for one arm.

    Attributes:
        rung: name of the rung of the ladder.
        arm: name of the network.
        outcome: whether the two agree.
        worst_ratio: the largest difference, in units of the floor.
        at_step: the training step of that difference, if there is training.
        horizon: the first step that is not compared: from there on training
            is chaotic, as the floor shows, or has diverged in both.
        where: the part, layer, parameter or curve that differs most.
        sentence: the result in words.
        suspect: the framework that deviates, if that is known.
        details: further measurements of the rung, for the JSON document.
    """

    rung: str
    arm: str
    outcome: Outcome
    worst_ratio: float = 0.0
    at_step: int | None = None
    horizon: int | None = None
    where: str | None = None
    sentence: str = ""
    suspect: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        """Whether the outcome is `agree`."""
        return self.outcome == "agree"

    def __bool__(self) -> bool:
        raise TypeError(
            "a verdict has no truth value; use .agrees or .outcome"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the object of the command line's contract."""
        ratio = self.worst_ratio
        return {
            "rung": self.rung,
            "arm": self.arm,
            "verdict": self.outcome,
            "worst_ratio_to_floor": finite(ratio),
            "at_step": self.at_step,
            "horizon": self.horizon,
            "where": self.where,
            "sentence": self.sentence,
            **self.details,
        }


def outcome_of(verdicts: Sequence[Verdict]) -> Outcome:
    """Return the worst outcome of several verdicts."""
    return worst([verdict.outcome for verdict in verdicts])


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the worst of several outcomes; `agree` if there are none."""
    for outcome in ("disagree", "undecided"):
        if outcome in outcomes:
            return outcome
    return "agree"
