"""Schedules, in Keras: objects that are passed to the optimiser.

Each builder takes the spec, the optimiser's rate and the number of steps in
an epoch. Keras's own classes compute in float32, whatever the model's
precision: their relative error is 1e-7. Extension classes compute in
`floatx`.
"""

import math

from keras.optimizers import schedules

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.schedules import (
    Changing,
    ConstantRate,
    Cosine,
    CosineRestarts,
    Exponential,
    InverseTime,
    MultiStep,
    NaturalExponential,
    OneCycle,
    PolynomialDecay,
    StepDecay,
    WarmupCosine,
)
from framework_parity.keras_impl import schedule_extensions as extensions


def constant(spec: ConstantRate, lr: float, steps_per_epoch: int) -> Call:
    """ExponentialDecay by 1."""
    return call(schedules.ExponentialDecay, lr, 1, 1.0)


def step_decay(spec: StepDecay, lr: float, steps_per_epoch: int) -> Call:
    """ExponentialDecay with a staircase.

    Translation: a factor of the current rate needs a subclass; a function of
    LearningRateScheduler would have it, as it receives the current rate.
    """
    if spec.applied_to == "current":
        schedule = call(extensions.CompoundedSteps, lr, spec.every, spec.by)
    else:
        schedule = call(
            schedules.ExponentialDecay, lr, spec.every, spec.by, staircase=True
        )
    return _counted(spec, steps_per_epoch, schedule)


def multi_step(spec: MultiStep, lr: float, steps_per_epoch: int) -> Call:
    """PiecewiseConstantDecay.

    Translation: a boundary is the last step at the old rate, and the rates
    themselves are listed.
    """
    boundaries = [milestone - 1 for milestone in spec.milestones]
    values = [lr * spec.by**n for n in range(len(boundaries) + 1)]
    schedule = call(schedules.PiecewiseConstantDecay, boundaries, values)
    return _counted(spec, steps_per_epoch, schedule)


def exponential(spec: Exponential, lr: float, steps_per_epoch: int) -> Call:
    """ExponentialDecay."""
    schedule = call(
        schedules.ExponentialDecay,
        lr,
        spec.every,
        spec.by,
        staircase=spec.staircase,
    )
    return _counted(spec, steps_per_epoch, schedule)


def natural_exponential(
    spec: NaturalExponential, lr: float, steps_per_epoch: int
) -> Call:
    """ExponentialDecay."""
    schedule = call(schedules.ExponentialDecay, lr, 1, math.exp(-spec.k))
    return _counted(spec, steps_per_epoch, schedule)


def inverse_time(spec: InverseTime, lr: float, steps_per_epoch: int) -> Call:
    """InverseTimeDecay."""
    schedule = call(
        schedules.InverseTimeDecay,
        lr,
        spec.every,
        spec.k,
        staircase=spec.staircase,
    )
    return _counted(spec, steps_per_epoch, schedule)


def polynomial_decay(
    spec: PolynomialDecay, lr: float, steps_per_epoch: int
) -> Call:
    """PolynomialDecay.

    Translation: the end is a rate; its default is 0.0001.
    """
    schedule = call(
        schedules.PolynomialDecay,
        lr,
        spec.steps,
        end_learning_rate=spec.end,
        power=spec.power,
    )
    return _counted(spec, steps_per_epoch, schedule)


def cosine(spec: Cosine, lr: float, steps_per_epoch: int) -> Call:
    """CosineDecay.

    Translation: the rate is constant after the end; `rises` needs a subclass.
    The final value is a share of the rate.
    """
    rises = spec.past_end == "rises"
    schedule = call(
        extensions.RisingCosine if rises else schedules.CosineDecay,
        lr,
        spec.steps,
        alpha=spec.final,
    )
    return _counted(spec, steps_per_epoch, schedule)


def cosine_restarts(
    spec: CosineRestarts, lr: float, steps_per_epoch: int
) -> Call:
    """CosineDecayRestarts."""
    schedule = call(
        schedules.CosineDecayRestarts,
        lr,
        spec.first,
        t_mul=float(spec.times),
        m_mul=spec.peak,
        alpha=spec.final,
    )
    return _counted(spec, steps_per_epoch, schedule)


def warmup_cosine(spec: WarmupCosine, lr: float, steps_per_epoch: int) -> Call:
    """CosineDecay with a warm-up.

    Translation: the initial rate is that at the start of the warm-up.
    """
    schedule = call(
        schedules.CosineDecay,
        lr * spec.start,
        spec.steps,
        alpha=spec.final,
        warmup_target=lr,
        warmup_steps=spec.warmup,
    )
    return _counted(spec, steps_per_epoch, schedule)


def one_cycle(spec: OneCycle, lr: float, steps_per_epoch: int) -> Call:
    """A subclass.

    Translation: Keras has no class.
    """
    schedule = call(
        extensions.OneCycle,
        lr,
        spec.steps,
        rise=spec.rise,
        start_over=spec.start_over,
        end_over=spec.end_over,
    )
    return _counted(spec, steps_per_epoch, schedule)


def _counted(spec: Changing, steps_per_epoch: int, schedule: Call) -> Call:
    """Return the schedule, as a function of the epoch if it counts epochs."""
    if spec.per == "step":
        return schedule
    return call(extensions.EachEpoch, schedule, steps_per_epoch)
