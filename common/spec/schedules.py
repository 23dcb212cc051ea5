"""Schedules: the learning rate as a function of the step.

`factor(t)` multiplies the optimiser's rate; t = 0 is the first update. Every
schedule but `constant` counts updates, or with `per: epoch` the completed
epochs: PyTorch's schedulers count calls of `step()`, wherever in the loop
these are, and Keras's schedules always count updates.

The rates are computed here, in float64, and set in both frameworks, so that
the rounding of a framework's own schedule has no effect.
`torch_impl/schedules.py` and `keras_impl/schedules.py` build each schedule
with the framework's own class.
"""

import math
from itertools import pairwise
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from framework_parity.common.spec.node import (
    Fraction,
    NotNegative,
    Positive,
    PositiveInt,
    SpecNode,
    StrictBool,
    TaggedUnion,
)

Factor = Annotated[float, Field(strict=True, gt=0, le=1)]
AtLeastOne = Annotated[float, Field(strict=True, ge=1)]
Unit = Literal["step", "epoch"]


class ConstantRate(SpecNode, title="Constant"):
    """The same rate at every step."""

    def factor(self, step: int, lr: float = 1.0) -> float:
        """Return 1."""
        return 1.0

    def rate(self, step: int, lr: float, steps_per_epoch: int) -> float:
        """Return `lr`."""
        return lr


class Changing(SpecNode):
    """A rate that changes.

    Attributes:
        per: whether `factor` is a function of the number of completed
            updates (`step`) or of completed epochs (`epoch`).
    """

    per: Unit = "step"

    def factor(self, step: int, lr: float = 1.0) -> float:
        """Return the factor of the optimiser's rate.

        Args:
            step: the number of completed updates, or epochs.
            lr: the optimiser's rate, for an `end` that is a rate.

        Returns:
            The factor.
        """
        raise NotImplementedError

    def rate(self, step: int, lr: float, steps_per_epoch: int) -> float:
        """Return the learning rate of one update.

        Args:
            step: the number of completed updates.
            lr: the optimiser's rate.
            steps_per_epoch: the number of updates of an epoch.

        Returns:
            The learning rate.
        """
        count = step if self.per == "step" else step // steps_per_epoch
        return lr * self.factor(count, lr)


class StepDecay(Changing):
    """Multiply the rate by `by` after every `every` steps.

    PyTorch's StepLR; in Keras ExponentialDecay with `staircase`.

    The factor by^⌊t / every⌋ belongs to the initial rate. Keras's
    LearningRateScheduler passes the current rate to its function, and
    PyTorch's MultiplicativeLR multiplies the current rate by that of its
    function. If the same factor is applied there, all factors so far
    multiply, and the rate falls faster and faster.

    >>> decay = StepDecay(every=2, by=0.5)
    >>> [decay.factor(step) for step in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    >>> decay = StepDecay(every=2, by=0.5, applied_to="current")
    >>> [decay.factor(step) for step in range(6)]
    [1.0, 1.0, 0.5, 0.25, 0.0625, 0.015625]

    Attributes:
        every: the number of steps between two changes of the factor.
        by: what each change multiplies the factor by.
        applied_to: whether the factor by^⌊t / every⌋ multiplies the
            `initial` rate, or at each step the `current` one.
    """

    every: PositiveInt
    by: Factor
    applied_to: Literal["initial", "current"] = "initial"

    def factor(self, step: int, lr: float = 1.0) -> float:
        """Return by^n: n is ⌊step / every⌋, or its sum up to the step."""
        changes, rest = divmod(step, self.every)
        if self.applied_to == "initial":
            return self.by**changes
        # 0 + 1 + … + (changes - 1), each `every` times, and the steps since.
        summed = self.every * changes * (changes - 1) // 2
        return float(self.by ** (summed + changes * (rest + 1)))


class MultiStep(Changing):
    """Multiply the rate by `by` at each of the steps `at`.

    A milestone of PyTorch's MultiStepLR is the first step at the new rate, a
    boundary of Keras's PiecewiseConstantDecay the last at the old one.

    >>> torch = MultiStep(at=(2, 4), by=0.5, boundary="first_new")
    >>> [torch.factor(step) for step in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    >>> keras = MultiStep(at=(2, 4), by=0.5, boundary="last_old")
    >>> [keras.factor(step) for step in range(6)]
    [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]

    Attributes:
        at: the steps, strictly increasing.
        by: the factor at each of them.
        boundary: whether a step in `at` is the first at the new rate or the
            last at the old one.
    """

    at: tuple[PositiveInt, ...] = Field(min_length=1)
    by: Factor
    boundary: Literal["first_new", "last_old"]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if any(later <= earlier for earlier, later in pairwise(self.at)):
            raise PydanticCustomError(
                "not_rising",
                "{text}",
                {"text": f"got at: {list(self.at)}, expected rising steps"},
            )
        return self

    @property
    def milestones(self) -> tuple[int, ...]:
        """The first step at each new rate."""
        late = self.boundary == "last_old"
        return tuple(step + late for step in self.at)

    def factor(self, step: int, lr: float = 1.0) -> float:
        """Return by^n, where n milestones are at or before `step`."""
        return self.by ** sum(
            step >= milestone for milestone in self.milestones
        )


class Exponential(Changing):
    """Multiply the rate by `by` over every `every` steps, smoothly.

    PyTorch's ExponentialLR has `every` 1; Keras's ExponentialDecay has all
    fields. With `staircase` it is `step_decay`.

    >>> [Exponential(by=0.5).factor(step) for step in range(4)]
    [1.0, 0.5, 0.25, 0.125]
    >>> Exponential(by=0.25, every=2).factor(3)
    0.125
    >>> Exponential(by=0.25, every=2, staircase=True).factor(3)
    0.25
    """

    shorthand_field = "by"
    by: Factor
    every: PositiveInt = 1
    staircase: StrictBool = False

    def factor(self, step: int, lr: float = 1.0) -> float:
        """Return by^(step / every); `staircase` rounds the exponent down."""
        done = step / self.every
        return float(self.by ** (math.floor(done) if self.staircase else done))


class NaturalExponential(Changing):
    """Let the rate decay as e^(-k t), the textbook's exponential decay.

    The same curve as `exponential` with by = e^-k, which is what both
    frameworks receive; neither has a parameter k.

    >>> decay = NaturalExponential(k=0.5)
    >>> [round(decay.factor(step), 3) for step in range(4)]
    [1.0, 0.607, 0.368, 0.223]
    """

    shorthand_field = "k"
    k: Positive

    def factor(self, step: int, lr: float = 1.0) -> float:
        """Return exp(-k step)."""
        return math.exp(-self.k * step)


class InverseTime(Changing):
    """Let the rate fall as 1 / (1 + k t), "1/t decay" (Robbins, Monro 1951).

    Keras's InverseTimeDecay; PyTorch has no such class.

    >>> decay = InverseTime(k=1.0)
    >>> [round(decay.factor(step), 3) for step in range(4)]
    [1.0, 0.5, 0.333, 0.25]
    >>> InverseTime(k=1.0, every=2, staircase=True).factor(3)
    0.5
    """

    shorthand_field = "k"
    k: Positive
    every: PositiveInt = 1
    staircase: StrictBool = False

    def factor(self, step: int, lr: float = 1.0) -> float:
        """Return 1 / (1 + k step / every); `staircase` rounds step / every."""
        done = step / self.every
        return 1.0 / (1.0 + self.k * (int(done) if self.staircase else done))


class PolynomialDecay(Changing):
    """Fall to the rate `end` in `steps`, as a power of what is left; stay.

    The default power is 1 in both frameworks, a straight line. `end` is a
    rate, not a factor: Keras's PolynomialDecay ends at 0.0001, whatever the
    initial rate, PyTorch's PolynomialLR at 0.

    >>> line = PolynomialDecay(steps=4, end=0.0)
    >>> [line.factor(step) for step in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    >>> PolynomialDecay(steps=4, end=0.1).factor(4, lr=0.2)
    0.5
    """

    shorthand_field = "steps"
    steps: PositiveInt
    power: Positive = 1.0
    end: NotNegative

    def factor(self, step: int, lr: float = 1.0) -> float:
        """Return (1 - e) (1 - step / steps)^power + e, with e = end / lr."""
        end = self.end / lr
        left = 1.0 - min(step, self.steps) / self.steps
        return float((1.0 - end) * left**self.power + end)


class Cosine(Changing):
    """Fall along half a cosine to `final` times the rate.

    Loshchilov and Hutter 2017, eq. 5, without restarts. After its end
    PyTorch's CosineAnnealingLR rises again, as the cosine does; Keras's
    CosineDecay stays constant.

    >>> cosine = Cosine(steps=4, past_end="stays")
    >>> [round(cosine.factor(step), 3) for step in range(7)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0, 0.0]
    >>> cosine = Cosine(steps=4, past_end="rises")
    >>> [round(cosine.factor(step), 3) for step in range(7)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.146, 0.5]
    """

    shorthand_field = "steps"
    steps: PositiveInt
    final: Fraction = 0.0
    past_end: Literal["stays", "rises"]

    def factor(self, step: int, lr: float = 1.0) -> float:
        """Return final + (1 - final) (1 + cos(π step / steps)) / 2."""
        stays = self.past_end == "stays"
        done = min(step, self.steps) if stays else step % (2 * self.steps)
        return half_cosine(done / self.steps, self.final)


class CosineRestarts(Changing):
    """Fall along half a cosine again and again, each time for longer.

    Loshchilov and Hutter 2017 (SGDR), eq. 5. PyTorch's
    CosineAnnealingWarmRestarts keeps the length by default (T_mult 1),
    Keras's CosineDecayRestarts doubles it (t_mul 2).

    >>> sgdr = CosineRestarts(first=2, times=2)
    >>> [round(sgdr.factor(step), 3) for step in range(8)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0, 0.962]

    Attributes:
        first: the number of steps of the first period.
        times: the length of each period relative to the one before.
        peak: the rate at each restart relative to the one before (Keras's
            m_mul; PyTorch always restarts at the full rate).
        final: the factor at the end of each period.
    """

    shorthand_field = "first"
    first: PositiveInt
    times: PositiveInt
    peak: Factor = 1.0
    final: Fraction = 0.0

    def factor(self, step: int, lr: float = 1.0) -> float:
        """Return final + (1 - final) peakⁱ (1 + cos(π s / Tᵢ)) / 2.

        The i-th period has Tᵢ = first · timesⁱ steps; s of them are done.
        """
        length, height = self.first, 1.0
        if self.times == 1:
            height = self.peak ** (step // length)
            step = step % length
        while step >= length:
            step, length = step - length, length * self.times
            height *= self.peak
        return half_cosine(step / length, self.final, height)


class WarmupCosine(Changing):
    """Rise in a straight line to the rate, then fall as `cosine`, and stay.

    The warmup is that of Goyal et al. 2017, section 2.2. In Keras it is
    CosineDecay with `warmup_steps`, whose `decay_steps` begin after the
    warmup too. PyTorch's chain of LinearLR and CosineAnnealingLR is the same
    up to the end, but cannot begin at 0.

    >>> warm = WarmupCosine(warmup=2, steps=4)
    >>> [round(warm.factor(step), 3) for step in range(8)]
    [0.0, 0.5, 1.0, 0.854, 0.5, 0.146, 0.0, 0.0]

    Attributes:
        warmup: the number of steps of the rise.
        steps: the number of steps of the fall.
        start: the factor at the beginning of the rise.
        final: the factor at the end of the fall.
    """

    warmup: PositiveInt
    steps: PositiveInt
    start: Fraction = 0.0
    final: Fraction = 0.0

    def factor(self, step: int, lr: float = 1.0) -> float:
        """Return start + (1 - start) step / warmup, then the cosine."""
        if step < self.warmup:
            return self.start + (1.0 - self.start) * step / self.warmup
        done = min(step - self.warmup, self.steps) / self.steps
        return half_cosine(done, self.final)


class OneCycle(Changing):
    """Rise along half a cosine to the rate and fall to almost nothing; stay.

    Smith and Topin 2018, as in PyTorch's OneCycleLR: the optimiser's rate is
    the highest, the momentum does not cycle, and the peak is at step
    rise · steps - 1, between two steps if that is not an integer. Keras has
    no such class; PyTorch's raises an error after its end.

    >>> cycle = OneCycle(steps=10)
    >>> [round(cycle.factor(step), 3) for step in range(5)]
    [0.04, 0.52, 1.0, 0.95, 0.812]
    >>> cycle.factor(9) == cycle.factor(10) == 1 / 25 / 1e4
    True

    Attributes:
        steps: the number of steps of the cycle.
        rise: the share of the steps in which the rate rises.
        start_over: the highest rate divided by the initial rate.
        end_over: the initial rate divided by the final rate.
    """

    shorthand_field = "steps"
    steps: Annotated[int, Field(strict=True, ge=2)]
    rise: Annotated[float, Field(strict=True, gt=0, lt=1)] = 0.3
    start_over: AtLeastOne = 25.0
    end_over: AtLeastOne = 1e4

    @model_validator(mode="after")
    def _has_a_peak(self) -> Self:
        if self.rise * self.steps <= 1:
            raise PydanticCustomError(
                "no_peak",
                "{text}",
                {
                    "text": f"got rise {self.rise} of {self.steps} steps, "
                    "expected more than one step"
                },
            )
        return self

    def factor(self, step: int, lr: float = 1.0) -> float:
        """Return the cosine from 1/start_over to 1, then to the end rate."""
        start = 1.0 / self.start_over
        peak, last = self.rise * self.steps - 1, self.steps - 1
        if step <= peak:
            return between(start, 1.0, step / peak)
        done = (min(step, last) - peak) / (last - peak)
        return between(1.0, start / self.end_over, done)


def half_cosine(done: float, final: float, height: float = 1.0) -> float:
    """Return final + (1 - final) height (1 + cos(π done)) / 2.

    Args:
        done: the completed share of the period, from 0 to 1.
        final: the factor at the end.
        height: the height of the period.

    Returns:
        The factor.

    >>> half_cosine(0.0, 0.2), half_cosine(1.0, 0.2)
    (1.0, 0.2)
    """
    fall = height * (1.0 + math.cos(math.pi * done)) / 2.0
    return final + (1.0 - final) * fall


def between(start: float, end: float, done: float) -> float:
    """Interpolate from `start` to `end` along half a cosine.

    Args:
        start: the value at 0.
        end: the value at 1.
        done: the completed share, from 0 to 1.

    Returns:
        The interpolated value.

    >>> between(2.0, 4.0, 0.0), between(2.0, 4.0, 1.0)
    (2.0, 4.0)
    """
    return end + (start - end) / 2.0 * (1.0 + math.cos(math.pi * done))


Schedule: TypeAlias = Annotated[
    ConstantRate
    | StepDecay
    | MultiStep
    | Exponential
    | NaturalExponential
    | InverseTime
    | PolynomialDecay
    | Cosine
    | CosineRestarts
    | WarmupCosine
    | OneCycle,
    TaggedUnion(),
]
