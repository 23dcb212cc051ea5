"""One arm in another precision than float64, judged against its own floor.

The ladder is climbed in float64, where a wrong constant shows. What a
precision may break stands beside it: a layer that refuses the type, a scale
that is lost, a tensor of the wrong type. So the arm is trained once more in
that precision, in both frameworks, and judged as the curves of a report are.
"""

from dataclasses import replace
from typing import Any

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.arm import Arm
from framework_parity.comparisons.ladder.ladder import epochs_of, of_epochs
from framework_parity.comparisons.ladder.thresholds import NUDGES_FLOAT32, UNIT
from framework_parity.comparisons.ladder.trajectory import (
    Trajectory,
    compare_records,
)
from framework_parity.comparisons.ladder.verdict import Verdict
from framework_parity.comparisons.workers.pool import WorkerPair


def train_in(
    pair: WorkerPair, arm: Arm, dtype: Dtype, seed: int = 0, steps: int = 20
) -> tuple[Trajectory, Verdict]:
    """Train one arm in a precision in both frameworks, and judge.

    Rounding is as large as the precision is coarse, and nudges may miss some
    of it. So the floor is not below the distance of the nearer of the two
    from PyTorch's run in float64, as it is not below that from the NumPy
    reference on the ladder: a fault in one framework leaves the other near.

    Args:
        pair: the two workers.
        arm: what to train, for as many epochs as make `steps`. What watches
            a curve is left out: an epoch that is better by less than
            rounding is another one in each run.
        dtype: the precision, float32 or bfloat16.
        seed: of the weights, the order and the masks.
        steps: how many, rounded up to whole epochs.

    Returns:
        The comparison and the verdict, whose rung is the precision.

    Raises:
        WorkerError: if a framework breaks in this precision.
    """
    long = _unwatched(of_epochs(arm, epochs_of(arm, steps)))
    shared: dict[str, Any] = {"arm": long, "seed": seed}
    truth = pair.workers["torch"].submit("train", dtype="float64", **shared)
    found = pair.ask("train", dtype=dtype, nudges=NUDGES_FLOAT32, **shared)
    trajectory = compare_records(
        arm.name,
        found["torch"],
        found["keras"],
        truth.result(),
        unit=UNIT.get(dtype),
    )
    verdict = trajectory.verdict()
    verdict.rung = dtype
    return trajectory, verdict


def _unwatched(arm: Arm) -> Arm:
    nothing = dict.fromkeys(("plateau", "early_stopping", "checkpoint"))
    return replace(arm, recipe=arm.recipe.model_copy(update=nothing))
