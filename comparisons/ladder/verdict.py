"""Verdicts: what the judge says, in a form that has to be looked at."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Outcome = Literal["agree", "disagree", "undecided"]


class UnusedVerdictWarning(UserWarning):
    """A verdict was passed and nobody looked at it."""


@dataclass(eq=False)
class Verdict:
    """What the judge says of one rung of one arm.

    It has to be looked at: reading `outcome` is what makes it used, and a
    verdict that is dropped unread warns, as a coroutine does that nobody
    awaits.

    Attributes:
        rung: which step of the ladder.
        arm: which network.
        worst_ratio: the largest difference, in units of the floor.
        at_step: where in training it is, where there is training.
        horizon: the first step that is not judged: from there on training
            is chaotic, as the floor says, or has diverged in both.
        where: the part, place, parameter or curve that is worst.
        sentence: what was found, in words.
        suspect: the framework that left, if that is known.
        details: what a rung has measured beyond that, for the document.
    """

    rung: str
    arm: str
    given: Outcome
    worst_ratio: float = 0.0
    at_step: int | None = None
    horizon: int | None = None
    where: str | None = None
    sentence: str = ""
    suspect: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    _used: bool = field(default=False, repr=False)

    @property
    def outcome(self) -> Outcome:
        """Whether the two agree; reading it uses the verdict."""
        self._used = True
        return self.given

    @property
    def agrees(self) -> bool:
        """Whether the outcome is `agree`."""
        return self.outcome == "agree"

    def __bool__(self) -> bool:
        raise TypeError("a verdict is no truth value; ask .agrees or .outcome")

    def __del__(self) -> None:
        if not self._used:
            warnings.warn(
                f"the verdict on {self.rung} of {self.arm} was not used",
                UnusedVerdictWarning,
                stacklevel=2,
            )

    def as_json(self) -> dict[str, Any]:
        """Return the object of the command line's contract."""
        ratio = self.worst_ratio
        return {
            "rung": self.rung,
            "arm": self.arm,
            "verdict": self.outcome,
            "worst_ratio_to_floor": ratio if np.isfinite(ratio) else None,
            "at_step": self.at_step,
            "horizon": self.horizon,
            "where": self.where,
            "sentence": self.sentence,
            **self.details,
        }


def outcome_of(verdicts: Sequence[Verdict]) -> Outcome:
    """Return the outcome of several verdicts together: the worst."""
    return worst([verdict.outcome for verdict in verdicts])


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the worst of several outcomes; of none, `agree`."""
    for outcome in ("disagree", "undecided"):
        if outcome in outcomes:
            return outcome
    return "agree"
