"""Findings: what an audit found, as numbers, rows and a document.

Every effect is a change of the final metric, averaged over the seeds, when
conventions are switched from PyTorch's default to Keras's.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from common.conventions import Convention
from common.experiment import Experiment
from comparisons.laboratory import METRICS, Drift, Measured
from comparisons.ladder import Climb
from comparisons.naive import Mix, NaivePort
from comparisons.verdict import Outcome, outcome_of
from comparisons.workers import LABELS


@dataclass(frozen=True)
class Switch:
    """One convention switched alone.

    Attributes:
        convention: the row of the table.
        alone: change of the metric when it is taken from Keras while all
            others are PyTorch's.
        last: change when it is taken from Keras as the last of all: what
            taking it back from Keras's naive port would undo.
        loss: as `alone`, of the last evaluation of the training loss.
        drift: of the losses, alone, from those of PyTorch's naive port.
    """

    convention: Convention
    alone: float
    last: float
    loss: float
    drift: Drift

    @property
    def strength(self) -> float:
        """The larger of its two effects, without its sign."""
        return max(abs(self.alone), abs(self.last))


@dataclass(frozen=True)
class Search:
    """A search for the smallest sets of conventions that do something.

    Attributes:
        sets: those found, all of one size; empty if there are none.
        size: the size that was searched last.
        tried: how many sets of that size were tried.
        possible: how many there are; more than tried where only the
            strongest conventions were combined.
    """

    sets: tuple[Mix, ...]
    size: int
    tried: int
    possible: int


@dataclass(frozen=True)
class Option:
    """The gap when one option of the recipe is taken away.

    Attributes:
        name: the option, such as `early_stopping`.
        gap: how much better the good corner is, with the option.
        gap_without: likewise without it; None if the recipe cannot be
            meant without it.
        bad: the bad corner's runs with the option.
        bad_without: its runs without it.
    """

    name: str
    gap: float
    gap_without: float | None
    bad: Measured
    bad_without: Measured | None

    @property
    def amplifies(self) -> bool:
        """Whether most of the gap is gone without the option."""
        return self.gap_without is not None and (
            abs(self.gap_without) < abs(self.gap) / 2
        )


@dataclass(frozen=True)
class Corner:
    """One mix that is worth a look, measured in both frameworks.

    Attributes:
        mix: the conventions that are taken from Keras.
        runs: by backend.
    """

    mix: Mix
    runs: dict[str, Measured]


@dataclass
class Audit:
    """One arm of an experiment, audited.

    Attributes:
        port: what was said, in both dialects.
        experiment: the complete specification of PyTorch's naive port.
        climb: the ladder of the aligned run, in float64.
        settings: how it was run.
        corners: both naive ports, then what the culprits alone and together
            do; empty if nothing differs.
        switches: every convention, the strongest first.
        makes: the smallest sets that make the gap; None if there is none.
        unmakes: the smallest sets whose removal unmakes it, likewise.
        options: the recipe's options, taken away one at a time.
        runs: how many trainings there were, by backend.
        report: path of the written report, once there is one.
    """

    port: NaivePort
    experiment: Experiment
    climb: Climb
    settings: dict[str, Any]
    corners: list[Corner] = field(default_factory=list)
    switches: list[Switch] = field(default_factory=list)
    makes: Search | None = None
    unmakes: Search | None = None
    options: list[Option] = field(default_factory=list)
    runs: dict[str, int] = field(default_factory=dict)
    report: Path | None = None
    verdict: Outcome = field(init=False)

    def __post_init__(self) -> None:
        self.verdict = outcome_of(self.climb.verdicts)

    @property
    def aligned_residual(self) -> float:
        """The aligned run's largest difference, in units of the floor."""
        ratios = [verdict.worst_ratio for verdict in self.climb.verdicts]
        return max(ratios)

    @property
    def metric(self) -> str:
        """The final metric that effects are changes of."""
        return self.naive("torch").metric

    def naive(self, side: str, backend: str = "torch") -> Measured:
        """Return the runs of one framework's naive port."""
        mix = self.port.corners[side]
        return self.corner(mix).runs[backend]

    def corner(self, mix: Mix) -> Corner:
        """Return the corner of a mix."""
        return next(corner for corner in self.corners if corner.mix == mix)

    @property
    def gap(self) -> float:
        """Keras's naive port less PyTorch's, in the metric."""
        sides = [self.naive(side).mean(self.metric) for side in LABELS]
        return sides[1] - sides[0]

    @property
    def spread(self) -> float:
        """How far seeds alone move the metric, in the worse naive port."""
        return max(self.naive(side).spread(self.metric) for side in LABELS)

    @property
    def gap_is_real(self) -> bool:
        """Whether the gap is larger than what seeds do."""
        return abs(self.gap) > self.spread

    @property
    def good(self) -> Mix:
        """The better naive port, PyTorch's if they are equal."""
        keras_is_better = (self.gap > 0) == METRICS[self.metric]
        better = "keras" if keras_is_better and self.gap else "torch"
        return self.port.corners[better]

    @property
    def bad(self) -> Mix:
        """The other one."""
        return self.good ^ self.port.corners["keras"]

    def switched(self, mix: Mix) -> Mix:
        """Return the conventions in which a mix is not the good corner."""
        return mix ^ self.good

    @property
    def culprits(self) -> Mix | None:
        """The first of the smallest sets that make the gap."""
        return self.makes.sets[0] if self.makes and self.makes.sets else None

    @property
    def effects_sum(self) -> float:
        """The sum of what every convention does alone."""
        return math.fsum(switch.alone for switch in self.switches)

    def confirmed_within(self, metric: str) -> float:
        """How far Keras is from PyTorch, over all corners and seeds."""
        torch, keras = (
            [v for c in self.corners for v in c.runs[side].values(metric)]
            for side in LABELS
        )
        return float(np.abs(np.subtract(torch, keras)).max())

    def share(self, effect: float) -> float | None:
        """Return an effect as a share of the gap, if there is a gap."""
        return effect / self.gap if self.gap else None

    def as_json(self) -> dict[str, Any]:
        """Return the document of the command line's contract."""
        from comparisons.wording import headline, sentences

        return {
            "command": "audit",
            "name": self.port.name,
            "arm": self.port.arm,
            "verdict": self.verdict,
            "sentence": headline(self),
            "sentences": sentences(self),
            "settings": self.settings,
            "rungs": [verdict.as_json() for verdict in self.climb.verdicts],
            "aligned_residual": finite(self.aligned_residual),
            "conventions": [self._switch_json(s) for s in self.switches],
            **(self._measured_json() if self.corners else {}),
            "makes": _sets_json(self.makes),
            "unmakes": _sets_json(self.unmakes),
            "amplifiers": [o.name for o in self.options if o.amplifies],
            "options": [_option_json(o, self.metric) for o in self.options],
            "corners": [self._corner_json(c) for c in self.corners],
            "runs": self.runs,
            "report": str(self.report) if self.report else None,
        }

    def _measured_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "gap": finite(self.gap),
            "spread_over_seeds": finite(self.spread),
            "gap_is_real": self.gap_is_real,
            "effects_sum": finite(self.effects_sum),
            "confirmed_within": {
                name: finite(self.confirmed_within(name))
                for name in (self.metric, "train_loss", "epochs")
            },
        }

    def _switch_json(self, switch: Switch) -> dict[str, Any]:
        row = switch.convention
        return {
            "convention": row.name,
            "field": row.field,
            "torch": row.torch,
            "keras": row.keras,
            "sentence": row.sentence,
            "sources": dict(zip(LABELS, row.sources, strict=True)),
            "effect": finite(switch.alone),
            "share": finite(self.share(switch.alone)),
            "effect_as_last": finite(switch.last),
            "effect_on_train_loss": finite(switch.loss),
            "max_drift": finite(switch.drift.largest),
            "first_step_past_floor": switch.drift.first_step,
            "max_drift_of_evaluations": finite(switch.drift.evaluated),
        }

    def _corner_json(self, corner: Corner) -> dict[str, Any]:
        named = {mix: side for side, mix in self.port.corners.items()}
        return {
            "naive": named.get(corner.mix),
            "as_in_keras": sorted(corner.mix),
            "switched": sorted(self.switched(corner.mix)),
            **{
                backend: runs_json(runs, self.metric)
                for backend, runs in corner.runs.items()
            },
        }


def runs_json(runs: Measured, metric: str) -> dict[str, Any]:
    """Return the numbers of one experiment's runs."""
    return {
        metric: finite(runs.mean(metric)),
        "values": [finite(value) for value in runs.values(metric)],
        "train_loss": finite(runs.mean("train_loss")),
        "epochs": [int(value) for value in runs.values("epochs")],
    }


def _option_json(option: Option, metric: str) -> dict[str, Any]:
    without = option.bad_without
    return {
        "option": option.name,
        "amplifies": option.amplifies,
        "gap": finite(option.gap),
        "gap_without": finite(option.gap_without),
        "bad_corner": runs_json(option.bad, metric),
        "bad_corner_without": without and runs_json(without, metric),
    }


def _sets_json(search: Search | None) -> list[list[str]]:
    return [sorted(found) for found in search.sets] if search else []


def finite(value: float | None) -> float | None:
    """Return a number that JSON can say, or None."""
    return value if value is not None and math.isfinite(value) else None
