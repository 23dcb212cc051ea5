"""The judge of whole training runs: every curve, and the final weights."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from framework_parity.common.spec.counted import counted
from framework_parity.common.training.record import Curve, Record
from framework_parity.comparisons.ladder.divergence import Divergence
from framework_parity.comparisons.ladder.noise_floor import (
    Comparison,
    PerturbedRuns,
    compare_curves,
    compare_tensor,
    length,
    resolution,
)
from framework_parity.comparisons.ladder.thresholds import (
    FEWEST_STEPS,
    TIMES_FLOOR,
)
from framework_parity.comparisons.ladder.verdict import Outcome, Verdict

Compared = dict[str, Comparison]


def step_curves(record: Record) -> dict[str, Curve]:
    """Return the curves with an entry a step, one for each column."""
    found: dict[str, Curve] = {}
    for name, values in record.steps.items():
        if values.ndim == 1:
            found[name] = values
        else:
            named = zip(record.parameters, values.T, strict=True)
            for parameter, column in named:
                found[f"{name} of {parameter}"] = column
    return found


def evaluation_curves(record: Record) -> dict[str, Curve]:
    """Return the curves with an entry an evaluation that are judged.

    An accuracy is not: it counts on which side of a boundary samples fall,
    and one rounding error can move a sample that lies on it. The loss
    beside it is judged.
    """
    return {
        name: values
        for name, values in record.epochs.items()
        if not name.endswith("accuracy")
    }


def probed_tensors(record: Record) -> dict[str, tuple[int, Curve]]:
    """Return what the probes saw and is judged: epoch and tensor, by name.

    How many units are dead is recorded and not judged: like an accuracy, it
    counts on which side of 0 numbers fall. Nor is what a dropout drops by a
    mask of its own.
    """
    found = {}
    for name, looks in record.probes.items():
        probe, _, where = name.partition("/")
        if probe in ("dead_relu", "dropped") or where == "epoch":
            continue
        epochs = record.probes[f"{probe}/epoch"].astype(int)
        for epoch, values in zip(epochs, looks, strict=True):
            what = f"{probe.replace('_', ' ')} of {where}"
            found[f"{what} after epoch {epoch}"] = int(epoch), values
    return found


@dataclass
class Trajectory:
    """Two training runs, compared curve by curve.

    Attributes:
        arm: which network.
        steps: for each of the two, how many steps it trained.
        curves: the comparisons of curves with one entry a step.
        evaluations: of those with one entry an evaluation.
        weights: of the learnt tensors at the end.
        probes: of what the probes saw, where there are any.
        evaluated_at: the step after which each evaluation stands.
        divergence: where the losses of all runs have blown up.
        probed_at: the step after which each of the probes looked.
    """

    arm: str
    steps: tuple[int, int]
    curves: Compared
    evaluations: Compared
    weights: Compared
    evaluated_at: Curve
    divergence: Divergence
    probes: Compared = field(default_factory=dict)
    probed_at: dict[str, int] = field(default_factory=dict)

    @property
    def horizon(self) -> int | None:
        """First step at which any curve is chaotic, or both diverge."""
        found = [c.horizon for c in self.curves.values()]
        found.append(self.divergence.at)
        return min((h for h in found if h is not None), default=None)

    @property
    def diverges(self) -> bool:
        """Whether what ends the judging is that both diverge alike."""
        horizon, end = self.horizon, self.divergence.at
        return horizon is not None and horizon == end and self.divergence.alike

    @property
    def judged(self) -> int:
        """How many steps are judged: those before the horizon, or all."""
        horizon = self.horizon
        return min(self.steps) if horizon is None else horizon

    def worst(self) -> tuple[float, int, str]:
        """Return the largest ratio before the horizon, its step and curve."""
        horizon = self.horizon
        found = [
            (*compared.worst(horizon), name)
            for name, compared in self.curves.items()
        ]
        within = None
        if horizon is not None:
            within = int((self.evaluated_at < horizon).sum())
        for name, compared in self.evaluations.items():
            own = [h for h in (within, compared.horizon) if h is not None]
            ratio, index = compared.worst(min(own, default=None))
            found.append((ratio, int(self.evaluated_at[index]), name))
        for name, compared in self.probes.items():
            step = self.probed_at[name]
            if horizon is None or step < horizon:
                found.append((compared.worst()[0], step, name))
        if horizon is None:
            for name, compared in self.weights.items():
                found.append((compared.worst()[0], self.steps[0], name))
        return max(found)

    def value(self, record: Record, verdict: Verdict) -> Curve | None:
        """Return what a record has where a verdict found the worst.

        None where the record does not reach so far, or where the verdict
        is on no single quantity.
        """
        steps, evaluations = step_curves(record), evaluation_curves(record)
        where, step = str(verdict.where), verdict.at_step or 0
        if where in steps and step < len(steps[where]):
            return steps[where][step : step + 1]
        if where in evaluations:
            index = np.flatnonzero(self.evaluated_at == step)
            return evaluations[where][index] if len(index) else None
        if where in self.probes:
            return probed_tensors(record).get(where, (0, None))[1]
        return record.weights.get(where.removesuffix(" at the end"))

    def _beyond(self, horizon: int) -> str:
        at = self.divergence.at
        if at is not None and horizon >= at:
            return f"both diverge at step {at:,}"
        return f"training is chaotic from step {horizon:,} on"

    @property
    def _shows_enough(self) -> bool:
        """Whether enough steps were judged to speak of an agreement.

        A run that diverges has only so many steps, and in both frameworks
        all of them were judged. What it takes is one of them: with the rungs
        below, which have judged the first update, that is a step of training.
        """
        if self.diverges:
            return self.judged >= 1
        return self.judged >= min(FEWEST_STEPS, *self.steps)

    def _at(self, where: str, step: int) -> tuple[Comparison, int]:
        """Return a comparison, and the index in it that is of a step."""
        compared = self.curves | self.evaluations | self.weights | self.probes
        index = step if where in self.curves else 0
        if where in self.evaluations:
            index = int(np.flatnonzero(self.evaluated_at == step)[0])
        return compared[where], index

    def verdict(self) -> Verdict:
        """Judge the whole trajectory: the worst curve decides."""
        ratio, step, where = self.worst()
        horizon, judged = self.horizon, self.judged
        outcome: Outcome = "agree"
        suspect = None
        said = (
            f"within {ratio:.2g} times the floor over "
            f"{counted(judged, 'step')}"
        )
        if self.diverges:
            said = f"agree up to step {judged:,}, where both diverge: {said}"
        elif horizon is not None:
            said += f"; {self._beyond(horizon)}"
        if ratio > TIMES_FLOOR:
            outcome = "disagree"
            compared, index = self._at(where, step)
            said = f"{compared.said(where, index)} at step {step}"
            suspect = compared.unstable_backend(index)
        elif self.steps[0] != self.steps[1] and horizon is None:
            outcome, where = "disagree", "steps"
            said = f"trained for {self.steps[0]} and {self.steps[1]} steps"
        elif not self._shows_enough:
            outcome = "undecided"
            said = self._beyond(judged)
        return Verdict(
            rung="trajectory",
            arm=self.arm,
            given=outcome,
            worst_ratio=ratio,
            at_step=step,
            horizon=horizon,
            where=where,
            sentence=said,
            suspect=suspect,
            details={
                "agrees_up_to": horizon if outcome == "agree" else None,
                "blown_up_at": self.divergence.as_json(),
            },
        )

    def first_past(self) -> tuple[int, str, Comparison, int] | None:
        """Return the first step at which anything leaves its floor.

        Returns:
            The step, the curve, its comparison and the index in that; None
            where nothing leaves before the horizon.
        """
        found: list[tuple[int, str, Comparison, int]] = []
        for name, compared in (self.curves | self.evaluations).items():
            past = np.flatnonzero(compared.ratios() > TIMES_FLOOR)
            if len(past):
                index = int(past[0])
                evaluated = name in self.evaluations
                step = int(self.evaluated_at[index]) if evaluated else index
                found.append((step, name, compared, index))
        end = min(self.steps)
        for name, compared in self.weights.items():
            if compared.worst()[0] > TIMES_FLOOR:
                found.append((end, name, compared, 0))
        first = min(found, key=lambda each: each[0], default=None)
        late = first and self.horizon is not None and first[0] >= self.horizon
        return None if late else first

    def say_where_first(self, verdict: Verdict) -> None:
        """Let a verdict of disagreement name the first step of it."""
        first = self.first_past()
        apart = self.steps[0] != self.steps[1]
        if apart and (first is None or first[0] >= min(self.steps)):
            verdict.where, verdict.at_step = "steps", min(self.steps)
            verdict.sentence = (
                f"they agree for {min(self.steps)} steps, but PyTorch trains "
                f"for {self.steps[0]} and Keras for {self.steps[1]}"
            )
        elif first is not None:
            step, name, compared, index = first
            worst = f"at most {verdict.worst_ratio:.3g} times"
            verdict.where, verdict.at_step = name, step
            verdict.sentence = (
                f"the first to part is {compared.said(name, index)} at step "
                f"{step}; over all curves and steps it is {worst}"
            )
        verdict.suspect = None


def compare_records(
    arm: str,
    torch: list[Record],
    keras: list[Record],
    references: list[Record] | None = None,
    unit: float | None = None,
) -> Trajectory:
    """Compare two training runs, each given with its nudged twins.

    Args:
        arm: which network.
        torch: PyTorch's record, then its nudged ones.
        keras: Keras's record, then its nudged ones.
        references: the reference's records, as it is and roughly rounded; see
            `comparisons.ladder.noise_floor`.
        unit: one unit in the last place of 1 in the precision that was
            computed in, where that is not the losses' own.
    """
    base = torch[0]
    unit = unit or resolution(base.steps["loss"])

    def perturbed_runs(
        take: Callable[[Record], dict[str, Curve]], name: str
    ) -> PerturbedRuns:
        own = [
            [(take(runs[0])[name], take(run)[name]) for run in runs[1:]]
            for runs in (torch, keras)
        ]
        return own[0], own[1]

    def compared(take: Callable[[Record], dict[str, Curve]]) -> Compared:
        others = [take(third) for third in references or []]
        norms = [
            curve
            for name, curve in take(base).items()
            if name.startswith("gradient_norm")
        ]
        largest = np.max(norms, axis=0) if norms else None
        return {
            name: compare_curves(
                curve,
                take(keras[0])[name],
                perturbed_runs(take, name),
                unit,
                [other[name] for other in others],
                largest if name.startswith("gradient_norm") else None,
            )
            for name, curve in take(base).items()
        }

    largest_weights = max(map(length, base.weights.values()), default=0.0)
    weights = {
        f"{name} at the end": compare_tensor(
            value,
            keras[0].weights[name],
            perturbed_runs(lambda record: record.weights, name),
            [third.weights[name] for third in references or []],
            largest_weights,
            unit,
        )
        for name, value in base.weights.items()
    }
    if len({run.final.get("best_epoch") for run in (*torch, *keras)}) > 1:
        # Rounding alone decides which epoch's weights are kept: whose nudged
        # runs kept another's is no matter.
        weights = {
            name: replace(found, judge_self_drift=False)
            for name, found in weights.items()
        }
    trained = len(base.steps["loss"]), len(keras[0].steps["loss"])
    epochs = base.epochs["epoch"]
    probed = _compare_probes(torch, keras, references or [], unit)
    return Trajectory(
        arm=arm,
        steps=trained,
        curves=compared(step_curves),
        evaluations=compared(evaluation_curves),
        weights=weights,
        divergence=Divergence.of(torch, keras),
        evaluated_at=np.rint(epochs * (trained[0] / epochs[-1])).astype(int),
        probes=probed,
        probed_at={
            name: round(epoch * trained[0] / epochs[-1])
            for name, (epoch, _) in probed_tensors(base).items()
            if name in probed
        },
    )


def _compare_probes(
    torch: list[Record],
    keras: list[Record],
    references: list[Record],
    unit: float,
) -> Compared:
    """Compare what all runs' probes saw; early stopping may cut some short."""
    ours, theirs, truths = (
        [
            {name: value for name, (_, value) in probed_tensors(run).items()}
            for run in runs
        ]
        for runs in (torch, keras, references)
    )
    found = {}
    for name, value in ours[0].items():
        if not all(name in run for run in (*ours, *theirs, *truths)):
            continue
        group = max(
            length(other)
            for neighbour, other in ours[0].items()
            if _kind_of(neighbour) == _kind_of(name)
        )
        found[name] = compare_tensor(
            value,
            theirs[0][name],
            (
                [(ours[0][name], run[name]) for run in ours[1:]],
                [(theirs[0][name], run[name]) for run in theirs[1:]],
            ),
            [truth[name] for truth in truths],
            group,
            unit,
        )
    return found


def _kind_of(name: str) -> tuple[str, str]:
    """Return what was looked at, and when, without where."""
    return name.partition(" of ")[0], name.rpartition(" ")[2]
