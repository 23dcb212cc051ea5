"""Minimal classes for schedules that PyTorch does not have."""

import math
from collections.abc import Callable
from typing import Any

from torch import optim


class InverseTime:
    """Factor 1 / (1 + k t / every) at step t, for LambdaLR."""

    def __init__(self, k: float, every: int, staircase: bool) -> None:
        self.k, self.every, self.staircase = k, every, staircase

    def __call__(self, step: int) -> float:
        done = step / self.every
        return 1 / (1 + self.k * (int(done) if self.staircase else done))


class Staircase:
    """Factor by^⌊t / every⌋ at step t, for MultiplicativeLR."""

    def __init__(self, every: int, by: float) -> None:
        self.every, self.by = every, by

    def __call__(self, step: int) -> float:
        factor: float = self.by ** (step // self.every)
        return factor


class PolynomialTo:
    """Factor (1 - end) (1 - t / steps)^power + end, for LambdaLR."""

    def __init__(self, steps: int, power: float, end: float) -> None:
        self.steps, self.power, self.end = steps, power, end

    def __call__(self, step: int) -> float:
        left = 1 - min(step, self.steps) / self.steps
        fall: float = left**self.power
        return (1 - self.end) * fall + self.end


class CosineThenFlat:
    """Half a cosine from 1 to `final`, then constant, for LambdaLR.

    Before it, `warmup` steps rise linearly from `start`.
    """

    def __init__(
        self, steps: int, final: float, warmup: int = 0, start: float = 0.0
    ) -> None:
        self.steps, self.final = steps, final
        self.warmup, self.start = warmup, start

    def __call__(self, step: int) -> float:
        if step < self.warmup:
            return self.start + (1 - self.start) * step / self.warmup
        done = min(step - self.warmup, self.steps) / self.steps
        fall = (1 + math.cos(math.pi * done)) / 2
        return self.final + (1 - self.final) * fall


class LoweringRestarts:
    """Cosines one after another, each `peak` times as high, for LambdaLR.

    Step s of the i-th one, of Tᵢ = first · timesⁱ steps, has the factor
    final + (1 - final) peakⁱ (1 + cos(π s / Tᵢ)) / 2.
    """

    def __init__(
        self, first: int, times: int, peak: float, final: float
    ) -> None:
        self.first, self.times = first, times
        self.peak, self.final = peak, final

    def __call__(self, step: int) -> float:
        length, height = self.first, 1.0
        while step >= length:
            step, length = step - length, length * self.times
            height *= self.peak
        fall = height * (1 + math.cos(math.pi * step / length)) / 2
        return self.final + (1 - self.final) * fall


class EachEpoch:
    """A scheduler that is stepped every batch and changes once per epoch.

    PyTorch's schedulers count their own steps; this one forwards one step of
    every `steps_per_epoch`.
    """

    def __init__(
        self,
        optimizer: optim.Optimizer,
        scheduler: Callable[..., Any],
        steps_per_epoch: int,
        **kwargs: Any,
    ) -> None:
        self.scheduler = scheduler(optimizer, **kwargs)
        self.steps_per_epoch, self.taken = steps_per_epoch, 0

    def step(self) -> None:
        self.taken += 1
        if self.taken % self.steps_per_epoch == 0:
            self.scheduler.step()
