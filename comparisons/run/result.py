"""Results of a paired run: data, without a word about how they are shown."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from framework_parity.common.metrics.registry import Statistic
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.experiment import TwoSided
from framework_parity.common.spec.warnings import spec_warnings
from framework_parity.common.training.record import METRICS, Record
from framework_parity.comparisons.ladder.ladder import LadderResult
from framework_parity.comparisons.ladder.trajectory import Trajectory
from framework_parity.comparisons.ladder.two_sided_causes import Explanation
from framework_parity.comparisons.ladder.verdict import (
    Outcome,
    Verdict,
    outcome_of,
)
from framework_parity.comparisons.run.claim_verdicts import Judged
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.workers.pool import LABELS


@dataclass
class ArmResult:
    """One arm in every framework that ran.

    Attributes:
        arm: what was trained.
        records: by backend, one record for each seed.
        curves: both frameworks' curves of the first seed compared, in the
            precision they were trained in; None with one framework.
        ladder: the ladder, in float64; None with one framework.
        sides: what each framework trained, by backend, where that is not
            the same; `arm` is then the first of them.
        explained: what the values do that each framework has its own of.
    """

    arm: Arm
    records: dict[str, list[Record]] = field(repr=False)
    curves: Trajectory | None = field(default=None, repr=False)
    ladder: LadderResult | None = field(default=None, repr=False)
    sides: dict[str, Arm] = field(default_factory=dict, repr=False)
    explained: Explanation = field(default_factory=Explanation, repr=False)

    def trained(self, backend: str) -> Arm:
        """Return the arm that a framework trained."""
        return self.sides.get(backend, self.arm)

    def mean(self, backend: str, metric: str) -> float | None:
        """Return a final metric, averaged over the seeds, if there is one."""
        finals = [record.final for record in self.records[backend]]
        if metric not in finals[0]:
            return None
        return float(np.mean([final[metric] for final in finals]))

    def measured(
        self, backend: str, asked: tuple[Statistic, tuple[Any, ...]]
    ) -> list[float]:
        """Return a statistic, given with its arguments, for each seed."""
        statistic, arguments = asked
        records = self.records[backend]
        arm = self.trained(backend)
        return statistic.of_each(arm, records, arguments)

    @property
    def verdicts(self) -> list[Verdict]:
        """The ladder's verdicts, cheapest rung first."""
        return self.ladder.verdicts if self.ladder else []


@dataclass(repr=False)
class Result:
    """One experiment, run.

    Attributes:
        experiment: the complete specification.
        arms: what each arm came to.
        claims: what each framework says to each claim.
        settings: how it was run.
        report: path of the written report, once there is one.
    """

    experiment: Experiment | TwoSided
    arms: list[ArmResult]
    claims: list[Judged]
    settings: RunSettings
    report: Path | None = None
    _verdicts: list[Verdict] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._verdicts = [v for arm in self.arms for v in arm.verdicts]

    @property
    def backends(self) -> list[str]:
        """The frameworks that ran."""
        return list(self.arms[0].records)

    @property
    def verdicts(self) -> list[Verdict]:
        """The ladder's verdicts of all arms, cheapest rung first."""
        return self._verdicts

    @property
    def dtype(self) -> str:
        """The precision of the curves; several are joined by "and"."""
        trained = [
            arm.trained(backend)
            for arm in self.arms
            for backend in arm.records
        ]
        each = [arm.recipe.precision for arm in trained]
        return self.settings.dtype or " and ".join(dict.fromkeys(each))

    @property
    def verdict(self) -> Outcome:
        """Whether the two frameworks agree, in numbers and in claims.

        A claim that the seeds leave undecided changes nothing: it says too
        little of the claim, and nothing of a difference between the two.
        Where one framework ran alone, nothing is decided.
        """
        numbers = outcome_of(self._verdicts)
        if any(c.verdict == "frameworks disagree" for c in self.claims):
            return "disagree"
        return numbers if self._verdicts else "undecided"

    @property
    def validated(self) -> bool:
        """Whether there is a validation part."""
        return any(
            arm.trained(backend).data.part_sizes()["validation"]
            for arm in self.arms
            for backend in arm.records
        )

    @property
    def metric(self) -> str:
        """The final metric to show first, of those that all have."""
        finals = [runs[0].final for runs in self.arms[0].records.values()]
        return next(n for n in METRICS if all(n in each for each in finals))

    @property
    def warnings(self) -> list[str]:
        """What of the specification is allowed but probably a mistake."""
        return spec_warnings(self.experiment)

    def curves(self, name: str = "train_loss") -> list[dict[str, Any]]:
        """Return a curve as a tidy table of numbers, one row a point.

        Arms that have no such curve are left out.

        Args:
            name: `loss` for the loss of each step, or one of an evaluation:
                `train_loss`, `validation_accuracy` and so on.

        Raises:
            KeyError: if no record has that curve.
        """
        found = list(self._points(name))
        if not found:
            raise KeyError(
                f"no curve {name!r}; there are: {', '.join(self.curve_names)}"
            )
        return found

    @property
    def curve_names(self) -> list[str]:
        """The curves of any arm: those of steps, then of evaluations."""
        records = [arm.records[self.backends[0]][0] for arm in self.arms]
        steps = [name for record in records for name in record.steps]
        epochs = [name for record in records for name in record.epochs]
        return list(dict.fromkeys([*steps, *epochs]))

    def _points(self, name: str) -> Iterator[dict[str, Any]]:
        for arm in self.arms:
            for backend, records in arm.records.items():
                for seed, record in enumerate(records):
                    for at, value in _curve(record, name):
                        yield {
                            "arm": arm.arm.name,
                            "framework": LABELS[backend],
                            "seed": seed,
                            "curve": name,
                            "at": at,
                            "value": value,
                        }


def _curve(record: Record, name: str) -> Iterator[tuple[int, float]]:
    if name in record.steps:
        for step, value in enumerate(record.steps[name]):
            yield step, float(value)
        return
    if name not in record.epochs:
        return
    pairs = zip(record.epochs["epoch"], record.epochs[name], strict=True)
    for epoch, value in pairs:
        yield int(epoch), float(value)
