"""The ladder: from the bytes of the data to independent seeds.

Cheapest rung first; a rung that fails names what failed and ends the climb.
Before two frameworks are said to disagree, the NumPy reference is heard. It
shares nothing with either, so how far it stays from the *nearer* of the two
is rounding that no nudge may have shown; the floor is not below that. If they
still disagree, it says which of them left.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias, TypeVar, get_args

import numpy as np
from threadpoolctl import threadpool_limits

from framework_parity.common.choices import Dtype, Rung
from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.two_sided.arms import TwoArms, sides_of
from framework_parity.common.training.batches import steps_per_epoch
from framework_parity.common.training.record import Curve
from framework_parity.comparisons.ladder.attribution import (
    third_opinion,
    which_is_off,
)
from framework_parity.comparisons.ladder.initial_weights import (
    draws,
    judge_draws,
)
from framework_parity.comparisons.ladder.noise_floor import (
    Comparison,
    PerturbedRuns,
    compare_tensor,
    length,
)
from framework_parity.comparisons.ladder.statistics import (
    Equivalence,
    compare_samples,
    train_independently,
)
from framework_parity.comparisons.ladder.thresholds import (
    NUDGES,
    ROUGH,
    SEEDS,
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
from framework_parity.comparisons.workers.pool import (
    LABELS,
    Progress,
    WorkerPair,
)

RUNGS: tuple[Rung, ...] = get_args(Rung)

HEARD = ", counting the rounding that the NumPy reference shows"

# The reference as it is, then with its predictions rounded.
REFERENCES = (
    reference.Trainer,
    *(partial(reference.Trainer, rounding_variant=side) for side in ROUGH),
)

Heard = TypeVar("Heard")


def reference_runs(
    task: Callable[..., Heard], **arguments: Any
) -> list[Heard]:
    """Return what a task comes to with each of the references.

    In one thread: their products are small, and on a busy machine a second
    thread costs ten times what it brings. Overflow is no error there: where
    training diverges, it does so in the reference, too.
    """
    with threadpool_limits(1), np.errstate(all="ignore"):
        return [task(trainer, **arguments) for trainer in REFERENCES]


StepInspections: TypeAlias = tuple[tasks.StepInspection, tasks.StepInspection]
Tensors: TypeAlias = dict[str, Curve]


@dataclass
class LadderResult:
    """How far one arm got.

    Attributes:
        arm: what was judged.
        verdicts: one for each rung that was reached.
        trajectory: the comparison of that rung, if it was reached.
        statistics: likewise.
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
    """Climb the ladder with one arm.

    Args:
        pair: the two workers.
        arm: what to judge; where it has two sides, each framework trains
            its own, and the verdicts say where they part.
        seed: of the weights, the order and the masks.
        steps: how long a trajectory is, rounded up to whole epochs; the
            recipe's own number of epochs does not matter.
        level: the last rung to climb.
        dtype: the precision; float64 is what proves an agreement.
        progress: called with the backend, the steps done and in all.
        seeds: runs in each framework on the rung of statistics, with the
            recipe's own number of epochs, in float32.
        margin: see `compare_samples`.
    """
    result = LadderResult(arm)
    # For all rungs but the last, so that each framework compiles it once.
    long = lengthened(arm, steps)
    surveys = pair.ask(
        "inspect_step", arm=long, seed=seed, dtype=dtype, nudges=NUDGES
    )
    both: StepInspections = surveys["torch"], surveys["keras"]
    inside = both
    if isinstance(arm, TwoArms):
        inside = Sides(arm).surveys(*both)
    for rung in RUNGS[: RUNGS.index(level) + 1]:
        if rung == "data":
            verdict = _compare_data(arm, both[0].data, both[1].data)
        elif rung == "structure":
            verdict = _compare_structure(arm, both)
        elif rung == "trajectory":
            result.trajectory, verdict = _run_trajectory(
                pair, long, seed, dtype, progress
            )
        elif rung == "initial":
            drawn = draws(pair, arm, seed, progress)
            verdict = judge_draws(arm, drawn, seed)
        elif rung == "statistics":
            apart = train_independently(pair, arm, seeds, seed, progress)
            result.statistics = compare_samples(
                apart["torch"], apart["keras"], margin
            )
            verdict = result.statistics.verdict(arm.name)
        else:
            verdict = _run_inside(rung, arm, seed, dtype, inside)
        result.verdicts.append(verdict)
        if verdict.outcome == "disagree":
            break
    return result


def lengthened(arm: Arm | TwoArms, steps: int) -> Arm | TwoArms:
    """Return the arm with just enough epochs for so many steps.

    Of two sides, the one with fewer epochs keeps its share of the other's.
    """
    if isinstance(arm, TwoArms):
        longest = max(a.recipe.epochs for a in sides_of(arm).values())
        found = []
        for each in sides_of(arm).values():
            share = each.recipe.epochs / longest
            whole = epochs_of(each, steps)
            cut = whole if share == 1 else min(whole - 1, round(share * whole))
            found.append(of_epochs(each, max(cut, 1)))
        return TwoArms(*found)
    return of_epochs(arm, epochs_of(arm, steps))


def of_epochs(arm: Arm, epochs: int) -> Arm:
    """Return the arm with another number of epochs."""
    changed = arm.recipe.model_copy(update={"epochs": epochs})
    return replace(arm, recipe=changed)


def epochs_of(arm: Arm, steps: int) -> int:
    """Return how many epochs so many steps are, rounded up."""
    samples = arm.data.part_sizes()["train"]
    return -(-steps // steps_per_epoch(arm.recipe, samples))


# What a snapshot holds for each of the rungs that look inside one step.
INSIDE = {"forward": "outputs", "gradient": "gradients", "step": "stepped"}


def _compare_data(
    arm: Arm | TwoArms, torch: dict[str, str], keras: dict[str, str]
) -> Verdict:
    names = [*torch, *(name for name in keras if name not in torch)]
    odd = [name for name in names if torch.get(name) != keras.get(name)]
    if not odd:
        verb = "is" if len(names) == 1 else "are"
        said = f"{counted(len(names), 'digest')} {verb} the same"
        return Verdict("data", arm.name, "agree", sentence=said)
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
        "data", arm.name, "disagree", np.inf, None, None, odd[0], said
    )


def _compare_structure(arm: Arm | TwoArms, both: StepInspections) -> Verdict:
    arms = sides_of(arm)
    for (backend, label), inspect_step in zip(
        LABELS.items(), both, strict=True
    ):
        own = arms[backend]
        said: dict[str, Any] = {p.name: p.output_shape for p in own.all_nodes}
        for name, shape in own.tensors.items():
            said[name] = math.prod(shape)
        live = inspect_step.shapes | inspect_step.counts
        for name in [*said, *live]:
            if said.get(name) != live.get(name):
                return Verdict(
                    "structure",
                    arm.name,
                    "disagree",
                    np.inf,
                    where=name,
                    suspect=backend,
                    sentence=f"{name} has {_shown(live.get(name))} in "
                    f"{label}, where the spec says {_shown(said.get(name))}",
                )
    if isinstance(arm, TwoArms):
        return judge_structure(arm)
    return Verdict(
        "structure",
        arm.name,
        "agree",
        sentence=f"{counted(len(arm.all_nodes), 'layer')}, "
        f"{counted(arm.parameter_count, 'parameter')} in the spec and in "
        "both",
    )


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)


def _run_inside(
    rung: Rung,
    arm: Arm | TwoArms,
    seed: int,
    dtype: Dtype,
    both: StepInspections,
) -> Verdict:
    """Judge one of the rungs inside a step; hear the reference in doubt."""
    verdict = _judge_inside(rung, arm, _compare_inside(rung, both))
    if verdict.outcome != "disagree":
        return verdict
    truth = sides_of(arm)["torch"]
    references = reference_runs(
        tasks.inspect_step, arm=truth, seed=seed, dtype=dtype, nudges=()
    )
    if dtype == "float64":
        compared = _compare_inside(rung, both, references)
        verdict = _judge_inside(rung, arm, compared)
    if verdict.outcome != "disagree":
        verdict.sentence += HEARD
        return verdict
    if isinstance(arm, TwoArms):
        return _of_two_sides(rung, arm, seed, verdict)
    where = str(verdict.where)
    values = [
        _tensors(inspect_step, rung)[where]
        for inspect_step in (references[0], *both)
    ]
    return _with_opinion(verdict, *values)


def _of_two_sides(
    rung: Rung, arm: TwoArms, seed: int, verdict: Verdict
) -> Verdict:
    """Say what the two sides start from, where that already differs.

    Which of them is off is no question here: they are to differ.
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
    ratios = {name: found.worst()[0] for name, found in compared.items()}
    where = max(ratios, key=lambda name: ratios[name])
    agrees = ratios[where] <= TIMES_FLOOR
    if not agrees and rung == "forward":
        # The first layer that differs is the one to look at.
        where = next(n for n, ratio in ratios.items() if ratio > TIMES_FLOOR)
    what = {"forward": "the output", "gradient": "the gradient"}.get(
        rung, "the value after one step"
    )
    name = "the loss" if where == "loss" else f"{what} of {where}"
    return Verdict(
        rung=rung,
        arm=arm.name,
        given="agree" if agrees else "disagree",
        worst_ratio=ratios[where],
        where=where,
        sentence=compared[where].said(name, 0),
        suspect=compared[where].unstable_backend(0),
    )


def _compare_inside(
    rung: Rung,
    both: StepInspections,
    references: Sequence[tasks.StepInspection] = (),
) -> dict[str, Comparison]:
    torch, keras = (_tensors(inspect_step, rung) for inspect_step in both)

    def perturbed_runs(name: str) -> PerturbedRuns:
        own = [
            [
                (_tensors(s, rung)[name], _tensors(s, rung, nudge)[name])
                for nudge in range(1, len(s.snapshots))
            ]
            for s in both
        ]
        return own[0], own[1]

    others = [_tensors(third, rung) for third in references]
    group = max(map(length, torch.values()))
    return {
        name: compare_tensor(
            value,
            keras[name],
            perturbed_runs(name),
            [other[name] for other in others],
            group,
        )
        for name, value in torch.items()
    }


def _tensors(
    inspect_step: tasks.StepInspection, rung: Rung, nudge: int = 0
) -> Tensors:
    found: Tensors = getattr(inspect_step.snapshots[nudge], INSIDE[rung])
    return found


def _run_trajectory(
    pair: WorkerPair,
    arm: Arm | TwoArms,
    seed: int,
    dtype: Dtype,
    progress: Progress | None,
) -> tuple[Trajectory, Verdict]:
    """Train in both and judge; hear the reference in doubt."""
    found = pair.ask(
        "train",
        progress,
        arm=arm,
        seed=seed,
        dtype=dtype,
        nudges=NUDGES,
        gradient_norm=True,
    )
    torch, keras = found["torch"], found["keras"]
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
        verdict.sentence += HEARD
        return trajectory, verdict
    if isinstance(arm, TwoArms):
        trajectory.say_where_first(verdict)
        return trajectory, verdict
    values = [
        value
        for record in (references[0], torch[0], keras[0])
        if (value := trajectory.value(record, verdict)) is not None
    ]
    if len(values) == 3:
        _with_opinion(verdict, *values)
    return trajectory, verdict


def _with_opinion(
    verdict: Verdict, truth: Curve, torch: Curve, keras: Curve
) -> Verdict:
    """Let the reference say which framework is off.

    Where it contradicts what one was accused of, nobody is named.
    """
    off = which_is_off(truth, torch, keras)
    if off and verdict.suspect not in (None, off):
        off = verdict.suspect = None
    elif off:
        verdict.suspect = off
    verdict.sentence += third_opinion(truth, torch, keras, off)
    return verdict
