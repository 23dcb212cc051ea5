"""Schedules, in Keras; performed as they are, and given to the optimiser.

Each takes the optimiser's rate and the steps of an epoch. Keras's own
classes compute in float32, whatever the model's precision: they are right to
1e-7 of the rate. Where Keras has no class, ours computes in `floatx`.
"""

import math

from keras.optimizers import schedules

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.schedules import (
    Changing,
    Constant,
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
from framework_parity.keras_impl import extensions


def constant(spec: Constant, lr: float, steps_per_epoch: int) -> Call:
    """A rate alone, as a decay by nothing."""
    return call(schedules.ExponentialDecay, lr, 1, 1.0)


def step_decay(spec: StepDecay, lr: float, steps_per_epoch: int) -> Call:
    """ExponentialDecay, in stairs."""
    said = call(
        schedules.ExponentialDecay, lr, spec.every, spec.by, staircase=True
    )
    return _counted(spec, steps_per_epoch, said)


def multi_step(spec: MultiStep, lr: float, steps_per_epoch: int) -> Call:
    """PiecewiseConstantDecay.

    Translation: a boundary is the last step at the old rate, and the rates
    themselves are listed.
    """
    boundaries = [milestone - 1 for milestone in spec.milestones]
    values = [lr * spec.by**n for n in range(len(boundaries) + 1)]
    said = call(schedules.PiecewiseConstantDecay, boundaries, values)
    return _counted(spec, steps_per_epoch, said)


def exponential(spec: Exponential, lr: float, steps_per_epoch: int) -> Call:
    """ExponentialDecay."""
    said = call(
        schedules.ExponentialDecay,
        lr,
        spec.every,
        spec.by,
        staircase=spec.staircase,
    )
    return _counted(spec, steps_per_epoch, said)


def natural_exponential(
    spec: NaturalExponential, lr: float, steps_per_epoch: int
) -> Call:
    """ExponentialDecay."""
    said = call(schedules.ExponentialDecay, lr, 1, math.exp(-spec.k))
    return _counted(spec, steps_per_epoch, said)


def inverse_time(spec: InverseTime, lr: float, steps_per_epoch: int) -> Call:
    """InverseTimeDecay."""
    said = call(
        schedules.InverseTimeDecay,
        lr,
        spec.every,
        spec.k,
        staircase=spec.staircase,
    )
    return _counted(spec, steps_per_epoch, said)


def polynomial_decay(
    spec: PolynomialDecay, lr: float, steps_per_epoch: int
) -> Call:
    """PolynomialDecay.

    Translation: the end is a rate, and 0.0001 where nothing is said.
    """
    said = call(
        schedules.PolynomialDecay,
        lr,
        spec.steps,
        end_learning_rate=spec.end,
        power=spec.power,
    )
    return _counted(spec, steps_per_epoch, said)


def cosine(spec: Cosine, lr: float, steps_per_epoch: int) -> Call:
    """CosineDecay.

    Translation: past its end it stays; `rises` needs a subclass. Its end is
    a share of the rate.
    """
    rises = spec.past_end == "rises"
    said = call(
        extensions.RisingCosine if rises else schedules.CosineDecay,
        lr,
        spec.steps,
        alpha=spec.final,
    )
    return _counted(spec, steps_per_epoch, said)


def cosine_restarts(
    spec: CosineRestarts, lr: float, steps_per_epoch: int
) -> Call:
    """CosineDecayRestarts."""
    said = call(
        schedules.CosineDecayRestarts,
        lr,
        spec.first,
        t_mul=float(spec.times),
        m_mul=spec.peak,
        alpha=spec.final,
    )
    return _counted(spec, steps_per_epoch, said)


def warmup_cosine(spec: WarmupCosine, lr: float, steps_per_epoch: int) -> Call:
    """CosineDecay with a warm-up.

    Translation: the initial rate is where the warm-up begins.
    """
    said = call(
        schedules.CosineDecay,
        lr * spec.start,
        spec.steps,
        alpha=spec.final,
        warmup_target=lr,
        warmup_steps=spec.warmup,
    )
    return _counted(spec, steps_per_epoch, said)


def one_cycle(spec: OneCycle, lr: float, steps_per_epoch: int) -> Call:
    """A subclass.

    Translation: Keras has no class.
    """
    said = call(
        extensions.OneCycle,
        lr,
        spec.steps,
        rise=spec.rise,
        start_over=spec.start_over,
        end_over=spec.end_over,
    )
    return _counted(spec, steps_per_epoch, said)


def _counted(spec: Changing, steps_per_epoch: int, said: Call) -> Call:
    """Return the schedule, asked with whole epochs if it counts those."""
    if spec.per == "step":
        return said
    return call(extensions.EachEpoch, said, steps_per_epoch)
