"""Find the convention that makes two frameworks differ.

The hypotheses are the rows of `common/spec/conventions.py` whose field the
network or its recipe has, for either framework: "Keras behaves as if this
field had another value". If that is true, then *the other* framework, given
that value, computes what Keras computes with the value of the specification,
and the ladder agrees up to the rung that failed.

This detects a framework that always uses the other value of a field, as well
as one that exchanges the two values. Giving Keras the opposite value would
detect only the latter.
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
from framework_parity.comparisons.workers.worker import (
    LABELS,
    Worker,
    WorkerError,
    WorkerPair,
)


@dataclass(frozen=True)
class Cause:
    """A convention that explains a difference between two frameworks.

    Attributes:
        convention: the row of the table.
        framework: the framework that deviates from the specification.
        specified: the value in the specification.
        read: the value that the framework behaves as if it had.
        where: the quantity that the verdict names.
        restores: whether the frameworks agree once both use one value.
    """

    convention: Convention
    framework: str
    specified: Any
    read: Any
    where: str | None
    restores: bool = True

    @property
    def name(self) -> str:
        """The convention's name."""
        return self.convention.name

    @property
    def sentence(self) -> str:
        """The observation, the sentence of the row, and both sources."""
        row = self.convention
        torch, keras = row.sources
        return (
            f"{LABELS[self.framework]} behaves as if {row.field} were "
            f"{_shown(self.read)} instead of {_shown(self.specified)}: with "
            "that value "
            f"{LABELS[_other(self.framework)]} gives the same results. "
            f"{row.sentence} "
            f"(PyTorch: {torch}; Keras: {keras})"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the object of the command line's contract."""
        change = dict.fromkeys(LABELS, self.specified) | {
            self.framework: self.read
        }
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

    The statistics rung is not diagnosed: testing one hypothesis there takes
    as long as all of its runs.

    Args:
        pair: the two workers that disagreed.
        ladder: a result of the ladder whose last verdict is `disagree`.
        seed: the seed that the ladder was run with.
        steps: the number of steps that it was run with.
        dtype: the precision that it was run with.

    Returns:
        The conventions; empty where no single one explains the difference.
    """
    arm = ladder.arm
    if isinstance(arm, TwoArms) or not ladder.verdicts:
        return []  # see `comparisons.ladder.two_sided_causes`
    if ladder.verdicts[-1].outcome != "disagree":
        return []
    last = ladder.verdicts[-1]
    frameworks = list(LABELS)
    # In float32 the float64 reference would name the one that rounds more.
    if last.suspect and dtype == "float64":
        frameworks = [last.suspect]
    hypotheses = _Hypotheses(pair, arm, last, seed, steps, dtype)
    return [
        Cause(row, framework, expected, value, last.where)
        for row, expected in rows_of(arm).values()
        for value in _values(row)
        for framework in frameworks
        if hypotheses.holds(framework, row, value)
    ]


def _values(row: Convention) -> list[Any]:
    return [row.torch] if row.torch == row.keras else [row.torch, row.keras]


class _Hypotheses:
    """One disagreement, and the tests of its possible explanations."""

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
        """Test whether a framework behaves as if a field had a value.

        Args:
            framework: `torch` or `keras`.
            row: the convention of the field.
            value: the hypothetical value.

        Returns:
            True if the frameworks agree under the hypothesis; False also
            where the variant is invalid or cannot be trained.
        """
        variant = switched(self.arm, row, value)
        if variant is None or self.last.rung == "statistics":
            return False
        initial = self.last.rung == "initial"
        if starts_elsewhere(self.arm, variant) != initial:
            return False
        try:
            if initial:
                return self._draws_as(framework, variant)
            if not self._shows(variant):
                return False
            return self._agrees_as(framework, variant)
        except WorkerError:
            # The other framework does not support this value.
            return False

    def _draws_as(self, framework: str, variant: Arm) -> bool:
        if not self.own:
            self.own = draws(self.pair, self.arm, self.seed)
        drawn = {framework: self.own[framework]}
        return judge_draws(variant, drawn, self.seed).agrees

    def _shows(self, variant: Arm) -> bool:
        """Whether the variant changes the result of the NumPy reference.

        The reference supports float64 only, and costs less than building a
        network.
        """
        if self.dtype != "float64":
            return True
        return self._unchanged != self._in_reference(variant)

    @cached_property
    def _unchanged(self) -> str:
        return self._in_reference(self.arm)

    def _in_reference(self, arm: Arm) -> str:
        if self.last.rung == "trajectory":
            longer = of_epochs(arm, epochs_of(arm, self.steps))
            [run] = tasks.train(Reference, longer, self.seed, self.dtype)
            return run.digest()
        seen = tasks.inspect_step(Reference, arm, self.seed, self.dtype, ())
        return pickle.dumps(seen).hex()

    def _agrees_as(self, framework: str, variant: Arm) -> bool:
        rung: Any = self.last.rung
        pair = WorkerPair(backends=())
        worker = _FixedArm(self.workers[framework], self.arm)
        workers: dict[str, Any] = {**self.workers, framework: worker}
        pair.workers = workers
        again = run_ladder(
            pair, variant, self.seed, self.steps, rung, self.dtype
        )
        reached = again.verdicts[-1].rung == rung
        return outcome_of(again.verdicts) == "agree" and reached


@dataclass
class Remembering:
    """A worker that caches the results of its tasks."""

    worker: Worker
    answers: dict[str, "Future[Any]"] = field(default_factory=dict)

    def submit(
        self, task: str, progress: Any = None, **arguments: Any
    ) -> "Future[Any]":
        """Submit a task, or return the future of an identical one.

        Args:
            task: of `comparisons.workers.tasks`.
            progress: as in `Worker.submit`.
            arguments: of the task.

        Returns:
            The future of the result.
        """
        call = f"{task} {sorted(arguments.items())!r}"
        if call not in self.answers:
            self.answers[call] = self.worker.submit(
                task, progress, **arguments
            )
        return self.answers[call]


def remembering(pair: WorkerPair) -> WorkerPair:
    """Return the same two workers with a cache of results in front of each."""
    cached = WorkerPair(backends=(), device=pair.device)
    workers: dict[str, Any] = {
        name: Remembering(worker) for name, worker in pair.workers.items()
    }
    cached.workers = workers
    return cached


@dataclass
class _FixedArm:
    """A worker that always trains one arm, whichever a task names.

    Attributes:
        worker: the worker.
        arm: the arm to train, for the number of epochs of the named one.
    """

    worker: Remembering
    arm: Arm

    def submit(
        self, task: str, progress: Any = None, **arguments: Any
    ) -> "Future[Any]":
        epochs = {"epochs": arguments["arm"].recipe.epochs}
        recipe = self.arm.recipe.model_copy(update=epochs)
        fixed = replace(self.arm, recipe=recipe)
        return self.worker.submit(task, **arguments | {"arm": fixed})


def _other(framework: str) -> str:
    return next(name for name in LABELS if name != framework)


def _shown(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
