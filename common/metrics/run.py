"""Statistics of a training run, each one number.

Statistics of the probes' measurements are in `common/metrics/probes.py`.
"""

import ast
import math
from itertools import pairwise
from typing import Any

import numpy as np

import framework_parity.common.metrics.probes  # noqa: F401 - registers its statistics
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
from framework_parity.common.spec.layers.activations import Relu
from framework_parity.common.spec.layers.core import Dense
from framework_parity.common.spec.names.framework_names import kind_hint
from framework_parity.common.training.batches import rates, steps_per_epoch
from framework_parity.common.training.loop import Reduction
from framework_parity.common.training.record import Curve, Record

NAN = math.nan


def _final(name: str, *needs: Need) -> None:
    """Register a final metric of the record as a statistic."""

    def value(run: Run) -> float:
        """The value at the end of training."""
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
    """The number of trainable parameters, counted in the live model."""
    weights = run.record.weights
    return float(sum(weights[name].size for name in run.record.parameters))


@statistic(part("test"))
def gap(run: Run) -> float:
    """The loss on the test part minus that on the training part.

    The larger, the more overfitting, as with `accuracy_gap`.
    """
    final = run.record.final
    return final["test_loss"] - final["train_loss"]


@statistic(part("test"), classes)
def accuracy_gap(run: Run) -> float:
    """The accuracy on the training part minus that on the test part.

    The larger, the more overfitting, as with `gap`.
    """
    final = run.record.final
    return final["train_accuracy"] - final["test_accuracy"]


@statistic()
def diverged(run: Run) -> float:
    """1 where training diverges, else 0; see `Record.diverged_at`."""
    return float(run.record.diverged_at is not None)


@statistic()
def diverged_at(run: Run) -> float:
    """The step at which training diverges; infinite where it does not."""
    step = run.record.diverged_at
    return math.inf if step is None else float(step)


@statistic()
def first_epoch(run: Run, curve: str, bound: float) -> float:
    """The first epoch at which a loss or an accuracy reaches a bound.

    Infinite if there is none.
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
def highest(run: Run, curve: str) -> float:
    """The largest value of an evaluated curve."""
    return float(np.nanmax(_evaluations(run, curve)))


@statistic()
def last(run: Run, curve: str) -> float:
    """The last value of an evaluated curve, before weights are restored."""
    return float(_evaluations(run, curve)[-1])


@statistic()
def at_epoch(run: Run, curve: str, epoch: float) -> float:
    """The value of an evaluated curve after an epoch; NaN if there is none.

    Epochs count from 1. Training may have stopped before the epoch, or
    `evaluate_every` may have left it out.
    """
    chosen = run.record.epochs["epoch"] == epoch
    return float(_evaluations(run, curve)[chosen][0]) if chosen.any() else NAN


@statistic()
def rises(run: Run, curve: str) -> float:
    """The share of evaluations at which a curve is higher than before.

    0 for a curve that falls steadily. NaN if there is only one evaluation.
    """
    changes = np.diff(_evaluations(run, curve).astype(float))
    return float((changes > 0).mean()) if len(changes) else NAN


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
    """The norm of the gradient by a tensor at a step; steps count from 0."""
    column = run.record.parameters.index(tensor)
    return float(run.record.steps["gradient_norm"][int(step), column])


@statistic(probe("gradient_norm"))
def gradient_ratio(run: Run) -> float:
    """The first kernel's gradient norm over the last's: median of the steps.

    Steps at which the last kernel's gradient is 0 are left out.
    """
    norms = _kernel_norms(run)
    first, final = norms[:, 0], norms[:, -1]
    counts = final > 0
    return float(np.median(first[counts] / final[counts]))


@statistic(probe("gradient_norm"))
def gradient_spread(run: Run) -> float:
    """The largest kernel's gradient norm over the least: median of the steps.

    Steps at which all of them are 0 are left out.
    """
    norms = _kernel_norms(run)
    least, most = norms.min(axis=1), norms.max(axis=1)
    counts = most > 0
    with np.errstate(divide="ignore"):
        return float(np.median(most[counts] / least[counts]))


def _kernel_norms(run: Run) -> Curve:
    """Return the gradient norms of the kernels, of shape (steps, kernels)."""
    columns = [
        column
        for column, name in enumerate(run.record.parameters)
        if name.endswith("/kernel")
    ]
    return run.record.steps["gradient_norm"].astype(float)[:, columns]


@statistic()
def loss_noise(run: Run) -> float:
    """The change of the batch's loss from one step to the next.

    The root mean square over the second half of the steps.
    """
    losses = run.record.steps["loss"].astype(float)
    changes = np.diff(losses[len(losses) // 2 :])
    return float(np.sqrt((changes**2).mean()))


@statistic()
def steps(run: Run) -> float:
    """The number of training steps, each of one batch."""
    return float(len(run.record.steps["loss"]))


@statistic(probe("gradient_norm"))
def gradient_noise(run: Run) -> float:
    """The change of the gradient's norm from one step to the next.

    The root mean square over the second half of the steps. The gradient is
    that of all parameters together. Between two steps the network hardly
    changes; most of the difference comes from the samples of the batch.
    """
    norms = run.record.steps["gradient_norm"].astype(float)
    whole = np.sqrt((norms**2).sum(axis=1))
    changes = np.diff(whole[len(whole) // 2 :])
    return float(np.sqrt((changes**2).mean()))


@statistic()
def near_zero(run: Run, bound: float) -> float:
    """The share of the kernels' weights that are no larger than a bound."""
    return float((np.abs(kernels(run.record)) <= bound).mean())


def _has_units(arm: Arm) -> str | None:
    """Require a `relu` directly after a dense layer."""
    return None if _relu_kernels(arm) else "no 'relu' is after a dense layer"


@statistic(_has_units)
def nonpositive_units(run: Run) -> float:
    """The share of ReLU units none of whose incoming weights is positive.

    The final weights of the dense layers directly before a `relu`, without
    the biases; all layers are counted together. Such a unit is dead if its
    inputs are non-negative and its bias is not positive; with inputs of
    either sign it need not be.
    """
    weights = run.record.weights
    largest = [weights[name].max(0) for name in _relu_kernels(run.arm)]
    return float((np.concatenate(largest) <= 0).mean())


def _relu_kernels(arm: Arm) -> list[str]:
    return [
        f"{before.name}/kernel"
        for before, after in pairwise(arm.all_nodes)
        if isinstance(before.layer, Dense) and isinstance(after.layer, Relu)
    ]


@statistic()
def weight_norm(run: Run) -> float:
    """The Euclidean norm of all kernels together."""
    return float(np.linalg.norm(kernels(run.record)))


def kernels(record: Record) -> Curve:
    """Return the weights of all kernels as one vector."""
    names = [n for n in record.parameters if n.endswith("/kernel")]
    return np.concatenate([record.weights[name].ravel() for name in names])


def _has_index(arm: Arm, tensor: str, *index: float) -> str | None:
    """Return why a tensor has no element at an index, or None."""
    shape = arm.tensors[tensor]
    fits = len(index) == len(shape) and all(
        at == int(at) and -side <= at < side
        for at, side in zip(index, shape, strict=True)
    )
    return None if fits else f"{tensor} has the shape {shape}, got {index}"


@statistic(fits=_has_index)
def weight(run: Run, tensor: str, *index: float) -> float:
    """One element of a tensor at the end of training."""
    return float(run.record.weights[tensor][tuple(map(int, index))])


@statistic()
def unit_spread(run: Run, tensor: str) -> float:
    """The largest standard deviation of a kernel's weights over its units."""
    kernel = run.record.weights[tensor]
    return float(kernel.reshape(-1, kernel.shape[-1]).std(1).max())


@statistic()
def rate_error(run: Run) -> float:
    """The largest relative error of the learning rates used.

    The expected rate is that of the schedule, times the factor of a plateau
    by its rule, given the run's own evaluations.
    """
    used = run.record.steps["rate"].astype(float)
    samples = run.arm.data.part_sizes()["train"]
    expected = rates(run.arm.recipe, 0, len(used), samples)
    if run.arm.recipe.plateau:
        expected = expected * _left_by_plateau(
            run, steps_per_epoch(run.arm.recipe, samples)
        )
    return float(
        np.max(np.abs(used - expected) / np.maximum(expected, 1e-300))
    )


def _left_by_plateau(run: Run, steps: int) -> Curve:
    """Return the factor that a plateau applies to the rate of each step."""
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
    """The learning rate of a step; -1 is the last."""
    return float(run.record.steps["rate"][int(step)])


@statistic()
def distance(one: Run, other: Run) -> float:
    """The distance between two arms' weights, relative to their norm."""
    pairs = [
        (one.record.weights[name], other.record.weights[name])
        for name in one.record.parameters
    ]
    apart = math.sqrt(sum(float(((a - b) ** 2).sum()) for a, b in pairs))
    size = math.sqrt(sum(float((a**2).sum()) for a, _ in pairs))
    return apart / size


DISTANCE = "distance"


def falls(text: str) -> bool:
    """Return whether lower values are better, as for every loss."""
    return "loss" in text


def read_statistic(text: str) -> tuple[Statistic, tuple[Any, ...]]:
    """Parse a statistic of one arm and its arguments.

    Raises:
        ValueError: if there is no such statistic.

    >>> read_statistic('near_zero(0.01)')[1]
    (0.01,)
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
        called = node.func if isinstance(node, ast.Call) else node
        nodes = node.args if isinstance(node, ast.Call) else []
        arguments = tuple(ast.literal_eval(argument) for argument in nodes)
        name = ast.unparse(called)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        name, arguments = text, ()
    known = [key for key in STATISTICS if key != DISTANCE]
    if name not in known:
        raise ValueError(
            kind_hint(name, known, "statistic")
            or f"got {shown(text)}, expected one of: "
            f"{closest(name, sorted(known))}{nearest(name, known)}"
        )
    return STATISTICS[name], arguments
