"""Schedules, read from PyTorch's schedulers.

Values that a scheduler stores as rates are read as shares of the optimiser's
initial rate, `base_lrs`.
"""

from typing import Any

from torch.optim import lr_scheduler

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
from framework_parity.torch_impl import schedule_extensions as extensions


def constant(live: Any) -> ConstantRate | None:
    """ConstantLR by 1."""
    if type(live) is not lr_scheduler.ConstantLR or live.factor != 1:
        return None
    return ConstantRate()


def step_decay(live: Any) -> StepDecay | None:
    """StepLR, or MultiplicativeLR by this project's staircase."""
    live, per = _counted(live)
    if type(live) is lr_scheduler.MultiplicativeLR:
        factor = live.lr_lambdas[0]
        if type(factor) is not extensions.Staircase:
            return None
        return StepDecay(
            every=factor.every, by=factor.by, applied_to="current", per=per
        )
    if type(live) is not lr_scheduler.StepLR:
        return None
    return StepDecay(every=live.step_size, by=live.gamma, per=per)


def multi_step(live: Any) -> MultiStep | None:
    """MultiStepLR, whose milestones are the first steps at a new rate."""
    live, per = _counted(live)
    if type(live) is not lr_scheduler.MultiStepLR:
        return None
    return MultiStep(
        at=tuple(sorted(live.milestones)),
        by=live.gamma,
        boundary="first_new",
        per=per,
    )


def exponential(live: Any) -> Exponential | None:
    """ExponentialLR."""
    live, per = _counted(live)
    if type(live) is not lr_scheduler.ExponentialLR:
        return None
    return Exponential(by=live.gamma, per=per)


def natural_exponential(live: Any) -> NaturalExponential | None:
    """Return None: `exponential` reads it, as e^-k has the same effect."""
    return None


def inverse_time(live: Any) -> InverseTime | None:
    """LambdaLR of an extension function."""
    factor, per = _factor(live, extensions.InverseTime)
    if factor is None:
        return None
    return InverseTime(
        k=factor.k, every=factor.every, staircase=factor.staircase, per=per
    )


def polynomial_decay(live: Any) -> PolynomialDecay | None:
    """PolynomialLR, or LambdaLR of an extension; the end is a rate."""
    factor, per = _factor(live, extensions.PolynomialTo)
    if factor is not None:
        lr = _rate(live)
        end = shortest(lambda end: end / lr, factor.end, lr * factor.end)
        return PolynomialDecay(
            steps=factor.steps, power=factor.power, end=end, per=per
        )
    live, per = _counted(live)
    if type(live) is not lr_scheduler.PolynomialLR:
        return None
    return PolynomialDecay(
        steps=live.total_iters, power=live.power, end=0.0, per=per
    )


def cosine(live: Any) -> Cosine | None:
    """CosineAnnealingLR, or LambdaLR of an extension that stays constant."""
    factor, per = _factor(live, extensions.CosineThenFlat)
    if factor is not None and not factor.warmup:
        return Cosine(
            steps=factor.steps, final=factor.final, past_end="stays", per=per
        )
    live, per = _counted(live)
    if type(live) is not lr_scheduler.CosineAnnealingLR:
        return None
    final = _share(live, live.eta_min)
    return Cosine(steps=live.T_max, final=final, past_end="rises", per=per)


def cosine_restarts(live: Any) -> CosineRestarts | None:
    """CosineAnnealingWarmRestarts, or LambdaLR of an extension function."""
    factor, per = _factor(live, extensions.LoweringRestarts)
    if factor is not None:
        return CosineRestarts(
            first=factor.first,
            times=factor.times,
            peak=factor.peak,
            final=factor.final,
            per=per,
        )
    live, per = _counted(live)
    if type(live) is not lr_scheduler.CosineAnnealingWarmRestarts:
        return None
    final = _share(live, live.eta_min)
    return CosineRestarts(
        first=live.T_0, times=live.T_mult, final=final, per=per
    )


def warmup_cosine(live: Any) -> WarmupCosine | None:
    """LambdaLR of an extension function."""
    factor, per = _factor(live, extensions.CosineThenFlat)
    if factor is None or not factor.warmup:
        return None
    return WarmupCosine(
        warmup=factor.warmup,
        steps=factor.steps,
        start=factor.start,
        final=factor.final,
        per=per,
    )


def one_cycle(live: Any) -> OneCycle | None:
    """OneCycleLR, which stores its arguments as rates and steps."""
    live, per = _counted(live)
    if type(live) is not lr_scheduler.OneCycleLR or live.cycle_momentum:
        return None
    steps, group = live.total_steps, live.optimizer.param_groups[0]
    peak = live._schedule_phases[0]["end_step"]
    top, start, end = (
        group[name] for name in ("max_lr", "initial_lr", "min_lr")
    )
    return OneCycle(
        steps=steps,
        rise=shortest(lambda r: r * steps - 1, peak, (peak + 1) / steps),
        start_over=shortest(lambda over: top / over, start, top / start),
        end_over=shortest(lambda over: start / over, end, start / end),
        per=per,
    )


def _counted(live: Any) -> tuple[Any, Unit]:
    """Return the inner scheduler, and whether it counts steps or epochs."""
    if type(live) is extensions.EachEpoch:
        return live.scheduler, "epoch"
    return live, "step"


def _factor(live: Any, kind: type) -> tuple[Any, Unit]:
    """Return the function of a LambdaLR if it is of a class, else None."""
    live, per = _counted(live)
    if type(live) is not lr_scheduler.LambdaLR:
        return None, per
    function = live.lr_lambdas[0]
    return (function if type(function) is kind else None), per


def _rate(live: Any) -> float:
    rate: float = _counted(live)[0].base_lrs[0]
    return rate


def _share(live: Any, rate: float) -> float:
    lr = _rate(live)
    return shortest(lambda share: lr * share, rate, rate / lr)
