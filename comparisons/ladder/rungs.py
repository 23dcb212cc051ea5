"""The rungs that compare both frameworks under the same randomness.

They are the data, the structure, the forward pass, the gradient, one step and
the trajectory. Before a disagreement is reported, the NumPy reference is
computed. It shares no code with either framework, so its distance to the
*nearer* of the two is rounding that the perturbed runs may not have shown,
and it bounds the floor from below. If the frameworks still disagree, the
reference shows which of them deviates.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from framework_parity.common.choices import Dtype, Rung
from framework_parity.common.reference import trainer as reference
from framework_parity.common.reference.rounding import SIDES, UNIT, Rounding
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.two_sided.arms import TwoArms, sides_of
from framework_parity.common.training.inspection import (
    StepInspection,
)
from framework_parity.common.training.record import Curve, Tensors
from framework_parity.comparisons.ladder.attribution import (
    reference_clause,
    which_is_off,
)
from framework_parity.comparisons.ladder.noise_floor import (
    Comparison,
    PerturbedRuns,
    compare_tensor,
    length,
)
from framework_parity.comparisons.ladder.thresholds import (
    NUDGES,
    TIMES_FLOOR,
)
from framework_parity.comparisons.ladder.trajectory import (
    Trajectory,
    compare_records,
)
from framework_parity.comparisons.ladder.two_sided import (
    Sides,
    judge_structure,
    other_start,
)
from framework_parity.comparisons.ladder.verdict import Verdict
from framework_parity.comparisons.workers import tasks
from framework_parity.comparisons.workers.worker import (
    LABELS,
    Progress,
    WorkerPair,
)

WITH_REFERENCE = ", counting the rounding that the NumPy reference shows"

TaskResult = TypeVar("TaskResult")


def reference_runs(
    task: Callable[..., TaskResult], unit: float = UNIT, **arguments: Any
) -> list[TaskResult]:
    """Run a task with each variant of the reference.

    It runs in a single thread: the matrix products are small, and on a busy
    machine a second thread costs ten times what it saves. Overflow is not
    an error here: where training diverges, the reference diverges as well.

    Args:
        task: of `comparisons.workers.tasks`.
        unit: machine epsilon of the precision whose rounding is simulated.
        arguments: of the task.

    Returns:
        The result of each variant: the unmodified reference, then those
        with rounded predictions.
    """
    with threadpool_limits(1), np.errstate(all="ignore"):
        return [
            task(
                partial(reference.Trainer, rounding=Rounding(side, unit)),
                **arguments,
            )
            for side in (0, *SIDES)
        ]


StepInspections: TypeAlias = tuple[StepInspection, StepInspection]

# The field of a `Snapshot` that each rung inside one step compares.
INSIDE = {"forward": "outputs", "gradient": "gradients", "step": "stepped"}


def compare_data(
    arm: Arm | TwoArms, torch: dict[str, str], keras: dict[str, str]
) -> Verdict:
    """Compare the data and the batches that each framework holds.

    Args:
        arm: the arm.
        torch: PyTorch's digests, by the name of the part.
        keras: Keras's digests.

    Returns:
        The verdict of the rung `data`.
    """
    names = [*torch, *(name for name in keras if name not in torch)]
    different = [name for name in names if torch.get(name) != keras.get(name)]
    if not different:
        verb = "is" if len(names) == 1 else "are"
        sentence = f"{counted(len(names), 'digest')} {verb} the same"
        return Verdict("data", arm.name, "agree", sentence=sentence)
    missing = [
        label
        for label, digests in zip(LABELS.values(), (torch, keras), strict=True)
        if different[0] not in digests
    ]
    sentence = (
        f"{missing[0]} has no {different[0]}"
        if missing
        else f"the bytes of {different[0]} differ"
    )
    return Verdict(
        "data",
        arm.name,
        "disagree",
        np.inf,
        None,
        None,
        different[0],
        sentence,
    )


def compare_structure(arm: Arm | TwoArms, both: StepInspections) -> Verdict:
    """Compare the shapes and counts of the models with the specification.

    Args:
        arm: the arm.
        both: the inspections of PyTorch and of Keras.

    Returns:
        The verdict of the rung `structure`.
    """
    arms = sides_of(arm)
    for (backend, label), inspection in zip(LABELS.items(), both, strict=True):
        side = arms[backend]
        expected: dict[str, Any] = {
            node.name: node.output_shape for node in side.all_nodes
        }
        for name, shape in side.tensors.items():
            expected[name] = math.prod(shape)
        live = inspection.shapes | inspection.counts
        for name in [*expected, *live]:
            if expected.get(name) != live.get(name):
                return Verdict(
                    "structure",
                    arm.name,
                    "disagree",
                    np.inf,
                    where=name,
                    suspect=backend,
                    sentence=f"{name} has {_shown(live.get(name))} in "
                    f"{label}, but {_shown(expected.get(name))} in the "
                    "specification",
                )
    if isinstance(arm, TwoArms):
        return judge_structure(arm)
    return Verdict(
        "structure",
        arm.name,
        "agree",
        sentence=f"{counted(len(arm.all_nodes), 'layer')}, "
        f"{counted(arm.parameter_count, 'parameter')} in the "
        "specification and in both frameworks",
    )


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)


def run_inside(
    rung: Rung,
    arm: Arm | TwoArms,
    seed: int,
    dtype: Dtype,
    both: StepInspections,
) -> Verdict:
    """Judge a rung inside one step, with the reference if they disagree.

    Args:
        rung: `forward`, `gradient` or `step`.
        arm: the arm.
        seed: seed of the weights, the batch order and the masks.
        dtype: the precision.
        both: the inspections of PyTorch and of Keras.

    Returns:
        The verdict of the rung.
    """
    verdict = _judge_inside(rung, arm, _compare_inside(rung, both))
    if verdict.outcome != "disagree":
        return verdict
    torch_arm = sides_of(arm)["torch"]
    references = reference_runs(
        tasks.inspect_step,
        arm=torch_arm,
        seed=seed,
        dtype=dtype,
        nudges=NUDGES,
    )
    if dtype == "float64":
        compared = _compare_inside(rung, both, references)
        verdict = _judge_inside(rung, arm, compared)
    if verdict.outcome != "disagree":
        verdict.sentence += WITH_REFERENCE
        return verdict
    if isinstance(arm, TwoArms):
        return _of_two_sides(rung, arm, seed, verdict)
    where = str(verdict.where)
    values = [
        _tensors(inspection, rung)[where]
        for inspection in (references[0], *both)
    ]
    return with_reference(verdict, *values)


def _of_two_sides(
    rung: Rung, arm: TwoArms, seed: int, verdict: Verdict
) -> Verdict:
    """Name the initial values in a verdict, where they already differ.

    No framework is named as the one that deviates: the two sides differ by
    specification.
    """
    verdict.suspect = None
    start = other_start(arm, seed) if rung == "forward" else None
    if start:
        verdict.where = start
        verdict.sentence = (
            f"the initial values of {start} differ, so {verdict.sentence}"
        )
    return verdict


def _judge_inside(
    rung: Rung, arm: Arm | TwoArms, compared: dict[str, Comparison]
) -> Verdict:
    ratios = {
        name: comparison.worst()[0] for name, comparison in compared.items()
    }
    where = max(ratios, key=lambda name: ratios[name])
    agrees = ratios[where] <= TIMES_FLOOR
    if not agrees and rung == "forward":
        # Name the first layer that differs.
        where = next(n for n, ratio in ratios.items() if ratio > TIMES_FLOOR)
    what = {"forward": "the output", "gradient": "the gradient"}.get(
        rung, "the value after one step"
    )
    name = "the loss" if where == "loss" else f"{what} of {where}"
    return Verdict(
        rung=rung,
        arm=arm.name,
        outcome="agree" if agrees else "disagree",
        worst_ratio=ratios[where],
        where=where,
        sentence=compared[where].sentence(name, 0),
        suspect=compared[where].unstable_backend(0),
    )


def _compare_inside(
    rung: Rung,
    both: StepInspections,
    references: Sequence[StepInspection] = (),
) -> dict[str, Comparison]:
    """Compare the tensors of a rung.

    Args:
        rung: the rung.
        both: the inspections of PyTorch and of Keras.
        references: those of the variants of the NumPy reference. How far it
            moves when the weights are perturbed is rounding, too.

    Returns:
        The comparison of each tensor, by name.
    """
    torch, keras = (_tensors(inspection, rung) for inspection in both)

    def perturbed_runs(name: str) -> PerturbedRuns:
        runs = [
            [
                (_tensors(s, rung)[name], _tensors(s, rung, nudge)[name])
                for nudge in range(1, len(s.snapshots))
            ]
            for s in both
        ]
        return runs[0], runs[1]

    truths = [
        _tensors(reference, rung, nudge)
        for reference in references
        for nudge in range(len(reference.snapshots))
    ]
    group = max(map(length, torch.values()))
    return {
        name: compare_tensor(
            value,
            keras[name],
            perturbed_runs(name),
            [truth[name] for truth in truths],
            group,
        )
        for name, value in torch.items()
    }


def _tensors(
    inspection: StepInspection, rung: Rung, nudge: int = 0
) -> Tensors:
    tensors: Tensors = getattr(inspection.snapshots[nudge], INSIDE[rung])
    return tensors


def run_trajectory(
    pair: WorkerPair,
    arm: Arm | TwoArms,
    seed: int,
    dtype: Dtype,
    progress: Progress | None,
) -> tuple[Trajectory, Verdict]:
    """Train in both and judge, with the reference if they disagree.

    Args:
        pair: the two workers.
        arm: the arm, with the epochs of the trajectory.
        seed: seed of the weights, the batch order and the masks.
        dtype: the precision.
        progress: called with the backend, the steps done and the total.

    Returns:
        The comparison, and the verdict of the rung `trajectory`.
    """
    trained = pair.ask(
        "train",
        progress,
        arm=arm,
        seed=seed,
        dtype=dtype,
        nudges=NUDGES,
        gradient_norm=True,
    )
    torch, keras = trained["torch"], trained["keras"]
    if isinstance(arm, TwoArms):
        torch, keras = Sides(arm).records(torch, keras)
    trajectory = compare_records(arm.name, torch, keras)
    verdict = trajectory.verdict()
    if verdict.outcome != "disagree":
        return trajectory, verdict
    truth = sides_of(arm)["torch"]
    runs = reference_runs(
        tasks.train, arm=truth, seed=seed, dtype=dtype, gradient_norm=True
    )
    references = [records[0] for records in runs]
    if isinstance(arm, TwoArms):
        references = Sides(arm).records(references, keras)[0]
    if dtype == "float64":
        trajectory = compare_records(arm.name, torch, keras, references)
        verdict = trajectory.verdict()
    if verdict.outcome != "disagree":
        verdict.sentence += WITH_REFERENCE
        return trajectory, verdict
    if isinstance(arm, TwoArms):
        trajectory.name_first_step(verdict)
        return trajectory, verdict
    values = [
        value
        for record in (references[0], torch[0], keras[0])
        if (value := trajectory.value(record, verdict)) is not None
    ]
    if len(values) == 3:
        with_reference(verdict, *values)
    return trajectory, verdict


def with_reference(
    verdict: Verdict, truth: Curve, torch: Curve, keras: Curve
) -> Verdict:
    """Add to a verdict which framework deviates from the reference.

    If that contradicts the verdict's suspect, the suspect is removed.

    Args:
        verdict: the verdict to change.
        truth: the values of the reference.
        torch: PyTorch's values.
        keras: Keras's values.

    Returns:
        The same verdict.
    """
    off = which_is_off(truth, torch, keras)
    if off and verdict.suspect not in (None, off):
        off = verdict.suspect = None
    elif off:
        verdict.suspect = off
    verdict.sentence += reference_clause(truth, torch, keras, off)
    return verdict
