"""What Keras has no class for: the smallest subclass for each."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops


class ChannelsFirstFlatten(keras.layers.Layer):
    """Flatten (n, h, w, c) in the order channel, height, width."""

    def call(self, x: Any) -> Any:
        moved = ops.transpose(x, (0, 3, 1, 2))
        return ops.reshape(moved, (ops.shape(x)[0], -1))

    def compute_output_shape(self, shape: Any) -> Any:
        return shape[0], shape[1] * shape[2] * shape[3]


class MaskedDropout(keras.layers.Dropout):
    """x · mask while training, x in evaluation.

    The mask holds 0 and 1 / (1 - rate); `mask` is set before each step.
    """

    mask: Any = None

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        return inputs * ops.cast(self.mask, inputs.dtype)


class RisingCosine(keras.optimizers.schedules.LearningRateSchedule):
    """A cosine that rises again after `steps`, for as long.

    rate · (alpha + (1 - alpha) (1 + cos(π t / steps)) / 2)
    """

    def __init__(self, rate: float, steps: int, alpha: float) -> None:
        super().__init__()
        self.rate, self.steps, self.alpha = rate, steps, alpha

    def __call__(self, step: Any) -> Any:
        # The period is taken off while the steps are whole numbers.
        turn = ops.mod(ops.convert_to_tensor(step), 2 * self.steps)
        fall = _half_cosine(_exact(turn) / self.steps)
        return self.rate * (self.alpha + (1 - self.alpha) * fall)

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, "steps": self.steps, "alpha": self.alpha}


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Half a cosine up from rate/start_over, half one down to its end.

    The peak is at step rise · steps - 1, the end, rate/start_over/end_over,
    at step steps - 1, and there it stays.
    """

    def __init__(
        self,
        rate: float,
        steps: int,
        rise: float,
        start_over: float,
        end_over: float,
    ) -> None:
        super().__init__()
        self.rate, self.steps, self.rise = rate, steps, rise
        self.start_over, self.end_over = start_over, end_over

    def __call__(self, step: Any) -> Any:
        peak, last = self.rise * self.steps - 1, self.steps - 1
        start = self.rate / self.start_over
        end = start / self.end_over
        done = ops.minimum(_exact(step), np.float64(last))
        up = _half_cosine(done / peak)
        down = _half_cosine((done - peak) / (last - peak))
        return ops.where(
            done <= peak,
            self.rate + (start - self.rate) * up,
            end + (self.rate - end) * down,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            "rate": self.rate,
            "steps": self.steps,
            "rise": self.rise,
            "start_over": self.start_over,
            "end_over": self.end_over,
        }


class EachEpoch(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that is asked with whole epochs: s(⌊t / steps_per_epoch⌋)."""

    def __init__(self, schedule: Any, steps_per_epoch: int) -> None:
        super().__init__()
        self.schedule, self.steps_per_epoch = schedule, steps_per_epoch

    def __call__(self, step: Any) -> Any:
        step = ops.convert_to_tensor(step)
        return self.schedule(step // self.steps_per_epoch)

    def get_config(self) -> dict[str, Any]:
        return {
            "schedule": self.schedule,
            "steps_per_epoch": self.steps_per_epoch,
        }


def _exact(step: Any) -> Any:
    """Return a step as a number of the precision in force."""
    return ops.cast(step, keras.config.floatx())


def _half_cosine(done: Any) -> Any:
    """Return (1 + cos(π done)) / 2."""
    return (1 + ops.cos(math.pi * done)) / 2


class GradientVelocitySGD(keras.optimizers.SGD):
    """SGD whose velocity sums gradients: b ← m b + g, p ← p - η b.

    With Nesterov's look-ahead, p ← p - η (g + m b).
    """

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        rate = ops.cast(rate, variable.dtype)
        velocity = self.momentums[self._get_variable_index(variable)]
        momentum = ops.cast(self.momentum, variable.dtype)
        self.assign(velocity, momentum * velocity + gradient)
        ahead = gradient + momentum * velocity if self.nesterov else velocity
        self.assign_sub(variable, rate * ahead)


class EpsilonAdam(keras.optimizers.Adam):
    """Adam with epsilon behind the corrected second moment.

    p ← p - η m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + ε)
    """

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        kind = variable.dtype
        rate, step = ops.cast(rate, kind), ops.cast(self.iterations + 1, kind)
        beta_1, beta_2 = (
            ops.cast(self.beta_1, kind),
            ops.cast(self.beta_2, kind),
        )
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        self.assign_add(m, (gradient - m) * (1 - beta_1))
        self.assign_add(v, (ops.square(gradient) - v) * (1 - beta_2))
        corrected_m = m / (1 - ops.power(beta_1, step))
        corrected_v = v / (1 - ops.power(beta_2, step))
        epsilon = ops.cast(self.epsilon, kind)
        self.assign_sub(
            variable, rate * corrected_m / (ops.sqrt(corrected_v) + epsilon)
        )
