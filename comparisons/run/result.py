"""The results of a run, as data that is independent of its presentation."""

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
    worst,
)
from framework_parity.comparisons.run.claim_verdicts import Judged
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.workers.worker import LABELS


@dataclass
class ArmResult:
    """The result of one arm in every framework that ran.

    Attributes:
        arm: the arm that was trained.
        records: by backend, one record for each seed.
        curves: comparison of the curves of the first seed, in the precision
            of training; None with a single framework.
        ladder: result of the ladder in float64; None with a single
            framework.
        sides: the arm of each framework, by backend, where they differ;
            `arm` is then the first of them.
        explained: the effects of the two-sided values.
        scripts: the plain script of each framework, by backend.
    """

    arm: Arm
    records: dict[str, list[Record]] = field(repr=False)
    curves: Trajectory | None = field(default=None, repr=False)
    ladder: LadderResult | None = field(default=None, repr=False)
    sides: dict[str, Arm] = field(default_factory=dict, repr=False)
    explained: Explanation = field(default_factory=Explanation, repr=False)
    scripts: dict[str, str] = field(default_factory=dict, repr=False)

    def trained(self, backend: str) -> Arm:
        """Return the arm that a framework trained."""
        return self.sides.get(backend, self.arm)

    def mean(self, backend: str, metric: str) -> float | None:
        """Return the mean of a final metric over the seeds.

        Args:
            backend: `torch` or `keras`.
            metric: a key of a record's `final`.

        Returns:
            The mean; None if the records do not have that metric.
        """
        finals = [record.final for record in self.records[backend]]
        if metric not in finals[0]:
            return None
        return float(np.mean([final[metric] for final in finals]))

    def measured(
        self, backend: str, asked: tuple[Statistic, tuple[Any, ...]]
    ) -> list[float]:
        """Return the value of a statistic for each seed.

        Args:
            backend: `torch` or `keras`.
            asked: the statistic and its arguments.

        Returns:
            One value for each seed.
        """
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
    """The result of one experiment.

    Attributes:
        experiment: the complete specification.
        arms: the result of each arm.
        claims: the answers of each framework to each claim.
        settings: the settings of the run.
        report: path of the report, or None before it is written.
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
        precisions = [arm.recipe.precision for arm in trained]
        return self.settings.dtype or " and ".join(dict.fromkeys(precisions))

    @property
    def verdict(self) -> Outcome:
        """Whether the two frameworks agree, in numbers and in claims.

        An undecided claim does not change the outcome, since it shows no
        difference between the two. With a single framework the outcome is
        `undecided`.
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
        """The first of `METRICS` that all records have."""
        finals = [runs[0].final for runs in self.arms[0].records.values()]
        return next(n for n in METRICS if all(n in final for final in finals))

    @property
    def warnings(self) -> list[str]:
        """Warnings about valid but probably unintended fields."""
        return spec_warnings(self.experiment)

    def curves(self, name: str = "train_loss") -> list[dict[str, Any]]:
        """Return a curve as a tidy table with one row for each point.

        Arms without that curve are left out.

        Args:
            name: `loss` for the loss of each step, or a curve of the
                evaluations, such as `train_loss` or `validation_accuracy`.

        Returns:
            Rows with the keys `arm`, `framework`, `seed`, `curve`, `at` (the
            step or epoch) and `value`.

        Raises:
            KeyError: if no record has that curve.
        """
        rows = list(self._points(name))
        if not rows:
            raise KeyError(
                f"no curve {name!r}; there are: {', '.join(self.curve_names)}"
            )
        return rows

    @property
    def curve_names(self) -> list[str]:
        """Names of all curves: those of steps, then those of evaluations."""
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


@dataclass(frozen=True)
class TimedResult:
    """The result of one experiment, and its run time in seconds."""

    result: Result
    seconds: float

    @property
    def name(self) -> str:
        """The name of the folder of its report, or of the experiment.

        It differs between versions of one experiment.
        """
        report = self.result.report
        return report.parent.name if report else self.result.experiment.name


def outcome_of_all(results: list[TimedResult]) -> Outcome:
    """Return the worst outcome of all experiments."""
    return worst([timed.result.verdict for timed in results])


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
