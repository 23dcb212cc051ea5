"""What a training run can be asked for, as one number.

A statistic is a function here, or in `common/metrics/probes.py`, where it asks
what the probes saw.
"""

import ast
import math
from typing import Any

import numpy as np

import framework_parity.common.metrics.probes  # noqa: F401 - enters what the probes saw
from framework_parity.common.metrics.registry import (
    STATISTICS,
    Need,
    Run,
    Statistic,
    classes,
    part,
    probe,
    statistic,
    watched,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import closest, nearest, shown
from framework_parity.common.spec.names.framework_names import kind_hint
from framework_parity.common.training.batches import rates, steps_per_epoch
from framework_parity.common.training.loop import Reduction
from framework_parity.common.training.record import Curve, Record


def _final(name: str, *needs: Need) -> None:
    """Enter what every record says of its end."""

    def value(run: Run) -> float:
        """What the record says of the end."""
        return run.record.final[name]

    STATISTICS[name] = Statistic(name, value, needs)


_final("parameters")
_final("epochs")
_final("best_epoch", watched)
for _part in ("train", "validation", "test"):
    _final(f"{_part}_loss", part(_part))
    _final(f"{_part}_accuracy", part(_part), classes)


@statistic()
def live_parameters(run: Run) -> float:
    """How many numbers the live model learnt, counted in it."""
    weights = run.record.weights
    return float(sum(weights[name].size for name in run.record.parameters))


@statistic(part("test"))
def gap(run: Run) -> float:
    """The loss on the test part less that on the training part."""
    final = run.record.final
    return final["test_loss"] - final["train_loss"]


@statistic(part("test"), classes)
def accuracy_gap(run: Run) -> float:
    """The accuracy on the training part less that on the test part."""
    final = run.record.final
    return final["train_accuracy"] - final["test_accuracy"]


@statistic()
def diverged(run: Run) -> float:
    """1 where the loss stops being a finite number, else 0."""
    return float(run.record.diverged_at is not None)


@statistic()
def diverged_at(run: Run) -> float:
    """The first step whose loss is not a finite number; else infinite."""
    step = run.record.diverged_at
    return math.inf if step is None else float(step)


@statistic()
def first_epoch(run: Run, curve: str, bound: float) -> float:
    """The first epoch at which a loss is as low, or an accuracy as high.

    Infinite where none is.
    """
    values = _evaluations(run, curve)
    reached = values >= bound if "accuracy" in curve else values <= bound
    epochs = run.record.epochs["epoch"][reached]
    return float(epochs[0]) if len(epochs) else math.inf


@statistic()
def lowest(run: Run, curve: str) -> float:
    """The least value of an evaluated curve."""
    return float(np.nanmin(_evaluations(run, curve)))


@statistic()
def last(run: Run, curve: str) -> float:
    """The last value of an evaluated curve, before weights are restored."""
    return float(_evaluations(run, curve)[-1])


@statistic()
def variance(run: Run, curve: str, after: float = 0) -> float:
    """The variance of an evaluated curve over the epochs after some."""
    later = run.record.epochs["epoch"] > after
    return float(np.var(_evaluations(run, curve)[later]))


def _evaluations(run: Run, curve: str) -> Curve:
    return run.record.epochs[curve]


@statistic()
def step_loss(run: Run, step: float) -> float:
    """The loss of a step's batch, before its update; steps count from 0."""
    return float(run.record.steps["loss"][int(step)])


@statistic(probe("gradient_norm"))
def gradient_norm(run: Run, tensor: str, step: float) -> float:
    """The norm of the loss's gradient by a tensor, at a step from 0 on."""
    column = run.record.parameters.index(tensor)
    return float(run.record.steps["gradient_norm"][int(step), column])


@statistic(probe("gradient_norm"))
def gradient_ratio(run: Run) -> float:
    """The first kernel's gradient norm over the last's: median of the steps.

    A step at which the last has no gradient is left out.
    """
    columns = [
        column
        for column, name in enumerate(run.record.parameters)
        if name.endswith("/kernel")
    ]
    norms = run.record.steps["gradient_norm"].astype(float)
    first, final = norms[:, columns[0]], norms[:, columns[-1]]
    counts = final > 0
    return float(np.median(first[counts] / final[counts]))


@statistic()
def steps(run: Run) -> float:
    """How many steps were trained, each of one batch."""
    return float(len(run.record.steps["loss"]))


@statistic(probe("gradient_norm"))
def gradient_noise(run: Run) -> float:
    """By how much the gradient's norm changes from one step to the next.

    The root mean square over the second half of the steps. The gradient is
    that of all parameters together. Between two steps the network hardly
    moves; what changes is which samples the batch holds.
    """
    norms = run.record.steps["gradient_norm"].astype(float)
    whole = np.sqrt((norms**2).sum(axis=1))
    changes = np.diff(whole[len(whole) // 2 :])
    return float(np.sqrt((changes**2).mean()))


@statistic()
def near_zero(run: Run, bound: float) -> float:
    """The share of the kernels' weights that are no larger than a bound."""
    return float((np.abs(kernels(run.record)) <= bound).mean())


@statistic()
def weight_norm(run: Run) -> float:
    """The Euclidean norm of all kernels together."""
    return float(np.linalg.norm(kernels(run.record)))


def kernels(record: Record) -> Curve:
    """Return the weights of all kernels, in one row."""
    names = [n for n in record.parameters if n.endswith("/kernel")]
    return np.concatenate([record.weights[name].ravel() for name in names])


def _has_index(arm: Arm, tensor: str, *index: float) -> str | None:
    """Return why a tensor has no number at an index, or None."""
    shape = arm.tensors[tensor]
    fits = len(index) == len(shape) and all(
        at == int(at) and -side <= at < side
        for at, side in zip(index, shape, strict=True)
    )
    return None if fits else f"{tensor} has the shape {shape}, got {index}"


@statistic(fits=_has_index)
def weight(run: Run, tensor: str, *index: float) -> float:
    """One number of a tensor at the end."""
    return float(run.record.weights[tensor][tuple(map(int, index))])


@statistic()
def unit_spread(run: Run, tensor: str) -> float:
    """How far the units of a kernel differ: largest deviation over units."""
    kernel = run.record.weights[tensor]
    return float(kernel.reshape(-1, kernel.shape[-1]).std(1).max())


@statistic()
def rate_error(run: Run) -> float:
    """How far the rates used are from what was said, relative, at most.

    Said is the schedule, times what a plateau leaves of the rate by its rule,
    given the run's own evaluations.
    """
    used = run.record.steps["rate"].astype(float)
    samples = run.arm.data.part_sizes()["train"]
    said = rates(run.arm.recipe, 0, len(used), samples)
    if run.arm.recipe.plateau:
        said = said * _left_by_plateau(
            run, steps_per_epoch(run.arm.recipe, samples)
        )
    return float(np.max(np.abs(used - said) / np.maximum(said, 1e-300)))


def _left_by_plateau(run: Run, steps: int) -> Curve:
    """Return what share of the rate each step is left with."""
    rule, lr = run.arm.recipe.plateau, run.arm.recipe.optimizer.lr
    assert rule is not None
    reduction = Reduction(rule, lr)
    left = []
    for value in _evaluations(run, rule.monitor):
        left.append(reduction.rate / lr)
        reduction.take(float(value))
    return np.repeat(left, steps)


@statistic()
def rate(run: Run, step: float) -> float:
    """The rate that a step used; -1 is the last."""
    return float(run.record.steps["rate"][int(step)])


@statistic()
def distance(one: Run, other: Run) -> float:
    """How far two arms' weights lie apart, relative to their size."""
    pairs = [
        (one.record.weights[name], other.record.weights[name])
        for name in one.record.parameters
    ]
    apart = math.sqrt(sum(float(((a - b) ** 2).sum()) for a, b in pairs))
    size = math.sqrt(sum(float((a**2).sum()) for a, _ in pairs))
    return apart / size


DISTANCE = "distance"


def falls(text: str) -> bool:
    """Whether less of a statistic is better, as of every loss."""
    return "loss" in text


def read_statistic(text: str) -> tuple[Statistic, tuple[Any, ...]]:
    """Return a statistic of one arm, and its arguments.

    Raises:
        ValueError: if it is none; a sentence.

    >>> read_statistic('near_zero(0.01)')[1]
    (0.01,)
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
        called = node.func if isinstance(node, ast.Call) else node
        given = node.args if isinstance(node, ast.Call) else []
        arguments = tuple(ast.literal_eval(each) for each in given)
        name = ast.unparse(called)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        name, arguments = text, ()
    known = [each for each in STATISTICS if each != DISTANCE]
    if name not in known:
        raise ValueError(
            kind_hint(name, known, "statistic")
            or f"got {shown(text)}, expected one of: "
            f"{closest(name, sorted(known))}{nearest(name, known)}"
        )
    return STATISTICS[name], arguments
