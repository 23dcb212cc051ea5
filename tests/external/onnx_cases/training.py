"""Dropout, losses and optimisers."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.external.calculations import Arrays, Forward, Loss, Steps
from tests.external.onnx_cases.case import (
    DIRECT,
    EACH,
    FOLDED,
    LAYOUT,
    Case,
    Node,
    NotExpressible,
    Way,
)
from tests.external.onnx_cases.layout import as_rows, rows_along

Values = dict[str, Any]

# The largest number of samples whose own loss is computed.
ALONE = 24


def dropout(case: Case, node: Node, values: Values) -> list[Way]:
    """Return the ways to write a dropout, under the case's own mask."""
    x = values[node.inputs[0]]
    training = bool(values[node.inputs[2]]) if node.inputs[2:] else False
    ratio = node.get("ratio", 0.5) if case.opset < 12 else 0.5
    if node.inputs[1:] and node.inputs[1]:
        ratio = float(values[node.inputs[1]])
    kept = np.ones(x.shape)
    if training:
        kept = case.shipped[1] if case.shipped[1:] else case.shipped[0] != 0
    factors = kept / (1 - ratio)

    def way(name: str, data: np.ndarray) -> Way:
        masks: Arrays = {"dropout_1": factors.reshape(data.shape)}
        item = Forward(
            [{"dropout": float(ratio)}],
            data,
            training=training,
            masks=masks if training else {},
        )

        def join(results: list[Arrays]) -> dict[int, np.ndarray]:
            return {0: results[0]["outputs"].reshape(x.shape)}

        return Way(name, DIRECT, [item], join)

    ways = [way("vectors", as_rows(x))]
    return ways + ([way("images", x[None])] if x.ndim == 3 else [])


def cross_entropy(case: Case, node: Node, values: Values) -> list[Way]:
    """Return the way to write a loss of logits and labels."""
    z, y = (values[name] for name in node.inputs[:2])
    if node.inputs[2:] and node.inputs[2]:
        raise NotExpressible("class weights in a loss", node.op)
    ignored = node.get("ignore_index")
    if ignored is not None and (y == ignored).any():
        raise NotExpressible("ignore_index in a loss", node.op)
    rows, undo = rows_along(z, 1)
    labels = y.reshape(-1).astype(np.int64)
    reduction = node.get("reduction", "mean")
    some = np.linspace(0, len(rows) - 1, min(len(rows), ALONE)).astype(int)
    alone = np.unique(some) if reduction == "none" else np.array([], int)
    item = Loss(
        "cross_entropy",
        rows,
        labels,
        z.shape[1],
        tuple(int(row) for row in alone),
    )

    def join(results: list[Arrays]) -> dict[int, np.ndarray]:
        [result] = results
        values = {
            "mean": result["loss"],
            "sum": result["loss"] * len(rows),
            "none": result["alone"],
        }
        outputs = {0: values[reduction]}
        if len(case.outputs) > 1:
            outputs[1] = np.log(undo(result["predictions"]))
        return outputs

    how = {"none": EACH, "sum": FOLDED}.get(reduction, LAYOUT)
    if reduction == "mean" and z.ndim == 2:
        how = DIRECT
    chosen = {0: alone} if reduction == "none" else {}
    return [Way(f"cross_entropy, {reduction}", how, [item], join, chosen)]


@dataclass(frozen=True)
class _Update:
    """The tensors of an optimiser's case, with their gradients and state."""

    rate: float
    count: int
    arrays: list[np.ndarray]
    per_tensor: int

    @staticmethod
    def of(node: Node, values: Values, per_tensor: int) -> "_Update":
        rate, count, *arrays = (values[name] for name in node.inputs)
        return _Update(float(rate), int(count), arrays, per_tensor)

    @property
    def tensors(self) -> list[list[np.ndarray]]:
        """For each tensor its value, its gradient and its state."""
        number = len(self.arrays) // self.per_tensor
        return [self.arrays[n::number] for n in range(number)]


def _last(results: list[Arrays]) -> dict[int, np.ndarray]:
    return {n: result["path"][-1] for n, result in enumerate(results)}


def momentum(node: Node, values: Values) -> list[Way]:
    """Return the way to write a step with momentum.

    A first step at a rate of zero sets the velocity and changes nothing.
    """
    update = _Update.of(node, values, 3)
    if update.count > 0 and node.get("beta") != 1.0:
        raise NotExpressible("a dampening other than 0", "Momentum's beta")
    decay = float(node.get("norm_coefficient"))
    fields = {
        "lr": update.rate,
        "momentum": float(node.get("alpha")),
        "nesterov": node.get("mode") == "nesterov",
        "velocity": "of_gradients",
        "weight_decay": decay,
        "decay": "coupled",
    }
    items = [
        Steps(
            {"sgd": fields},
            x,
            np.stack([velocity - velocity.dtype.type(decay) * x, gradient]),
            np.array([0.0, 1.0]),
        )
        for x, gradient, velocity in update.tensors
    ]
    name = "sgd, its velocity set by a step at a rate of 0"
    return [Way(name, DIRECT, [*items], _last)]


def adagrad(node: Node, values: Values) -> list[Way]:
    """Return the way to write a step of Adagrad.

    The language starts all sums of squares with one value, so each number is
    a separate network.
    """
    update = _Update.of(node, values, 3)
    fields = {
        "lr": update.rate / (1 + update.count * node.get("decay_factor")),
        "epsilon": float(node.get("epsilon")),
        "epsilon_placement": "outside_root",
        "weight_decay": float(node.get("norm_coefficient")),
        "decay": "coupled",
    }
    items = [
        Steps(
            {"adagrad": fields | {"initial_accumulator": float(total[k])}},
            x[k : k + 1],
            gradient[None, k : k + 1],
        )
        for x, gradient, total in update.tensors
        for k in range(len(x))
    ]

    def join(results: list[Arrays]) -> dict[int, np.ndarray]:
        flat = np.concatenate([result["path"][-1] for result in results])
        ends = np.cumsum([len(x) for x, _, _ in update.tensors])[:-1]
        return dict(enumerate(np.split(flat, ends)))

    return [Way("adagrad, one number at a time", DIRECT, [*items], join)]


def adam(node: Node, values: Values) -> list[Way]:
    """Return the way to write a step of Adam with given moments.

    At T = 0 ONNX corrects no bias and the language always does, so the rate
    cancels the correction.
    """
    update = _Update.of(node, values, 4)
    if node.get("norm_coefficient_post"):
        raise NotExpressible("a decay after the step", "Adam")
    if update.count != 0:
        raise NotExpressible("a step from the middle of a run", "Adam")
    beta_1, beta_2 = float(node.get("alpha")), float(node.get("beta"))
    fields = {
        "lr": update.rate * (1 - beta_1) / math.sqrt(1 - beta_2),
        "beta_1": beta_1,
        "beta_2": beta_2,
        "epsilon": float(node.get("epsilon")),
        "epsilon_placement": "epsilon_hat",
        "bias_correction": "double",
        "weight_decay": float(node.get("norm_coefficient")),
        "decay": "coupled",
    }
    items = [
        Steps({"adam": fields}, x, gradient[None], moments=(first, second))
        for x, gradient, first, second in update.tensors
    ]
    name = "adam, its moments put into the live optimiser"
    return [Way(name, FOLDED, [*items], _last)]
