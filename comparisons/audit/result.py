"""Findings: what an audit found, as numbers, rows and a document.

Every effect is a change of the final metric when conventions are switched
from PyTorch's default to Keras's, paired by seed: see
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
    Measured,
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
from framework_parity.comparisons.ladder.thresholds import SIGNIFICANT
from framework_parity.comparisons.ladder.verdict import Outcome, outcome_of
from framework_parity.comparisons.workers.pool import LABELS


@dataclass(frozen=True)
class SingleChange:
    """One convention switched alone.

    Attributes:
        convention: the row of the table, or the value that is written for
            each framework.
        alone: effect on the metric when it is taken from Keras while all
            others are PyTorch's.
        last: effect when it is taken from Keras as the last of all: what
            taking it back from Keras's naive port would undo.
        loss: as `alone`, of the last evaluation of the training loss.
        drift: of the losses, alone, from those of PyTorch's naive port.
        comparisons: how many effects were measured beside each other.
    """

    convention: Difference
    alone: Effect
    last: Effect
    loss: Effect
    drift: Drift
    comparisons: int = 1

    @property
    def strength(self) -> float:
        """The larger of its two effects, without its sign."""
        sizes = [abs(self.alone.mean), abs(self.last.mean)]
        return max((s for s in sizes if not math.isnan(s)), default=0.0)

    def decision(self, margin: float) -> Decision:
        """Return what is shown of its effect alone.

        Args:
            margin: effects below it do not matter.
        """
        return corrected(self.alone, margin, self.comparisons)


def corrected(effect: Effect, margin: float, comparisons: int) -> Decision:
    """Return what is shown of one effect among several.

    Args:
        effect: of one convention, or of some.
        margin: effects below it do not matter.
        comparisons: how many effects are looked at; an effect is shown at
            `SIGNIFICANT` divided by that (Bonferroni).
    """
    found = effect.decision(margin)
    if found == "shown" and effect.p_value * comparisons > SIGNIFICANT:
        return "undecided"
    return found


@dataclass(frozen=True)
class Option:
    """The gap when one option of the recipe is taken away.

    Attributes:
        name: the option, such as `early_stopping`.
        gap: how much better the good corner is, with the option.
        gap_without: likewise without it; None if the recipe is not valid
            without it.
        bad: the bad corner's runs with the option.
        bad_without: its runs without it.
        comparisons: how many options were tried.
    """

    name: str
    gap: Effect
    gap_without: Effect | None
    bad: Measured
    bad_without: Measured | None
    comparisons: int = 1

    @property
    def amplifies(self) -> bool:
        """Whether most of the gap is shown to be gone without the option.

        That is, the gap without it is less than half, and the difference
        of the two gaps, paired by seed, is not chance.
        """
        if self.gap_without is None:
            return False
        less = difference(self.gap, self.gap_without)
        halved = abs(self.gap_without.mean) < abs(self.gap.mean) / 2
        return halved and less.p_value * self.comparisons <= SIGNIFICANT


@dataclass(frozen=True)
class NamedMix:
    """One mix that is worth a look, measured in both frameworks.

    Attributes:
        mix: the conventions that are taken from Keras.
        runs: by backend.
    """

    mix: DefaultsMix
    runs: dict[str, Measured]


@dataclass
class AuditResult:
    """One arm of an experiment, audited.

    Attributes:
        port: what was said, in both dialects.
        experiment: the complete specification of PyTorch's naive port.
        ladder: the ladder of the aligned run, in float64.
        settings: how it was run.
        corners: both naive ports, then what the causes alone and together
            do; empty if nothing differs.
        switches: every convention, the strongest first.
        causes: what is shown of the gap, and what makes it; None if nothing
            was measured.
        options: the recipe's options, taken away one at a time; empty where
            no gap is shown.
        runs: how many trainings there were, by backend.
        report: path of the written report, once there is one.
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
        """What of the specification is allowed but probably a mistake."""
        return spec_warnings(self.experiment)

    @property
    def aligned_residual(self) -> float:
        """The aligned run's largest difference, in units of the floor."""
        ratios = [verdict.worst_ratio for verdict in self.ladder.verdicts]
        return max(ratios)

    @property
    def metric(self) -> str:
        """The final metric that effects are changes of: of both ports.

        `diverged`, the share of runs that diverge, where the metric of a
        run of either naive port is not finite.
        """
        ports = [self.naive(side) for side in LABELS]
        finals = [port.records[0].final for port in ports]
        name = next(n for n in METRICS if all(n in each for each in finals))
        values = [value for port in ports for value in port.values(name)]
        return name if np.isfinite(values).all() else "diverged"

    @property
    def margin(self) -> float:
        """Differences of the metric below this do not matter."""
        ports = [self.naive(side) for side in LABELS]
        return margin_of(self.metric, ports)

    @property
    def resolution(self) -> float:
        """The step in which the metric moves; 0 if it is continuous."""
        return resolution_of(self.metric, self.experiment.data.part_sizes())

    def naive(self, side: str, backend: str = "torch") -> Measured:
        """Return the runs of one framework's naive port."""
        mix = self.port.corners[side]
        return self.corner(mix).runs[backend]

    def corner(self, mix: DefaultsMix) -> NamedMix:
        """Return the corner of a mix."""
        return next(corner for corner in self.corners if corner.mix == mix)

    def effect(self, before: DefaultsMix, after: DefaultsMix) -> Effect:
        """Return the effect of going from one corner to another."""
        first, second = (
            self.corner(mix).runs["torch"].values(self.metric)
            for mix in (before, after)
        )
        return paired(second, first, self.resolution)

    @property
    def gap(self) -> Effect:
        """Keras's naive port less PyTorch's, in the metric."""
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
        """Return the conventions in which a mix is not the good corner."""
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
        """The sum of what every convention does alone."""
        return math.fsum(switch.alone.mean for switch in self.switches)

    def confirmed_within(self, metric: str) -> float:
        """How far Keras is from PyTorch, over all corners and seeds."""
        torch, keras = (
            [v for c in self.corners for v in c.runs[side].values(metric)]
            for side in LABELS
        )
        return float(np.abs(np.subtract(torch, keras)).max())

    def share(self, effect: float) -> float | None:
        """Return an effect as a share of the gap, if there is a gap."""
        return effect / self.gap.mean if self.gap.mean else None
