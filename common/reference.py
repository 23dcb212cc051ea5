"""A third opinion: the whole language, slowly, in NumPy float64.

`Trainer` offers what both backends offer, straight from the definitions in
this package. When two frameworks part, it says which one left. Nothing here
is fast, and nothing here is shared with either framework.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from common.batches import Masks, Segment
from common.data import Part
from common.definitions import Pass
from common.experiment import Arm
from common.layer import Array
from common.optimizers import SGD, Adam
from common.randomness import stream
from common.record import Curve, Weights, digest


def gradients(
    arm: Arm,
    weights: Weights,
    x: Array,
    y: npt.NDArray[Any],
    masks: Masks,
    rough: int = 0,
) -> tuple[float, Weights, Weights]:
    """Look at one training step of a batch.

    Args:
        arm: the network and its loss.
        weights: its tensors, learnt and kept.
        x: the batch's samples.
        y: its labels or targets.
        masks: the dropout factors of the step.
        rough: err in the loss's slope p - y as a framework may that rounds
            the prediction p first, by one unit in the last place of p:
            always upwards (1), always downwards (-1), or to either side, as
            a larger number's stream decides for each step and sample.

    Returns:
        The training loss, its gradient by each learnt tensor, and the new
        values of those that are kept.
    """
    run = Pass(weights, masks)
    outputs, back = run.through(arm.places, x)
    slope = arm.recipe.loss.gradient(outputs, y)
    if rough:
        p = arm.recipe.loss.prediction().value(outputs)
        sides: Any = rough
        if rough > 1:
            purpose = "rough", digest({"p": p})
            sides = stream(rough, *purpose).choice([-1.0, 1.0], p.shape)
        slope = slope + sides * np.finfo(np.float64).eps * p / len(y)
    back(slope)
    found = {name: run.gradients[name] for name in arm.parameters}
    return arm.recipe.loss.value(outputs, y), found, run.kept


class Trainer:
    """One network with its data, in NumPy; see `common.loop.Trainer`."""

    def __init__(
        self,
        arm: Arm,
        parts: dict[str, Part],
        dtype: str = "float64",
        seed: int = 0,
        gradient_norm: bool = False,
        rough: int = 0,
    ) -> None:
        self.arm, self.parts, self.gradient_norm = arm, parts, gradient_norm
        self.rough = rough
        self.values: Weights = {}
        self.state: dict[str, Weights] = {}
        self.taken = 0

    def load(self, weights: Weights) -> None:
        """Set all tensors and forget all that an optimiser knows."""
        self.values = {
            name: value.astype(np.float64) for name, value in weights.items()
        }
        self.taken = 0
        zeros = {name: np.zeros_like(v) for name, v in self.values.items()}
        self.state = {"first": dict(zeros), "second": dict(zeros)}

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
                self.rough,
            )
            losses.append(loss)
            norms.append([np.linalg.norm(g) for g in found.values()])
            self._update(found, float(segment.rates[step]))
            self.values |= kept
        curves = {"loss": np.array(losses), "rate": segment.rates}
        if self.gradient_norm:
            curves["gradient_norm"] = np.array(norms)
        return curves

    def _update(self, found: Weights, rate: float) -> None:
        self.taken += 1
        spec = self.arm.recipe.optimizer
        for name, gradient in found.items():
            if isinstance(spec, SGD):
                move = self._sgd(spec, name, gradient, rate)
            else:
                move = self._adam(spec, name, gradient, rate)
            self.values[name] = self.values[name] - move

    def _sgd(self, spec: SGD, name: str, g: Array, rate: float) -> Array:
        buffers = self.state["first"]
        if spec.velocity == "of_steps":
            g, rate = rate * g, 1.0
        buffers[name] = spec.momentum * buffers[name] + g
        ahead = g + spec.momentum * buffers[name]
        return np.asarray(rate * (ahead if spec.nesterov else buffers[name]))

    def _adam(self, spec: Adam, name: str, g: Array, rate: float) -> Array:
        first, second = self.state["first"], self.state["second"]
        first[name] = spec.beta_1 * first[name] + (1 - spec.beta_1) * g
        second[name] = spec.beta_2 * second[name] + (1 - spec.beta_2) * g**2
        correction = 1 - spec.beta_2**self.taken
        m = first[name] / (1 - spec.beta_1**self.taken)
        if spec.epsilon_placement == "epsilon":
            root = np.sqrt(second[name] / correction) + spec.epsilon
        else:
            root = np.sqrt(second[name]) + spec.epsilon
            root = root / np.sqrt(correction)
        return np.asarray(rate * m / root)

    def evaluate(self, part: str) -> dict[str, float]:
        """Return the `loss` of a part, and its `accuracy` if it has one."""
        outputs = self.outputs(self.parts[part].x)[self.arm.places[-1].name]
        y, loss = self.parts[part].y, self.arm.recipe.loss
        return {"loss": loss.value(outputs, y), **loss.metrics(outputs, y)}

    def predict(self, x: Array) -> Curve:
        """Return predictions: probabilities, or numbers in regression."""
        outputs = self.outputs(x)[self.arm.places[-1].name]
        return self.arm.recipe.loss.prediction().value(outputs)

    def outputs(self, x: Array) -> dict[str, Array]:
        """Return what leaves each place, inner first, in evaluation."""
        run = Pass(self.values)
        run.through(self.arm.places, x)
        return run.outputs

    def gradients(self, segment: Segment) -> tuple[float, Weights]:
        """Return the loss and gradients of a segment's first step."""
        masks = {name: mask[0] for name, mask in segment.masks.items()}
        batch = self.gather(segment.indices[0])
        loss, found, _ = gradients(
            self.arm, self.values, *batch, masks, self.rough
        )
        return loss, found

    def held(self) -> dict[str, tuple[Curve, Curve]]:
        """Return x, y of each part."""
        return {name: (part.x, part.y) for name, part in self.parts.items()}

    def counts(self) -> dict[str, int]:
        """Return how many numbers each tensor has."""
        return {n: math.prod(s) for n, s in self.arm.tensors.items()}

    @staticmethod
    def devices() -> list[str]:
        """Return which of cpu, cuda and mps there are to compute on."""
        return ["cpu"]
