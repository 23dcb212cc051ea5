"""Minimal subclasses for schedules that Keras does not have."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from framework_parity.keras_impl.extensions import registered


@registered
class RisingCosine(keras.optimizers.schedules.LearningRateSchedule):
    """A cosine of half-period `steps`, which rises again afterwards.

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


@registered
class CompoundedSteps(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that each step t multiplies by `by`^⌊t / every⌋.

    rate · by^n, where n = every · c (c - 1) / 2 + c (t mod every + 1) is the
    sum of the exponents so far, and c = ⌊t / every⌋.
    """

    def __init__(self, rate: float, every: int, by: float) -> None:
        super().__init__()
        self.rate, self.every, self.by = rate, every, by

    def __call__(self, step: Any) -> Any:
        done = ops.convert_to_tensor(step)
        changes, rest = done // self.every, ops.mod(done, self.every)
        summed = self.every * (changes * (changes - 1) // 2)
        exponent = _exact(summed + changes * (rest + 1))
        by = np.array(self.by, keras.config.floatx())
        return self.rate * ops.power(ops.convert_to_tensor(by), exponent)

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, "every": self.every, "by": self.by}


@registered
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Half a cosine up from rate/start_over, and half a cosine down.

    The peak is at step rise · steps - 1. The end, rate/start_over/end_over,
    is at step steps - 1; the rate is constant afterwards.
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


@registered
class EachEpoch(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule of whole epochs: s(⌊t / steps_per_epoch⌋)."""

    def __init__(self, schedule: Any, steps_per_epoch: int) -> None:
        super().__init__()
        self.schedule, self.steps_per_epoch = schedule, steps_per_epoch

    def __call__(self, step: Any) -> Any:
        step = ops.convert_to_tensor(step)
        return self.schedule(step // self.steps_per_epoch)

    def get_config(self) -> dict[str, Any]:
        pack = keras.saving.serialize_keras_object
        return {
            "schedule": pack(self.schedule),
            "steps_per_epoch": self.steps_per_epoch,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        unpack = keras.saving.deserialize_keras_object
        return cls(unpack(config["schedule"]), config["steps_per_epoch"])


def _exact(step: Any) -> Any:
    """Return a step in the precision of `floatx`."""
    return ops.cast(step, keras.config.floatx())


def _half_cosine(done: Any) -> Any:
    """Return (1 + cos(π done)) / 2."""
    return (1 + ops.cos(math.pi * done)) / 2
