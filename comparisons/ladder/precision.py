"""Compare one arm in a precision other than float64.

The ladder runs in float64, where a wrong constant is visible. A lower
precision can cause other faults: a layer that rejects the dtype, a lost
scale, a tensor of the wrong dtype. So the arm is also trained in that
precision, in both frameworks, and compared in the same way as the curves of
a report.
"""

from dataclasses import replace
from functools import partial
from typing import Any

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.arm import Arm
from framework_parity.comparisons.ladder.ladder import epochs_of, of_epochs
from framework_parity.comparisons.ladder.noise_floor import resolution
from framework_parity.comparisons.ladder.rungs import (
    WITH_REFERENCE,
    reference_runs,
)
from framework_parity.comparisons.ladder.thresholds import (
    EPSILON,
    NUDGES_FLOAT32,
)
from framework_parity.comparisons.ladder.trajectory import (
    Trajectory,
    compare_records,
)
from framework_parity.comparisons.ladder.verdict import Verdict
from framework_parity.comparisons.workers import tasks
from framework_parity.comparisons.workers.worker import WorkerPair


def train_in(
    pair: WorkerPair, arm: Arm, dtype: Dtype, seed: int = 0, steps: int = 20
) -> tuple[Trajectory, Verdict]:
    """Train one arm in a precision in both frameworks, and compare.

    The perturbed runs may not show all of the rounding of a low precision.
    So the floor is at least the distance of the nearer framework to
    PyTorch's run in float64, as it is at least the distance to the NumPy
    reference on the ladder: a fault in one framework leaves the other near.
    Where the two still disagree, the floor is also at least what rounding
    of that precision changes in the NumPy reference.

    Args:
        pair: the two workers.
        arm: the arm to train, for as many epochs as make `steps`. Early
            stopping, plateaus and checkpoints are left out: rounding would
            change the epoch that they select in each run.
        dtype: the precision, `float32` or `bfloat16`.
        seed: seed of the weights, the batch order and the masks.
        steps: number of steps, rounded up to whole epochs.

    Returns:
        The comparison and the verdict, whose rung is the precision.

    Raises:
        WorkerError: if a framework fails in this precision.
    """
    long = _unwatched(of_epochs(arm, epochs_of(arm, steps)))
    shared: dict[str, Any] = {"arm": long, "seed": seed}
    truth = pair.workers["torch"].submit("train", dtype="float64", **shared)
    records = pair.ask("train", dtype=dtype, nudges=NUDGES_FLOAT32, **shared)
    unit = EPSILON.get(dtype) or resolution(records["torch"][0].steps["loss"])
    compared = partial(
        compare_records, arm.name, records["torch"], records["keras"]
    )
    trajectory = compared(truth.result(), unit)
    verdict = trajectory.verdict()
    if verdict.outcome == "disagree":
        runs = reference_runs(tasks.train, unit, dtype="float64", **shared)
        trajectory = compared([record for [record] in runs], unit)
        verdict = trajectory.verdict()
        if verdict.outcome != "disagree":
            verdict.sentence += WITH_REFERENCE
    verdict.rung = dtype
    return trajectory, verdict


def _unwatched(arm: Arm) -> Arm:
    nothing = dict.fromkeys(("plateau", "early_stopping", "checkpoint"))
    return replace(arm, recipe=arm.recipe.model_copy(update=nothing))
