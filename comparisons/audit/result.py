"""The results of an audit, as data.

Every effect is the change of the final metric when conventions are switched
from PyTorch's default to Keras's, paired by seed; see
`comparisons/ladder/effects.py`.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.warnings import spec_warnings
from framework_parity.comparisons.audit.causes import (
    Causes,
    DefaultsMix,
    Search,
)
from framework_parity.comparisons.audit.naive_port import Difference, NaivePort
from framework_parity.comparisons.audit.settings import AuditSettings
from framework_parity.comparisons.audit.sweep import (
    METRICS,
    Drift,
    MixRuns,
    margin_of,
    resolution_of,
)
from framework_parity.comparisons.ladder.effects import (
    Decision,
    Effect,
    difference,
    paired,
)
from framework_parity.comparisons.ladder.ladder import LadderResult
from framework_parity.comparisons.ladder.thresholds import ALPHA_EFFECT
from framework_parity.comparisons.ladder.verdict import Outcome, outcome_of
from framework_parity.comparisons.workers.worker import LABELS


@dataclass(frozen=True)
class SingleChange:
    """One convention switched alone.

    Attributes:
        convention: the row of the table, or the two-sided value.
        alone: effect on the metric when it alone is taken from Keras and all
            others from PyTorch.
        last: effect when it is taken from Keras as the last of all, which
            switching it back from Keras's naive port would undo.
        loss: as `alone`, on the last evaluation of the training loss.
        drift: drift of the losses, with it alone, from those of PyTorch's
            naive port.
        comparisons: number of effects that are tested together.
    """

    convention: Difference
    alone: Effect
    last: Effect
    loss: Effect
    drift: Drift
    comparisons: int = 1

    @property
    def strength(self) -> float:
        """The larger absolute value of its two effects."""
        sizes = [abs(self.alone.mean), abs(self.last.mean)]
        return max((s for s in sizes if not math.isnan(s)), default=0.0)

    def decision(self, margin: float) -> Decision:
        """Decide whether its effect alone is shown.

        Args:
            margin: the largest negligible effect.

        Returns:
            `shown`, `negligible` or `undecided`.
        """
        return corrected(self.alone, margin, self.comparisons)


def corrected(effect: Effect, margin: float, comparisons: int) -> Decision:
    """Decide whether one of several effects is shown.

    Args:
        effect: the effect of one or several conventions.
        margin: the largest negligible effect.
        comparisons: number of effects tested together; the significance
            level is `ALPHA_EFFECT` divided by it (Bonferroni).

    Returns:
        `shown`, `negligible` or `undecided`.
    """
    decision = effect.decision(margin)
    if decision == "shown" and effect.p_value * comparisons > ALPHA_EFFECT:
        return "undecided"
    return decision


@dataclass(frozen=True)
class Option:
    """The gap with and without one option of the recipe.

    Attributes:
        name: the option, such as `early_stopping`.
        gap: advantage of the good corner, with the option.
        gap_without: its advantage without the option; None if the recipe is
            not valid without it.
        bad: the bad corner's runs with the option.
        bad_without: its runs without it.
        comparisons: number of options that were tried.
    """

    name: str
    gap: Effect
    gap_without: Effect | None
    bad: MixRuns
    bad_without: MixRuns | None
    comparisons: int = 1

    @property
    def amplifies(self) -> bool:
        """Whether the option is shown to amplify the gap.

        It is if the gap without the option is less than half, and the
        difference of the two gaps, paired by seed, is significant.
        """
        if self.gap_without is None:
            return False
        less = difference(self.gap, self.gap_without)
        halved = abs(self.gap_without.mean) < abs(self.gap.mean) / 2
        return halved and less.p_value * self.comparisons <= ALPHA_EFFECT


@dataclass(frozen=True)
class NamedMix:
    """One mix of the report, measured in both frameworks.

    Attributes:
        mix: the conventions that are taken from Keras.
        runs: the runs of each framework, by backend.
    """

    mix: DefaultsMix
    runs: dict[str, MixRuns]


@dataclass
class AuditResult:
    """The result of an audit of one arm.

    Attributes:
        port: the specification in both dialects.
        experiment: the complete specification of PyTorch's naive port.
        ladder: the ladder of the aligned run, in float64.
        settings: the settings of the audit.
        corners: both naive ports, then the causes alone and together; empty
            if nothing differs.
        switches: every convention, the strongest first.
        causes: the gap and its causes; None if nothing was measured.
        options: the recipe's options, removed one at a time; empty where no
            gap is shown.
        runs: number of training runs, by backend.
        report: path of the report, or None before it is written.
        verdict: outcome of the aligned run.
    """

    port: NaivePort
    experiment: Experiment
    ladder: LadderResult
    settings: AuditSettings
    corners: list[NamedMix] = field(default_factory=list)
    switches: list[SingleChange] = field(default_factory=list)
    causes: Causes | None = None
    options: list[Option] = field(default_factory=list)
    runs: dict[str, int] = field(default_factory=dict)
    report: Path | None = None
    verdict: Outcome = field(init=False)

    def __post_init__(self) -> None:
        self.verdict = outcome_of(self.ladder.verdicts)

    @property
    def warnings(self) -> list[str]:
        """Warnings about valid but probably unintended fields."""
        return spec_warnings(self.experiment)

    @property
    def aligned_residual(self) -> float:
        """The aligned run's largest difference, in units of the floor."""
        ratios = [verdict.worst_ratio for verdict in self.ladder.verdicts]
        return max(ratios)

    @property
    def metric(self) -> str:
        """The final metric in which effects are measured.

        `diverged`, the share of runs that diverge, where the metric of a
        run of either naive port is not finite; else the first of `METRICS`
        that both ports have.
        """
        ports = [self.naive(side) for side in LABELS]
        finals = [port.records[0].final for port in ports]
        name = next(n for n in METRICS if all(n in final for final in finals))
        values = [value for port in ports for value in port.values(name)]
        return name if np.isfinite(values).all() else "diverged"

    @property
    def margin(self) -> float:
        """The largest negligible difference of the metric."""
        ports = [self.naive(side) for side in LABELS]
        return margin_of(self.metric, ports)

    @property
    def resolution(self) -> float:
        """The step in which the metric moves; 0 if it is continuous."""
        return resolution_of(self.metric, self.experiment.data.part_sizes())

    def naive(self, side: str, backend: str = "torch") -> MixRuns:
        """Return the runs of one framework's naive port.

        Args:
            side: the framework of the port, `torch` or `keras`.
            backend: the framework that trained it.

        Returns:
            The runs.
        """
        mix = self.port.corners[side]
        return self.corner(mix).runs[backend]

    def corner(self, mix: DefaultsMix) -> NamedMix:
        """Return the corner of a mix."""
        return next(corner for corner in self.corners if corner.mix == mix)

    def effect(self, before: DefaultsMix, after: DefaultsMix) -> Effect:
        """Return the effect of going from one corner to another.

        Args:
            before: the first mix.
            after: the second mix.

        Returns:
            The metric of `after` minus that of `before`, by seed.
        """
        first, second = (
            self.corner(mix).runs["torch"].values(self.metric)
            for mix in (before, after)
        )
        return paired(second, first, self.resolution)

    @property
    def gap(self) -> Effect:
        """The metric of Keras's naive port minus that of PyTorch's."""
        return self.effect(*self.port.corners.values())

    @property
    def gap_is_real(self) -> bool:
        """Whether the gap is shown, and more than negligible."""
        return self.causes is not None and self.causes.decision == "shown"

    @property
    def good(self) -> DefaultsMix:
        """The better naive port, PyTorch's if they are equal."""
        assert self.causes is not None
        return self.causes.good

    @property
    def bad(self) -> DefaultsMix:
        """The other one."""
        return self.good ^ self.port.corners["keras"]

    def switched(self, mix: DefaultsMix) -> DefaultsMix:
        """Return the conventions that differ from those of the good corner."""
        return mix ^ self.good

    @property
    def cause(self) -> DefaultsMix | None:
        """The first of the smallest sets that make the gap."""
        return self.causes.cause if self.causes else None

    @property
    def search(self) -> Search | None:
        """The search for the sets that make the gap, if there was one."""
        return self.causes.makes if self.causes else None

    @property
    def effects_sum(self) -> float:
        """The sum of the mean effects of the conventions alone."""
        return math.fsum(switch.alone.mean for switch in self.switches)

    def confirmed_within(self, metric: str) -> float:
        """Return the largest difference of the frameworks in a metric.

        It is taken over all corners and seeds.
        """
        torch, keras = (
            [v for c in self.corners for v in c.runs[side].values(metric)]
            for side in LABELS
        )
        return float(np.abs(np.subtract(torch, keras)).max())

    def share(self, effect: float) -> float | None:
        """Return an effect as a share of the gap, if there is a gap."""
        return effect / self.gap.mean if self.gap.mean else None
