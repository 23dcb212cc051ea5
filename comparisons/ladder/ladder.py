"""The ladder: comparisons from the bytes of the data to independent seeds.

The rungs run in order of cost. A rung that fails names the quantity that
differs and ends the run. The rungs themselves are in
`comparisons.ladder.rungs`, `initial_weights` and `statistics`.
"""

from dataclasses import dataclass, field, replace
from typing import get_args

from framework_parity.common.choices import Dtype, Rung
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.two_sided.arms import TwoArms, sides_of
from framework_parity.common.training.batches import steps_per_epoch
from framework_parity.comparisons.ladder.initial_weights import (
    draws,
    judge_draws,
)
from framework_parity.comparisons.ladder.rungs import (
    StepInspections,
    compare_data,
    compare_structure,
    run_inside,
    run_trajectory,
)
from framework_parity.comparisons.ladder.statistics import (
    Equivalence,
    compare_samples,
    train_independently,
)
from framework_parity.comparisons.ladder.thresholds import NUDGES, SEEDS
from framework_parity.comparisons.ladder.trajectory import Trajectory
from framework_parity.comparisons.ladder.two_sided import Sides
from framework_parity.comparisons.ladder.verdict import Verdict
from framework_parity.comparisons.workers.worker import Progress, WorkerPair

RUNGS: tuple[Rung, ...] = get_args(Rung)

# The rungs on which both frameworks have the same random values.
SHARED_RUNGS = RUNGS[: RUNGS.index("trajectory") + 1]


@dataclass
class LadderResult:
    """Result of the ladder for one arm.

    Attributes:
        arm: the arm that was compared.
        verdicts: one for each rung that was reached.
        trajectory: the comparison of the trajectory rung, if it was reached.
        statistics: the comparison of the statistics rung, if it was reached.
    """

    arm: Arm | TwoArms
    verdicts: list[Verdict] = field(default_factory=list)
    trajectory: Trajectory | None = None
    statistics: Equivalence | None = None


def run_ladder(
    pair: WorkerPair,
    arm: Arm | TwoArms,
    seed: int = 0,
    steps: int = 500,
    level: Rung = "trajectory",
    dtype: Dtype = "float64",
    progress: Progress | None = None,
    seeds: int = SEEDS,
    margin: float | None = None,
) -> LadderResult:
    """Run the ladder on one arm.

    Args:
        pair: the two workers.
        arm: the arm to compare; where it has two sides, each framework
            trains its own, and the verdicts say where they differ.
        seed: seed of the weights, the batch order and the masks.
        steps: length of the trajectory, rounded up to whole epochs; the
            recipe's own number of epochs is not used.
        level: the last rung to run.
        dtype: the precision; only float64 can prove an agreement.
        progress: called with the backend, the steps done and the total.
        seeds: number of runs in each framework on the statistics rung, with
            the recipe's own number of epochs, in float32.
        margin: see `compare_samples`.

    Returns:
        The verdict of each rung, up to `level` or the first disagreement.

    Raises:
        WorkerError: if a framework fails.
    """
    result = LadderResult(arm)
    # Used by all rungs but the last, so that each framework compiles once.
    long = lengthened(arm, steps)
    inspections = pair.ask(
        "inspect_step",
        progress,
        arm=long,
        seed=seed,
        dtype=dtype,
        nudges=NUDGES,
    )
    both: StepInspections = inspections["torch"], inspections["keras"]
    inside = both
    if isinstance(arm, TwoArms):
        inside = Sides(arm).inspections(*both)
    for rung in RUNGS[: RUNGS.index(level) + 1]:
        if rung == "data":
            verdict = compare_data(arm, both[0].data, both[1].data)
        elif rung == "structure":
            verdict = compare_structure(arm, both)
        elif rung == "trajectory":
            result.trajectory, verdict = run_trajectory(
                pair, long, seed, dtype, progress
            )
        elif rung == "initial":
            drawn = draws(pair, arm, seed, progress)
            verdict = judge_draws(arm, drawn, seed)
        elif rung == "statistics":
            records = train_independently(pair, arm, seeds, seed, progress)
            result.statistics = compare_samples(
                records["torch"], records["keras"], margin
            )
            verdict = result.statistics.verdict(arm.name)
        else:
            verdict = run_inside(rung, arm, seed, dtype, inside)
        result.verdicts.append(verdict)
        if verdict.outcome == "disagree":
            break
    return result


def lengthened(arm: Arm | TwoArms, steps: int) -> Arm | TwoArms:
    """Return the arm with the fewest epochs that make a number of steps.

    Where the two sides have different numbers of epochs, their ratio is
    kept.

    Args:
        arm: one arm, or both sides of it.
        steps: the minimum number of training steps.

    Returns:
        A copy of the arm; the original is not changed.
    """
    if isinstance(arm, TwoArms):
        longest = max(a.recipe.epochs for a in sides_of(arm).values())
        arms = []
        for side in sides_of(arm).values():
            share = side.recipe.epochs / longest
            whole = epochs_of(side, steps)
            cut = whole if share == 1 else min(whole - 1, round(share * whole))
            arms.append(of_epochs(side, max(cut, 1)))
        return TwoArms(*arms)
    return of_epochs(arm, epochs_of(arm, steps))


def of_epochs(arm: Arm, epochs: int) -> Arm:
    """Return a copy of an arm with another number of epochs.

    Args:
        arm: the arm.
        epochs: the new number of epochs.

    Returns:
        The copy.
    """
    changed = arm.recipe.model_copy(update={"epochs": epochs})
    return replace(arm, recipe=changed)


def epochs_of(arm: Arm, steps: int) -> int:
    """Return the number of epochs that make a number of steps, rounded up.

    Args:
        arm: the arm, whose data and batch size give the steps of an epoch.
        steps: the number of training steps.

    Returns:
        The number of epochs.
    """
    samples = arm.data.part_sizes()["train"]
    return -(-steps // steps_per_epoch(arm.recipe, samples))
