"""Schedules, read from Keras's.

Values that a schedule stores as rates are read as shares of its initial rate.
"""

from typing import Any

from keras.optimizers import schedules

from framework_parity.common.codegen.introspection import shortest
from framework_parity.common.spec.schedules import (
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
    Unit,
    WarmupCosine,
)
from framework_parity.keras_impl import schedule_extensions as extensions


def constant(live: Any) -> ConstantRate | None:
    """ExponentialDecay by 1."""
    if type(live) is not schedules.ExponentialDecay or live.staircase:
        return None
    return ConstantRate() if live.decay_rate == 1 else None


def step_decay(live: Any) -> StepDecay | None:
    """ExponentialDecay with a staircase, or this project's subclass."""
    live, per = _counted(live)
    if type(live) is extensions.CompoundedSteps:
        return StepDecay(
            every=live.every, by=live.by, applied_to="current", per=per
        )
    if type(live) is not schedules.ExponentialDecay or not live.staircase:
        return None
    return StepDecay(every=live.decay_steps, by=live.decay_rate, per=per)


def multi_step(live: Any) -> MultiStep | None:
    """PiecewiseConstantDecay, if each rate is the one before times a factor.

    Its boundaries are the last steps at an old rate.
    """
    live, per = _counted(live)
    if type(live) is not schedules.PiecewiseConstantDecay:
        return None
    lr, second, *_ = live.values
    by = shortest(lambda by: lr * by, second, second / lr)
    rates = [lr * by**n for n in range(len(live.values))]
    if rates != list(live.values):
        return None
    at = tuple(boundary + 1 for boundary in live.boundaries)
    return MultiStep(at=at, by=by, boundary="first_new", per=per)


def exponential(live: Any) -> Exponential | None:
    """ExponentialDecay without a staircase, and not by 1."""
    live, per = _counted(live)
    if type(live) is not schedules.ExponentialDecay or live.staircase:
        return None
    if live.decay_rate == 1 and per == "step":
        return None
    return Exponential(by=live.decay_rate, every=live.decay_steps, per=per)


def natural_exponential(live: Any) -> NaturalExponential | None:
    """Return None: `exponential` reads it, as e^-k has the same effect."""
    return None


def inverse_time(live: Any) -> InverseTime | None:
    """InverseTimeDecay."""
    live, per = _counted(live)
    if type(live) is not schedules.InverseTimeDecay:
        return None
    return InverseTime(
        k=live.decay_rate,
        every=live.decay_steps,
        staircase=live.staircase,
        per=per,
    )


def polynomial_decay(live: Any) -> PolynomialDecay | None:
    """PolynomialDecay, without cycles."""
    live, per = _counted(live)
    if type(live) is not schedules.PolynomialDecay or live.cycle:
        return None
    return PolynomialDecay(
        steps=live.decay_steps,
        power=live.power,
        end=live.end_learning_rate,
        per=per,
    )


def cosine(live: Any) -> Cosine | None:
    """CosineDecay without a warm-up, or the extension that rises again."""
    live, per = _counted(live)
    if type(live) is extensions.RisingCosine:
        return Cosine(
            steps=live.steps, final=live.alpha, past_end="rises", per=per
        )
    if not _is_cosine(live, warm=False):
        return None
    return Cosine(
        steps=live.decay_steps, final=live.alpha, past_end="stays", per=per
    )


def cosine_restarts(live: Any) -> CosineRestarts | None:
    """CosineDecayRestarts."""
    live, per = _counted(live)
    if type(live) is not schedules.CosineDecayRestarts:
        return None
    config = live.get_config()
    times = int(config["t_mul"])
    if times != config["t_mul"]:
        return None
    return CosineRestarts(
        first=live.first_decay_steps,
        times=times,
        peak=config["m_mul"],
        final=live.alpha,
        per=per,
    )


def warmup_cosine(live: Any) -> WarmupCosine | None:
    """CosineDecay with a warm-up."""
    live, per = _counted(live)
    if not _is_cosine(live, warm=True):
        return None
    lr, first = live.warmup_target, live.initial_learning_rate
    return WarmupCosine(
        warmup=live.warmup_steps,
        steps=live.decay_steps,
        start=shortest(lambda share: lr * share, first, first / lr),
        final=live.alpha,
        per=per,
    )


def one_cycle(live: Any) -> OneCycle | None:
    """An extension class."""
    live, per = _counted(live)
    if type(live) is not extensions.OneCycle:
        return None
    return OneCycle(
        steps=live.steps,
        rise=live.rise,
        start_over=live.start_over,
        end_over=live.end_over,
        per=per,
    )


def _counted(live: Any) -> tuple[Any, Unit]:
    """Return the inner schedule, and whether it counts steps or epochs."""
    if type(live) is extensions.EachEpoch:
        return live.schedule, "epoch"
    return live, "step"


def _is_cosine(live: Any, warm: bool) -> bool:
    plain = type(live) is schedules.CosineDecay
    return plain and (live.warmup_target is not None) == warm
