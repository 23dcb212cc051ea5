"""Diagnosis: which convention makes two frameworks part.

The hypotheses are the rows of `common/spec/conventions.py` that the network or
its recipe speaks of, for either framework: "Keras behaves as if this field
had another value". If so, then *the other* framework, told that value, does
what Keras does when told the true one; the specification with that value is
what both then follow, and a climb as far as the rung that failed agrees.

A framework that reads a field as its other value, whatever is said, is found
in this way; so is one that takes each value for the other. Only the latter
would be found by telling Keras the opposite.
"""

import pickle
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from framework_parity.common.choices import Dtype
from framework_parity.common.reference.trainer import Trainer as Reference
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.conventions import Convention
from framework_parity.common.spec.two_sided.arms import TwoArms
from framework_parity.comparisons.ladder.initial_weights import (
    draws,
    judge_draws,
)
from framework_parity.comparisons.ladder.interventions import (
    rows_of,
    starts_elsewhere,
    switched,
)
from framework_parity.comparisons.ladder.ladder import (
    LadderResult,
    epochs_of,
    of_epochs,
    run_ladder,
)
from framework_parity.comparisons.ladder.verdict import Verdict, outcome_of
from framework_parity.comparisons.workers import tasks
from framework_parity.comparisons.workers.pool import (
    LABELS,
    Worker,
    WorkerError,
    WorkerPair,
)


@dataclass(frozen=True)
class Cause:
    """A convention that explains why two frameworks part.

    Attributes:
        convention: the row of the table.
        framework: which of the two reads it otherwise.
        said: what the specification says.
        read: what that framework behaves as if it said.
        where: what the verdict had named.
        restores: whether they agree as soon as both mean the same.
    """

    convention: Convention
    framework: str
    said: Any
    read: Any
    where: str | None
    restores: bool = True

    @property
    def name(self) -> str:
        """The convention's name."""
        return self.convention.name

    @property
    def sentence(self) -> str:
        """What was seen, the row's own sentence, and both sources."""
        row = self.convention
        torch, keras = row.sources
        return (
            f"{LABELS[self.framework]} behaves as if {row.field} were "
            f"{_shown(self.read)} instead of {_shown(self.said)}: told that, "
            f"{LABELS[_other(self.framework)]} does the same. {row.sentence} "
            f"(PyTorch: {torch}; Keras: {keras})"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the object of the command line's contract."""
        change = dict.fromkeys(LABELS, self.said) | {self.framework: self.read}
        return {
            "cause": self.name,
            "sentence": self.sentence,
            "where": self.where,
            "restores": self.restores,
            "change": change,
        }


def diagnose(
    pair: WorkerPair,
    ladder: LadderResult,
    seed: int = 0,
    steps: int = 500,
    dtype: Dtype = "float64",
) -> list[Cause]:
    """Return every single convention that restores the agreement.

    Args:
        pair: the two workers that disagreed.
        ladder: a climb whose last verdict is `disagree`.
        seed: as it was climbed with; so the other two.
        steps: likewise.
        dtype: likewise.

    The rung of statistics is not asked: where nothing but seeds is left,
    a hypothesis takes as long as all the runs, and shows as little.
    """
    arm = ladder.arm
    if isinstance(arm, TwoArms) or not ladder.verdicts:
        return []  # see `comparisons.ladder.two_sided_causes`
    if ladder.verdicts[-1].outcome != "disagree":
        return []
    last = ladder.verdicts[-1]
    frameworks = list(LABELS)
    # In float32 the reference, in float64, would accuse whoever rounds.
    if last.suspect and dtype == "float64":
        frameworks = [last.suspect]
    found = _Hypotheses(pair, arm, last, seed, steps, dtype)
    return [
        Cause(row, framework, said, value, last.where)
        for row, said in rows_of(arm).values()
        for value in _values(row)
        for framework in frameworks
        if found.holds(framework, row, value)
    ]


def _values(row: Convention) -> list[Any]:
    return [row.torch] if row.torch == row.keras else [row.torch, row.keras]


class _Hypotheses:
    """One disagreement, and what would explain it."""

    def __init__(
        self,
        pair: WorkerPair,
        arm: Arm,
        last: Verdict,
        seed: int,
        steps: int,
        dtype: Dtype,
    ) -> None:
        self.arm, self.last = arm, last
        self.seed, self.steps, self.dtype = seed, steps, dtype
        self.workers = {
            name: Remembering(worker) for name, worker in pair.workers.items()
        }
        self.pair = pair
        self.own: dict[str, Any] = {}

    def holds(self, framework: str, row: Convention, value: Any) -> bool:
        """Whether a framework behaves as if a field had this value."""
        meant = switched(self.arm, row, value)
        if meant is None or self.last.rung == "statistics":
            return False
        initial = self.last.rung == "initial"
        if starts_elsewhere(self.arm, meant) != initial:
            return False
        try:
            if initial:
                return self._draws_as(framework, meant)
            if not self._shows(meant):
                return False
            return self._climbs_as(framework, meant)
        except WorkerError:
            # What the other framework cannot even be told explains nothing.
            return False

    def _draws_as(self, framework: str, meant: Arm) -> bool:
        if not self.own:
            self.own = draws(self.pair, self.arm, self.seed)
        drawn = {framework: self.own[framework]}
        return judge_draws(meant, drawn, self.seed).agrees

    def _shows(self, meant: Arm) -> bool:
        """Whether the other meaning does anything, to the reference.

        It knows float64 alone, and costs less than building a network.
        """
        if self.dtype != "float64":
            return True
        return self._as_said != self._in_reference(meant)

    @cached_property
    def _as_said(self) -> str:
        return self._in_reference(self.arm)

    def _in_reference(self, arm: Arm) -> str:
        if self.last.rung == "trajectory":
            longer = of_epochs(arm, epochs_of(arm, self.steps))
            [run] = tasks.train(Reference, longer, self.seed, self.dtype)
            return run.digest()
        seen = tasks.inspect_step(Reference, arm, self.seed, self.dtype, ())
        return pickle.dumps(seen).hex()

    def _climbs_as(self, framework: str, meant: Arm) -> bool:
        rung: Any = self.last.rung
        pair = WorkerPair(backends=())
        told = _Told(self.workers[framework], self.arm)
        asked: dict[str, Any] = {**self.workers, framework: told}
        pair.workers = asked
        again = run_ladder(
            pair, meant, self.seed, self.steps, rung, self.dtype
        )
        reached = again.verdicts[-1].rung == rung
        return outcome_of(again.verdicts) == "agree" and reached


@dataclass
class Remembering:
    """A worker that is asked everything only once."""

    worker: Worker
    answers: dict[str, "Future[Any]"] = field(default_factory=dict)

    def submit(
        self, task: str, progress: Any = None, **arguments: Any
    ) -> "Future[Any]":
        asked = f"{task} {sorted(arguments.items())!r}"
        if asked not in self.answers:
            self.answers[asked] = self.worker.submit(
                task, progress, **arguments
            )
        return self.answers[asked]


def remembering(pair: WorkerPair) -> WorkerPair:
    """Return the same two workers, each asked everything only once."""
    found = WorkerPair(backends=(), device=pair.device)
    workers: dict[str, Any] = {
        name: Remembering(worker) for name, worker in pair.workers.items()
    }
    found.workers = workers
    return found


@dataclass
class _Told:
    """A worker that is told the true specification, whatever is asked.

    Attributes:
        worker: it.
        arm: the true one; it trains as long as the other.
    """

    worker: Remembering
    arm: Arm

    def submit(
        self, task: str, progress: Any = None, **arguments: Any
    ) -> "Future[Any]":
        epochs = {"epochs": arguments["arm"].recipe.epochs}
        recipe = self.arm.recipe.model_copy(update=epochs)
        true = replace(self.arm, recipe=recipe)
        return self.worker.submit(task, **arguments | {"arm": true})


def _other(framework: str) -> str:
    return next(name for name in LABELS if name != framework)


def _shown(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
