"""A reference implementation of the whole language, in NumPy float64.

`Trainer` has the interface of both backends and follows the definitions in
this package directly. When the two frameworks differ, it shows which of them
deviates from the specification. It is slow, and shares no code with either
framework.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from framework_parity.common.data.spec import Part
from framework_parity.common.reference.passes import Pass
from framework_parity.common.reference.rounding import (
    EXACT,
    Rounding,
    roughly,
    sides,
)
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.losses import (
    BinaryLoss,
    CrossEntropy,
)
from framework_parity.common.spec.update_rule import State
from framework_parity.common.training.batches import Masks, Segment, draw_masks
from framework_parity.common.training.record import Curve, Tensors


def gradients(
    arm: Arm,
    weights: Tensors,
    x: Array,
    y: npt.NDArray[Any],
    masks: Masks,
    rounding: Rounding = EXACT,
) -> tuple[float, Tensors, Tensors]:
    """Compute the loss and the gradients of one training step.

    Args:
        arm: the network and its loss.
        weights: its tensors, trainable or not.
        x: the samples of the batch.
        y: their labels or targets.
        masks: the dropout factors of the step.
        rounding: the perturbation (`common.reference.rounding`) of
            the slope p - y, as a framework may round the prediction p first,
            and of every other formula in which larger terms may cancel.

    Returns:
        The training loss, its gradient by each trainable tensor, and the new
        values of the others.
    """
    run = Pass(weights, masks, rounding)
    outputs, back = run.through(arm.nodes, x)
    back(_slope(arm, outputs, y, rounding))
    grads = {name: run.gradients[name] for name in arm.parameters}
    return _loss(arm, outputs, y, rounding), grads, run.kept


def _slope(
    arm: Arm, outputs: Array, y: npt.NDArray[Any], rounding: Rounding
) -> Array:
    slope = arm.recipe.loss.gradient(outputs, y)
    if rounding:
        p = arm.recipe.loss.prediction().value(outputs)
        slope = slope + sides(p, rounding.side) * rounding.unit * p / len(y)
    return slope


def _loss(
    arm: Arm, z: Array, y: npt.NDArray[Any], rounding: Rounding
) -> float:
    """Return the loss, perturbed by one unit in the last place of z.

    A cross-entropy is a difference of terms as large as the outputs z;
    PyTorch's binary one is computed as (1 - y) z - log sigmoid(z).
    """
    loss = arm.recipe.loss
    value = loss.value(z, y)
    if isinstance(loss, CrossEntropy | BinaryLoss):
        size = float(np.abs(z).mean())
        value = float(roughly(np.array(value), size, rounding))
    return value


class _Renewed(State):
    """The state of an optimiser, each update perturbed by one unit.

    A moving average is updated as b v + (1 - b) g^2, or, as in Keras's Adam,
    as v + (1 - b) (g^2 - v). Where v falls steeply, the second form is a
    difference of terms as large as the old v. The perturbation never changes
    a sign.
    """

    def __init__(self, state: State, rounding: Rounding) -> None:
        super().__init__(state)
        self.rounding = rounding

    def __setitem__(self, name: str, new: Array) -> None:
        size = np.maximum(np.abs(self[name]), np.abs(new))
        off = roughly(new, size, self.rounding)
        kept = np.where(np.sign(off) == np.sign(new), off, new)
        super().__setitem__(name, kept)


class Trainer:
    """One network with its data, in NumPy.

    See `common.training.loop.Trainer`.
    """

    def __init__(
        self,
        arm: Arm,
        parts: dict[str, Part],
        dtype: str = "float64",
        seed: int = 0,
        gradient_norm: bool = False,
        rounding: Rounding = EXACT,
    ) -> None:
        self.arm, self.parts, self.gradient_norm = arm, parts, gradient_norm
        self.rounding = rounding
        self.values: Tensors = {}
        self.state: dict[str, Tensors] = {}
        self.waiting: list[Tensors] = []
        self.taken, self.largest = 0, 0.0

    def reseed(self, seed: int) -> None:
        """Do nothing: the reference has no random generator."""

    def load(self, weights: Tensors) -> None:
        """Set all tensors and reset the optimiser's state."""
        self.values = {
            name: value.astype(np.float64) for name, value in weights.items()
        }
        self.taken, self.waiting, self.largest = 0, [], 0.0
        spec = self.arm.recipe.optimizer
        self.state = {n: spec.start(v) for n, v in self.values.items()}
        if self.rounding:
            self.state = {
                name: _Renewed(state, self.rounding)
                for name, state in self.state.items()
            }

    def weights(self) -> Tensors:
        """Return a copy of all tensors, trainable or not."""
        return {name: value.copy() for name, value in self.values.items()}

    def gather(self, indices: npt.NDArray[np.int64]) -> tuple[Curve, Curve]:
        """Return the batch x, y of these rows."""
        train = self.parts["train"]
        return train.x[indices], train.y[indices]

    def steps(self, segment: Segment) -> dict[str, Curve]:
        """Train, and return the curves that `Record.steps` describes."""
        losses, norms = [], []
        for step, indices in enumerate(segment.indices):
            masks = {name: m[step] for name, m in segment.masks.items()}
            loss, grads, kept = gradients(
                self.arm,
                self.values,
                *self.gather(indices),
                masks,
                self.rounding,
            )
            loss, grads = self._penalized(loss, grads)
            losses.append(loss)
            norms.append([np.linalg.norm(g) for g in grads.values()])
            self._update(grads, float(segment.rates[step]))
            self.values |= kept
        curves = {"loss": np.array(losses), "rate": segment.rates}
        if self.gradient_norm:
            curves["gradient_norm"] = np.array(norms)
        return curves

    def _penalized(self, loss: float, grads: Tensors) -> tuple[float, Tensors]:
        """Return the reported loss, and the gradient with the penalty's."""
        penalty = self.arm.recipe.penalty
        if penalty is None:
            return loss, grads
        return self._reported(loss), {
            name: self._summed(g, penalty.gradient(name, self._felt(name)))
            for name, g in grads.items()
        }

    def _felt(self, name: str) -> Array:
        """Return a tensor for its penalty, in which noise may be set to 0.

        The slope of L1 is discontinuous at 0, and rounding decides whether a
        weight with no other gradient is 0, or 1e-18, or 1e-10 after Adam has
        divided noise by its epsilon. Half of the perturbed runs take it for
        0. Noise is small relative to the largest weight so far, since all
        current weights may pass through 0 in one step.
        """
        value = self.values[name]
        if self.rounding.side not in (-1, 2):
            return value
        sizes = [float(np.abs(v).max()) for v in self.values.values()]
        self.largest = max(self.largest, *sizes)
        return np.where(
            np.abs(value) <= self.rounding.unit**0.5 * self.largest, 0.0, value
        )

    def _summed(self, g: Array, slope: Array) -> Array:
        """Return the sum of a gradient and that of its penalty.

        Where L1 keeps a weight at 0, the two cancel, and the remainder
        decides on which side of 0 the weight lies.
        """
        size = np.maximum(np.abs(g), np.abs(slope))
        return roughly(g + slope, size, self.rounding)

    def _reported(self, loss: float) -> float:
        penalty = self.arm.recipe.penalty
        if penalty is None or not penalty.reported:
            return loss
        trainable = {name: self.values[name] for name in self.arm.parameters}
        return loss + penalty.value(trainable)

    def _update(self, grads: Tensors, rate: float) -> None:
        recipe = self.arm.recipe
        if recipe.accumulation is not None:
            self.waiting.append(grads)
            if len(self.waiting) < recipe.accumulation.batches:
                return
            grads = _reduced(self.waiting, recipe.accumulation.reduction)
            self.waiting = []
        if recipe.clipping is not None:
            grads = recipe.clipping.clip(grads)
        self.taken += 1
        for name, gradient in grads.items():
            self.values[name] = recipe.optimizer.update(
                self.values[name],
                self.state[name],
                gradient,
                rate * recipe.lr_factor_of(name),
                self.taken,
                recipe.weight_decay_of(name),
            )

    def evaluate(
        self, part: str, masks: Masks | None = None
    ) -> dict[str, float]:
        """Return the `loss` of a part, and its `accuracy` if it has one.

        Args:
            part: the part of the data, evaluated as one batch.
            masks: None in evaluation mode. In training mode what each layer
                draws, of shape (1, samples, *shape).

        Returns:
            The metrics by name.
        """
        given = None
        if masks is not None:
            given = {name: mask[0] for name, mask in masks.items()}
        run = Pass(self.values, given, self.rounding)
        outputs, _ = run.through(self.arm.nodes, self.parts[part].x)
        self.values |= run.kept
        y = self.parts[part].y
        value = self._reported(_loss(self.arm, outputs, y, self.rounding))
        return {"loss": value, **self.arm.metrics(outputs, y)}

    def predict(self, x: Array) -> Curve:
        """Return predictions: probabilities, or numbers in regression."""
        outputs = self.outputs(x)[self.arm.nodes[-1].name]
        return self.arm.recipe.loss.prediction().value(outputs)

    def outputs(self, x: Array) -> dict[str, Array]:
        """Return the output of each layer in evaluation, inner ones first."""
        run = Pass(self.values, rounding=self.rounding)
        run.through(self.arm.nodes, x)
        return run.outputs

    def dropped(self, node: LayerNode, x: Array) -> tuple[Curve, Curve]:
        """Return the input and output of a dropout with a mask of its own.

        Args:
            node: the dropout.
            x: the input, of shape (samples, *node.input_shape).
        """
        masks = {node.name: draw_masks(node, (1, len(x)), 0, 0)[0]}
        y, _ = Pass({}, masks).through((node,), x)
        return x, y

    def gradients(self, segment: Segment) -> tuple[float, Tensors]:
        """Return the loss and gradients of a segment's first step."""
        masks = {name: mask[0] for name, mask in segment.masks.items()}
        batch = self.gather(segment.indices[0])
        loss, grads, _ = gradients(
            self.arm, self.values, *batch, masks, self.rounding
        )
        return self._penalized(loss, grads)

    def per_sample_gradients(
        self, x: Array, y: npt.NDArray[Any], names: list[str]
    ) -> Tensors:
        """Return the gradients of the loss of each single sample.

        Args:
            x: the samples, of shape (samples, *input_shape).
            y: their labels or targets.
            names: the tensors to differentiate by.

        Returns:
            The gradients by name, each of shape (samples, *tensor).
        """
        grads: dict[str, list[Array]] = {name: [] for name in names}
        for row in range(len(x)):
            sample = slice(row, row + 1)
            run = Pass(self.values, rounding=self.rounding)
            outputs, back = run.through(self.arm.nodes, x[sample])
            back(_slope(self.arm, outputs, y[sample], self.rounding))
            for name, rows in grads.items():
                rows.append(run.gradients[name])
        return {name: np.stack(rows) for name, rows in grads.items()}

    def dataset_arrays(self) -> Iterator[tuple[str, Curve, Curve]]:
        """Yield each part's name, x and y."""
        for name, part in self.parts.items():
            yield name, part.x, part.y

    def counts(self) -> dict[str, int]:
        """Return the number of elements of each tensor."""
        return {n: math.prod(s) for n, s in self.arm.tensors.items()}

    @staticmethod
    def devices() -> list[str]:
        """Return the available devices: only the CPU."""
        return ["cpu"]


def _reduced(waiting: list[Tensors], reduction: str) -> Tensors:
    share = 1.0 / len(waiting) if reduction == "mean" else 1.0
    return {
        name: share * np.sum([grads[name] for grads in waiting], axis=0)
        for name in waiting[0]
    }
