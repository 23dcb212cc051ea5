"""Verdicts of the comparisons, which warn if they are not used."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from framework_parity.comparisons.numbers import finite

Outcome = Literal["agree", "disagree", "undecided"]


class UnusedVerdictWarning(UserWarning):
    """A verdict was created and its outcome was never read."""


@dataclass(eq=False)
class Verdict:
    """The result of one rung for one arm.

    Reading `outcome` marks a verdict as used. A verdict that is deleted
    unread warns, like a coroutine that was never awaited.

    Attributes:
        rung: name of the rung of the ladder.
        arm: name of the network.
        given: the outcome; read it as `outcome`.
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
            "worst_ratio_to_floor": finite(ratio),
            "at_step": self.at_step,
            "horizon": self.horizon,
            "where": self.where,
            "sentence": self.sentence,
            **self.details,
        }


def outcome_of(verdicts: Sequence[Verdict]) -> Outcome:
    """Return the worst outcome of several verdicts, and mark them as used."""
    return worst([verdict.outcome for verdict in verdicts])


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the worst of several outcomes; `agree` if there are none."""
    for outcome in ("disagree", "undecided"):
        if outcome in outcomes:
            return outcome
    return "agree"
