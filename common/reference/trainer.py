"""A third opinion: the whole language, slowly, in NumPy float64.

`Trainer` offers what both backends offer, straight from the definitions in
this package. When two frameworks part, it says which one left. Nothing here
is fast, and nothing here is shared with either framework.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from framework_parity.common.data.spec import Part
from framework_parity.common.reference.passes import Pass
from framework_parity.common.reference.rounding import UNIT, roughly, sides
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
)
from framework_parity.common.spec.update_rule import State
from framework_parity.common.training.batches import Masks, Segment, masks_of
from framework_parity.common.training.record import Curve, Weights


def gradients(
    arm: Arm,
    weights: Weights,
    x: Array,
    y: npt.NDArray[Any],
    masks: Masks,
    rounding_variant: int = 0,
) -> tuple[float, Weights, Weights]:
    """Look at one training step of a batch.

    Args:
        arm: the network and its loss.
        weights: its tensors, learnt and kept.
        x: the batch's samples.
        y: its labels or targets.
        masks: the dropout factors of the step.
        rounding_variant: err, this way or that (`common.reference.rounding`),
        in the slope p - y
            as a framework may that rounds the prediction p first, and
            wherever else one may let larger terms cancel.

    Returns:
        The training loss, its gradient by each learnt tensor, and the new
        values of those that are kept.
    """
    run = Pass(weights, masks, rounding_variant)
    outputs, back = run.through(arm.places, x)
    back(_slope(arm, outputs, y, rounding_variant))
    found = {name: run.gradients[name] for name in arm.parameters}
    return _loss(arm, outputs, y, rounding_variant), found, run.kept


def _slope(
    arm: Arm, outputs: Array, y: npt.NDArray[Any], rounding_variant: int
) -> Array:
    slope = arm.recipe.loss.gradient(outputs, y)
    if rounding_variant:
        p = arm.recipe.loss.prediction().value(outputs)
        slope = slope + sides(p, rounding_variant) * UNIT * p / len(y)
    return slope


def _loss(
    arm: Arm, z: Array, y: npt.NDArray[Any], rounding_variant: int
) -> float:
    """Return the loss; if rough, one unit in the last place of z off.

    A cross-entropy is a difference of terms as large as the outputs z, and
    PyTorch's binary one, (1 - y) z - log sigmoid(z), takes it literally.
    """
    loss = arm.recipe.loss
    value = loss.value(z, y)
    if isinstance(loss, CrossEntropy | BinaryCrossEntropy):
        size = float(np.abs(z).mean())
        value = float(roughly(np.array(value), size, rounding_variant))
    return value


class _Renewed(State):
    """What an optimiser remembers, each time a unit of the old value off.

    A moving average is renewed as b v + (1 - b) g^2, or, as Keras's Adam
    does it, as v + (1 - b) (g^2 - v). Where v falls steeply the second is a
    difference of terms as large as the old v. No rounding changes a sign.
    """

    def __init__(self, state: State, rounding_variant: int) -> None:
        super().__init__(state)
        self.rounding_variant = rounding_variant

    def __setitem__(self, name: str, new: Array) -> None:
        size = np.maximum(np.abs(self[name]), np.abs(new))
        off = roughly(new, size, self.rounding_variant)
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
        rounding_variant: int = 0,
    ) -> None:
        self.arm, self.parts, self.gradient_norm = arm, parts, gradient_norm
        self.rounding_variant = rounding_variant
        self.values: Weights = {}
        self.state: dict[str, Weights] = {}
        self.waiting: list[Weights] = []
        self.taken, self.largest = 0, 0.0

    def reseed(self, seed: int) -> None:
        """Draw nothing, whatever the seed."""

    def load(self, weights: Weights) -> None:
        """Set all tensors and forget all that an optimiser knows."""
        self.values = {
            name: value.astype(np.float64) for name, value in weights.items()
        }
        self.taken, self.waiting, self.largest = 0, [], 0.0
        spec = self.arm.recipe.optimizer
        self.state = {n: spec.start(v) for n, v in self.values.items()}
        if self.rounding_variant:
            self.state = {
                name: _Renewed(state, self.rounding_variant)
                for name, state in self.state.items()
            }

    def weights(self) -> Weights:
        """Return a copy of all tensors, learnt or kept."""
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
            loss, found, kept = gradients(
                self.arm,
                self.values,
                *self.gather(indices),
                masks,
                self.rounding_variant,
            )
            loss, found = self._penalized(loss, found)
            losses.append(loss)
            norms.append([np.linalg.norm(g) for g in found.values()])
            self._update(found, float(segment.rates[step]))
            self.values |= kept
        curves = {"loss": np.array(losses), "rate": segment.rates}
        if self.gradient_norm:
            curves["gradient_norm"] = np.array(norms)
        return curves

    def _penalized(self, loss: float, found: Weights) -> tuple[float, Weights]:
        """Return the loss as it is reported, and the whole gradient."""
        penalty = self.arm.recipe.penalty
        if penalty is None:
            return loss, found
        return self._reported(loss), {
            name: self._summed(g, penalty.gradient(name, self._felt(name)))
            for name, g in found.items()
        }

    def _felt(self, name: str) -> Array:
        """Return a tensor as its penalty feels it: noise may be 0.

        L1 has a slope on either side of 0 and none there, and whether a
        weight that nothing pulls is 0, or 1e-18, or 1e-10 after Adam has
        divided noise by its epsilon, is a matter of rounding. Of the rough
        runs one half takes it for 0. Noise is small beside the largest
        weight so far: all of them may pass through 0 in one step.
        """
        value = self.values[name]
        if self.rounding_variant not in (-1, 2):
            return value
        sizes = [float(np.abs(v).max()) for v in self.values.values()]
        self.largest = max(self.largest, *sizes)
        return np.where(np.abs(value) <= UNIT**0.5 * self.largest, 0.0, value)

    def _summed(self, g: Array, slope: Array) -> Array:
        """Return a gradient with its penalty's.

        Where L1 holds a weight at 0, the two cancel, and what is left
        decides on which side of 0 the weight comes to lie.
        """
        size = np.maximum(np.abs(g), np.abs(slope))
        return roughly(g + slope, size, self.rounding_variant)

    def _reported(self, loss: float) -> float:
        penalty = self.arm.recipe.penalty
        if penalty is None or not penalty.reported:
            return loss
        learnt = {name: self.values[name] for name in self.arm.parameters}
        return loss + penalty.value(learnt)

    def _update(self, found: Weights, rate: float) -> None:
        recipe = self.arm.recipe
        if recipe.accumulation is not None:
            self.waiting.append(found)
            if len(self.waiting) < recipe.accumulation.batches:
                return
            found = _reduced(self.waiting, recipe.accumulation.reduction)
            self.waiting = []
        if recipe.clipping is not None:
            found = recipe.clipping.clip(found)
        self.taken += 1
        for name, gradient in found.items():
            self.values[name] = recipe.optimizer.update(
                name,
                self.values[name],
                self.state[name],
                gradient,
                rate,
                self.taken,
            )

    def evaluate(self, part: str) -> dict[str, float]:
        """Return the `loss` of a part, and its `accuracy` if it has one."""
        outputs = self.outputs(self.parts[part].x)[self.arm.places[-1].name]
        y, loss = self.parts[part].y, self.arm.recipe.loss
        value = self._reported(
            _loss(self.arm, outputs, y, self.rounding_variant)
        )
        return {"loss": value, **loss.metrics(outputs, y)}

    def predict(self, x: Array) -> Curve:
        """Return predictions: probabilities, or numbers in regression."""
        outputs = self.outputs(x)[self.arm.places[-1].name]
        return self.arm.recipe.loss.prediction().value(outputs)

    def outputs(self, x: Array) -> dict[str, Array]:
        """Return what leaves each place, inner first, in evaluation."""
        run = Pass(self.values, rounding_variant=self.rounding_variant)
        run.through(self.arm.places, x)
        return run.outputs

    def dropped(self, place: LayerNode, x: Array) -> tuple[Curve, Curve]:
        """Return numbers before and after a dropout with a mask of its own."""
        masks = {place.name: masks_of(place, (1, len(x)), 0, 0)[0]}
        y, _ = Pass({}, masks).through((place,), x)
        return x, y

    def gradients(self, segment: Segment) -> tuple[float, Weights]:
        """Return the loss and gradients of a segment's first step."""
        masks = {name: mask[0] for name, mask in segment.masks.items()}
        batch = self.gather(segment.indices[0])
        loss, found, _ = gradients(
            self.arm, self.values, *batch, masks, self.rounding_variant
        )
        return self._penalized(loss, found)

    def per_sample_gradients(
        self, x: Array, y: npt.NDArray[Any], names: list[str]
    ) -> Weights:
        """Return the loss's gradient by some tensors, of each sample alone."""
        found: dict[str, list[Array]] = {name: [] for name in names}
        for row in range(len(x)):
            one = slice(row, row + 1)
            run = Pass(self.values, rounding_variant=self.rounding_variant)
            outputs, back = run.through(self.arm.places, x[one])
            back(_slope(self.arm, outputs, y[one], self.rounding_variant))
            for name, each in found.items():
                each.append(run.gradients[name])
        return {name: np.stack(each) for name, each in found.items()}

    def dataset_arrays(self) -> Iterator[tuple[str, Curve, Curve]]:
        """Yield each part's name, x and y."""
        for name, part in self.parts.items():
            yield name, part.x, part.y

    def counts(self) -> dict[str, int]:
        """Return how many numbers each tensor has."""
        return {n: math.prod(s) for n, s in self.arm.tensors.items()}

    @staticmethod
    def devices() -> list[str]:
        """Return which of cpu, cuda and mps there are to compute on."""
        return ["cpu"]


def _reduced(waiting: list[Weights], reduction: str) -> Weights:
    share = 1.0 / len(waiting) if reduction == "mean" else 1.0
    return {
        name: share * np.sum([found[name] for found in waiting], axis=0)
        for name in waiting[0]
    }
