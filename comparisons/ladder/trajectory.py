"""Compare whole training runs: every curve, and the final weights."""

from collections.abc import Callable, Sequence
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
    KINKS,
    TIMES_FLOOR,
)
from framework_parity.comparisons.ladder.verdict import Outcome, Verdict

Compared = dict[str, Comparison]


def step_curves(record: Record) -> dict[str, Curve]:
    """Return the curves with one value for each step.

    A quantity recorded for each parameter, of shape (steps, parameters),
    becomes one curve for each parameter.
    """
    curves: dict[str, Curve] = {}
    for name, values in record.steps.items():
        if values.ndim == 1:
            curves[name] = values
        else:
            columns = zip(record.parameters, values.T, strict=True)
            for parameter, column in columns:
                curves[f"{name} of {parameter}"] = column
    return curves


def evaluation_curves(record: Record) -> dict[str, Curve]:
    """Return the compared curves with one value for each evaluation.

    Accuracies are left out: an accuracy counts the samples on each side of
    a decision boundary, and one rounding error can move a sample across it.
    The loss of the same evaluation is compared instead.
    """
    return {
        name: values
        for name, values in record.epochs.items()
        if not name.endswith("accuracy")
    }


def probed_tensors(record: Record) -> dict[str, tuple[int, Curve]]:
    """Return the compared tensors of the probes: epoch and values, by name.

    The number of dead units is recorded but not compared: like an accuracy,
    it counts numbers on each side of 0. Nor is the output of a dropout that
    draws a mask of its own.
    """
    tensors = {}
    for name, samples in record.probes.items():
        probe, _, where = name.partition("/")
        if probe in ("dead_relu", "dropped") or where == "epoch":
            continue
        epochs = record.probes[f"{probe}/epoch"].astype(int)
        for epoch, values in zip(epochs, samples, strict=True):
            what = f"{probe.replace('_', ' ')} of {where}"
            tensors[f"{what} after epoch {epoch}"] = int(epoch), values
    return tensors


@dataclass
class Trajectory:
    """Two training runs, compared curve by curve.

    Attributes:
        arm: name of the network.
        steps: the number of steps that each of the two trained.
        curves: comparisons of the curves with one value for each step.
        evaluations: comparisons of those with one for each evaluation.
        weights: comparisons of the trained tensors at the end.
        probes: comparisons of the probed tensors, where there are any.
        evaluated_at: the step after which each evaluation was made, of
            shape (evaluations,).
        divergence: the steps at which the runs diverge.
        probed_at: the step after which each probed tensor was recorded.
        perturbed_steps: the numbers of steps of the perturbed runs of each
            framework.
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
    perturbed_steps: tuple[frozenset[int], ...] = ()

    @property
    def rounding_stops(self) -> bool:
        """Whether rounding alone decides when training ends.

        A perturbed run of one framework ends where the other one's run does,
        and not where its own does.
        """
        torch, keras = self.steps
        others = zip(self.perturbed_steps, (keras, torch), strict=False)
        return torch != keras and any(end in ends for ends, end in others)

    @property
    def horizon(self) -> int | None:
        """First step at which any curve is chaotic, or both diverge."""
        horizons = [c.horizon for c in self.curves.values()]
        horizons.append(self.divergence.at)
        return min((h for h in horizons if h is not None), default=None)

    @property
    def diverges(self) -> bool:
        """Whether the comparison ends because both diverge alike."""
        horizon, end = self.horizon, self.divergence.at
        return horizon is not None and horizon == end and self.divergence.alike

    @property
    def judged(self) -> int:
        """Number of steps compared: those before the horizon, or all."""
        horizon = self.horizon
        return min(self.steps) if horizon is None else horizon

    def worst(self) -> tuple[float, int, str]:
        """Return the largest ratio before the horizon, its step and curve."""
        horizon = self.horizon
        ratios = [
            (*compared.worst(horizon), name)
            for name, compared in self.curves.items()
        ]
        within = None
        if horizon is not None:
            within = int((self.evaluated_at < horizon).sum())
        for name, compared in self.evaluations.items():
            limits = [h for h in (within, compared.horizon) if h is not None]
            limit = min(limits, default=None)
            if limit == 0:
                continue  # there is no evaluation before the horizon
            ratio, index = compared.worst(limit)
            ratios.append((ratio, int(self.evaluated_at[index]), name))
        for name, compared in self.probes.items():
            step = self.probed_at[name]
            if horizon is None or step < horizon:
                ratios.append((compared.worst()[0], step, name))
        if horizon is None:
            for name, compared in self.weights.items():
                ratios.append((compared.worst()[0], self.steps[0], name))
        return max(ratios)

    def value(self, record: Record, verdict: Verdict) -> Curve | None:
        """Return a record's values of the quantity that a verdict names.

        Args:
            record: of one run.
            verdict: of this trajectory.

        Returns:
            The values at the verdict's step, or the whole tensor; None where
            the record ends earlier or the verdict names no single quantity.
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
        """Whether enough steps were compared to report an agreement.

        Of two runs that diverge alike, all steps up to the divergence were
        compared, and a single one is enough: the rungs below have compared
        the first update.
        """
        if self.diverges:
            return self.judged >= 1
        return self.judged >= min(FEWEST_STEPS, *self.steps)

    def _at(self, where: str, step: int) -> tuple[Comparison, int]:
        """Return a comparison, and the index of a step in it."""
        compared = self.curves | self.evaluations | self.weights | self.probes
        index = step if where in self.curves else 0
        if where in self.evaluations:
            index = int(np.flatnonzero(self.evaluated_at == step)[0])
        return compared[where], index

    def verdict(self) -> Verdict:
        """Return the verdict; the largest ratio of all curves decides it."""
        ratio, step, where = self.worst()
        horizon, judged = self.horizon, self.judged
        outcome: Outcome = "agree"
        suspect = None
        sentence = (
            f"within {ratio:.2g} times the floor over "
            f"{counted(judged, 'step')}"
        )
        if self.diverges:
            sentence = (
                f"agree up to step {judged:,}, where both diverge: {sentence}"
            )
        elif horizon is not None:
            sentence += f"; {self._beyond(horizon)}"
        if ratio > TIMES_FLOOR:
            outcome = "disagree"
            compared, index = self._at(where, step)
            sentence = f"{compared.sentence(where, index)} at step {step}"
            suspect = compared.unstable_backend(index)
        elif self.steps[0] != self.steps[1] and horizon is None:
            outcome, where = "disagree", "steps"
            sentence = f"trained for {self.steps[0]} and {self.steps[1]} steps"
            if self.rounding_stops:
                outcome = "undecided"
                sentence += (
                    "; a perturbed run of one framework stops where the other "
                    "one does, so that rounding decides when training stops"
                )
        elif not self._shows_enough:
            outcome = "undecided"
            sentence = self._beyond(judged)
        return Verdict(
            rung="trajectory",
            arm=self.arm,
            outcome=outcome,
            worst_ratio=ratio,
            at_step=step,
            horizon=horizon,
            where=where,
            sentence=sentence,
            suspect=suspect,
            details={
                "agrees_up_to": horizon if outcome == "agree" else None,
                "divergence_steps": self.divergence.as_json(),
            },
        )

    def first_past(self) -> tuple[int, str, Comparison, int] | None:
        """Return the first step at which a quantity exceeds its limit.

        The limit is `TIMES_FLOOR` times the floor.

        Returns:
            The step, the name of the quantity, its comparison and the index
            of the step in it; None where nothing exceeds its limit before
            the horizon.
        """
        exceeded: list[tuple[int, str, Comparison, int]] = []
        for name, compared in (self.curves | self.evaluations).items():
            past = np.flatnonzero(compared.ratios() > TIMES_FLOOR)
            if len(past):
                index = int(past[0])
                evaluated = name in self.evaluations
                step = int(self.evaluated_at[index]) if evaluated else index
                exceeded.append((step, name, compared, index))
        end = min(self.steps)
        for name, compared in self.weights.items():
            if compared.worst()[0] > TIMES_FLOOR:
                exceeded.append((end, name, compared, 0))
        first = min(exceeded, key=lambda entry: entry[0], default=None)
        late = first and self.horizon is not None and first[0] >= self.horizon
        return None if late else first

    def name_first_step(self, verdict: Verdict) -> None:
        """Change a verdict of disagreement to name its first step."""
        first = self.first_past()
        unequal = self.steps[0] != self.steps[1]
        if unequal and (first is None or first[0] >= min(self.steps)):
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
                f"the first difference is {compared.sentence(name, index)} at "
                f"step {step}; over all curves and steps it is {worst}"
            )
        verdict.suspect = None


def compare_records(
    arm: str,
    torch: list[Record],
    keras: list[Record],
    references: list[Record] | None = None,
    unit: float | None = None,
) -> Trajectory:
    """Compare two training runs, each with its perturbed runs.

    Args:
        arm: name of the network.
        torch: PyTorch's record, then those of its perturbed runs.
        keras: Keras's record, then those of its perturbed runs.
        references: the records of the NumPy reference, unmodified and with
            rounded predictions; see `comparisons.ladder.noise_floor`.
        unit: the machine epsilon of the precision that was computed in,
            where that is not the type of the losses.

    Returns:
        The comparisons of all curves and tensors.
    """
    base = torch[0]
    unit = unit or resolution(base.steps["loss"])

    def perturbed_runs(
        take: Callable[[Record], dict[str, Curve]], name: str
    ) -> PerturbedRuns:
        pairs = [
            [(take(runs[0])[name], take(run)[name]) for run in runs[1:]]
            for runs in (torch, keras)
        ]
        return pairs[0], pairs[1]

    def compared(take: Callable[[Record], dict[str, Curve]]) -> Compared:
        truths = [take(reference) for reference in references or []]
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
                [truth[name] for truth in truths],
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
            [reference.weights[name] for reference in references or []],
            largest_weights,
            unit,
        )
        for name, value in base.weights.items()
    }
    if len({run.final.get("best_epoch") for run in (*torch, *keras)}) > 1:
        # Rounding alone can decide which epoch's weights are kept, so the
        # drift between the perturbed runs of one framework is not judged.
        weights = {
            name: replace(comparison, judge_self_drift=False)
            for name, comparison in weights.items()
        }
    trained = len(base.steps["loss"]), len(keras[0].steps["loss"])
    epochs = base.epochs["epoch"]
    evaluated_at = np.rint(epochs * (trained[0] / epochs[-1])).astype(int)
    probed = _compare_probes(torch, keras, references or [], unit)
    probed_at = {
        name: round(epoch * trained[0] / epochs[-1])
        for name, (epoch, _) in probed_tensors(base).items()
        if name in probed
    }
    curves = compared(step_curves)
    limit = _steps_before_kinks(curves)
    return Trajectory(
        arm=arm,
        steps=trained,
        curves={
            name: _with_self_drift_before(
                limit, curve, np.arange(len(curve.weight))
            )
            for name, curve in curves.items()
        },
        evaluations={
            name: _with_self_drift_before(limit, curve, evaluated_at)
            for name, curve in compared(evaluation_curves).items()
        },
        weights={
            name: _with_self_drift_before(limit, tensor, trained[:1])
            for name, tensor in weights.items()
        },
        divergence=Divergence.of(torch, keras),
        evaluated_at=evaluated_at,
        probes={
            name: _with_self_drift_before(limit, tensor, [probed_at[name]])
            for name, tensor in probed.items()
        },
        probed_at=probed_at,
        perturbed_steps=tuple(
            frozenset(len(run.steps["loss"]) for run in runs[1:])
            for runs in (torch, keras)
        ),
    )


def _steps_before_kinks(curves: Compared) -> float:
    """Return the step at which both frameworks' drifts exceed `KINKS`."""
    past = [
        np.flatnonzero(curve.shared_drift > KINKS) for curve in curves.values()
    ]
    return min((int(steps[0]) for steps in past if len(steps)), default=np.inf)


def _with_self_drift_before(
    limit: float, comparison: Comparison, steps: Sequence[int] | Curve
) -> Comparison:
    """Return a comparison that judges self-drift before a step alone.

    Args:
        limit: the step.
        comparison: one curve or tensor.
        steps: the step of each of its values; a longer one is cut.
    """
    before = np.asarray(steps)[: len(comparison.weight)] < limit
    return replace(
        comparison, judge_self_drift=comparison.judge_self_drift & before
    )


def _compare_probes(
    torch: list[Record],
    keras: list[Record],
    references: list[Record],
    unit: float,
) -> Compared:
    """Compare the probed tensors that all runs have.

    Early stopping can end some of the runs earlier.
    """
    torch_tensors, keras_tensors, reference_tensors = (
        [
            {name: value for name, (_, value) in probed_tensors(run).items()}
            for run in runs
        ]
        for runs in (torch, keras, references)
    )
    comparisons = {}
    for name, value in torch_tensors[0].items():
        if not all(
            name in run
            for run in (*torch_tensors, *keras_tensors, *reference_tensors)
        ):
            continue
        group = max(
            length(tensor)
            for neighbour, tensor in torch_tensors[0].items()
            if _kind_of(neighbour) == _kind_of(name)
        )
        comparisons[name] = compare_tensor(
            value,
            keras_tensors[0][name],
            (
                [
                    (torch_tensors[0][name], run[name])
                    for run in torch_tensors[1:]
                ],
                [
                    (keras_tensors[0][name], run[name])
                    for run in keras_tensors[1:]
                ],
            ),
            [tensors[name] for tensors in reference_tensors],
            group,
            unit,
        )
    return comparisons


def _kind_of(name: str) -> tuple[str, str]:
    """Return the probe and the epoch of a probed tensor's name."""
    return name.partition(" of ")[0], name.rpartition(" ")[2]
