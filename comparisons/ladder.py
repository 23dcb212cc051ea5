"""The ladder: from the bytes of the data to thousands of steps.

Cheapest rung first; a rung that fails names what failed and ends the climb.
Then the NumPy reference gives a third opinion: which of the two left.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from common import reference
from common.batches import steps_per_epoch
from common.experiment import Arm
from common.loop import Dtype
from common.record import Curve, Record
from comparisons import tasks
from comparisons.judge import (
    Comparison,
    Outcome,
    Trajectory,
    Verdict,
    compare_records,
    compare_tensor,
    curves_of,
)
from comparisons.tolerances import NUDGES, TIMES_FLOOR, UNITS
from comparisons.workers import LABELS, Pair, Progress

Rung = Literal[
    "data", "structure", "forward", "gradient", "step", "trajectory"
]
RUNGS: tuple[Rung, ...] = get_args(Rung)

Surveys: TypeAlias = tuple[tasks.Survey, tasks.Survey]


@dataclass
class Climb:
    """How far one arm got.

    Attributes:
        arm: what was judged.
        verdicts: one for each rung that was reached.
        trajectory: the comparison of the last rung, if it was reached.
    """

    arm: Arm
    verdicts: list[Verdict] = field(default_factory=list)
    trajectory: Trajectory | None = None


def climb(
    pair: Pair,
    arm: Arm,
    seed: int = 0,
    steps: int = 500,
    level: Rung = "trajectory",
    dtype: Dtype = "float64",
    progress: Progress | None = None,
) -> Climb:
    """Climb the ladder with one arm.

    Args:
        pair: the two workers.
        arm: what to judge.
        seed: of the weights, the order and the masks.
        steps: how long a trajectory is, rounded up to whole epochs; the
            recipe's own number of epochs does not matter.
        level: the last rung to climb.
        dtype: the precision; float64 is what proves an agreement.
        progress: called with the backend, the steps done and in all.
    """
    result = Climb(arm)
    surveys = pair.ask(
        "survey", arm=arm, seed=seed, dtype=dtype, nudges=NUDGES
    )
    both: Surveys = surveys["torch"], surveys["keras"]
    for rung in RUNGS[: RUNGS.index(level) + 1]:
        if rung == "trajectory":
            longer = lengthened(arm, steps)
            records = pair.ask(
                "train",
                progress,
                arm=longer,
                seed=seed,
                dtype=dtype,
                nudges=NUDGES,
                gradient_norm=True,
            )
            result.trajectory = compare_records(
                arm.name, records["torch"], records["keras"]
            )
            verdict = result.trajectory.verdict()
            if verdict.outcome == "disagree":
                base = {name: runs[0] for name, runs in records.items()}
                verdict.sentence += _opinion_on_records(
                    longer, seed, dtype, base, verdict
                )
        else:
            verdict = _survey_verdict(rung, arm, both)
            if verdict.outcome == "disagree" and rung in INSIDE:
                verdict.sentence += _opinion_on_tensor(
                    rung, arm, seed, dtype, both, str(verdict.where)
                )
        result.verdicts.append(verdict)
        if verdict.outcome == "disagree":
            break
    return result


def lengthened(arm: Arm, steps: int) -> Arm:
    """Return the arm with just enough epochs for so many steps."""
    samples = arm.data.part_sizes()["train"]
    epochs = -(-steps // steps_per_epoch(arm.recipe, samples))
    return replace(
        arm, recipe=arm.recipe.model_copy(update={"epochs": epochs})
    )


# What a snapshot holds for each of the rungs that look inside one step.
INSIDE = {"forward": "outputs", "gradient": "gradients", "step": "stepped"}


def _survey_verdict(rung: Rung, arm: Arm, both: Surveys) -> Verdict:
    if rung == "data":
        return _compare_exactly(rung, arm, both[0].data, both[1].data)
    if rung == "structure":
        return _compare_structure(arm, both)
    compared = _compare_inside(rung, both)
    where = max(compared, key=lambda name: compared[name].worst()[0])
    ratio = compared[where].worst()[0]
    agrees = ratio <= TIMES_FLOOR
    if not agrees and rung == "forward":
        where = next(
            n for n, c in compared.items() if c.worst()[0] > TIMES_FLOOR
        )
        ratio = compared[where].worst()[0]
    outcome: Outcome = "agree" if agrees else "disagree"
    what = {"forward": "the output", "gradient": "the gradient"}.get(
        rung, "the value after one step"
    )
    said = f"{what} of {where} is {ratio:.3g} times the floor"
    if where == "loss":
        said = f"the loss is {ratio:.3g} times the floor"
    return Verdict(rung, arm.name, outcome, ratio, None, None, where, said)


def _compare_exactly(
    rung: Rung, arm: Arm, torch: dict[str, Any], keras: dict[str, Any]
) -> Verdict:
    names = [*torch, *(name for name in keras if name not in torch)]
    odd = [name for name in names if torch.get(name) != keras.get(name)]
    if not odd:
        said = f"{len(names)} digests are the same"
        return Verdict(rung, arm.name, "agree", sentence=said)
    missing = [
        label
        for label, found in zip(LABELS.values(), (torch, keras), strict=True)
        if odd[0] not in found
    ]
    said = (
        f"{missing[0]} has no {odd[0]}"
        if missing
        else f"{odd[0]} is not the same bytes in both"
    )
    return Verdict(
        rung, arm.name, "disagree", np.inf, None, None, odd[0], said
    )


def _compare_structure(arm: Arm, both: Surveys) -> Verdict:
    said: dict[str, Any] = {p.name: p.output_shape for p in arm.places}
    for place in arm.places:
        for name, shape in place.parameters.items():
            said[name] = int(np.prod(shape))
    for label, survey in zip(LABELS.values(), both, strict=True):
        live = survey.shapes | survey.counts
        for name in [*said, *live]:
            if said.get(name) != live.get(name):
                return Verdict(
                    "structure",
                    arm.name,
                    "disagree",
                    np.inf,
                    where=name,
                    sentence=f"{name} has {_shown(live.get(name))} in "
                    f"{label}, where the spec says {_shown(said.get(name))}",
                )
    return Verdict(
        "structure",
        arm.name,
        "agree",
        sentence=f"{len(arm.places)} layers, {arm.parameter_count:,} "
        "parameters in the spec and in both",
    )


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)


def _compare_inside(rung: Rung, both: Surveys) -> dict[str, Comparison]:
    def tensors(snapshot: tasks.Snapshot) -> dict[str, Curve]:
        found: dict[str, Curve] = getattr(snapshot, INSIDE[rung])
        return found

    torch, keras = (tensors(survey.snapshots[0]) for survey in both)
    twins = [
        (tensors(survey.snapshots[0]), tensors(nudged))
        for survey in both
        for nudged in survey.snapshots[1:]
    ]
    return {
        name: compare_tensor(
            value, keras[name], [(a[name], b[name]) for a, b in twins]
        )
        for name, value in torch.items()
    }


def _opinion_on_tensor(
    rung: Rung,
    arm: Arm,
    seed: int,
    dtype: Dtype,
    both: Surveys,
    where: str,
) -> str:
    survey = tasks.survey(reference.Trainer, arm, seed, dtype, nudges=())
    truth = getattr(survey.snapshots[0], INSIDE[rung])[where]
    values = [getattr(s.snapshots[0], INSIDE[rung])[where] for s in both]
    return _opinion(truth, values, float(np.finfo(dtype).eps))


def _opinion_on_records(
    arm: Arm,
    seed: int,
    dtype: Dtype,
    records: dict[str, Record],
    verdict: Verdict,
) -> str:
    """Train the reference as far as the worst step, and compare there."""
    where, step = str(verdict.where), verdict.at_step or 0
    reached = lengthened(arm, step + 1)
    [truth] = tasks.train(
        reference.Trainer, reached, seed, dtype, gradient_norm=True
    )

    def at_step(record: Record) -> Curve | None:
        steps, evaluations = curves_of(record)
        if where in steps:
            return steps[where][step : step + 1]
        if where in evaluations:
            wanted = record.epochs["epoch"] == truth.epochs["epoch"][-1]
            found: Curve = evaluations[where][wanted]
            return found
        return None

    right = at_step(truth)
    values = [at_step(record) for record in records.values()]
    if right is None or any(v is None or not len(v) for v in values):
        return ""
    return _opinion(right, values, float(np.finfo(dtype).eps))


def _opinion(truth: Curve, values: list[Any], unit: float) -> str:
    """Say how far each is from the reference, in rounding units."""
    size = max(np.abs(truth).max(initial=0.0), np.finfo(float).tiny)
    off = [
        float(np.abs(np.asarray(value) - truth).max(initial=0.0) / size / unit)
        if np.shape(value) == truth.shape
        else np.inf
        for value in values
    ]
    labels = list(LABELS.values())
    said = f"PyTorch {off[0]:.2g}, Keras {off[1]:.2g} rounding units"
    low, high = sorted(off)
    if high <= TIMES_FLOOR * max(low, UNITS):
        return f"; from the NumPy reference: {said}"
    culprit = labels[off.index(high)]
    return f"; {culprit} is off (from the NumPy reference: {said})"
