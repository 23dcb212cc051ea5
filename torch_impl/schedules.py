"""Schedules, in PyTorch: schedulers of the optimiser, stepped every batch.

Each builder takes the spec, the optimiser's rate and the number of steps in
an epoch. Where PyTorch has no class, LambdaLR multiplies the rate by a named
function of the step.
"""

import math

from torch.optim import lr_scheduler

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
from framework_parity.torch_impl import schedule_extensions as extensions


def constant(spec: ConstantRate, lr: float, steps_per_epoch: int) -> Call:
    """ConstantLR."""
    return call(lr_scheduler.ConstantLR, factor=1.0)


def step_decay(spec: StepDecay, lr: float, steps_per_epoch: int) -> Call:
    """StepLR, or MultiplicativeLR for a factor of the current rate."""
    if spec.applied_to == "current":
        factor = call(extensions.Staircase, every=spec.every, by=spec.by)
        scheduler = call(lr_scheduler.MultiplicativeLR, lr_lambda=factor)
    else:
        scheduler = call(
            lr_scheduler.StepLR, step_size=spec.every, gamma=spec.by
        )
    return _counted(spec, steps_per_epoch, scheduler)


def multi_step(spec: MultiStep, lr: float, steps_per_epoch: int) -> Call:
    """MultiStepLR.

    Translation: a milestone is the first step at the new rate.
    """
    milestones = list(spec.milestones)
    scheduler = call(
        lr_scheduler.MultiStepLR, milestones=milestones, gamma=spec.by
    )
    return _counted(spec, steps_per_epoch, scheduler)


def exponential(spec: Exponential, lr: float, steps_per_epoch: int) -> Call:
    """ExponentialLR, or StepLR for a staircase.

    Translation: gamma is the factor of one step.
    """
    if spec.staircase:
        scheduler = call(
            lr_scheduler.StepLR, step_size=spec.every, gamma=spec.by
        )
    else:
        gamma = spec.by ** (1 / spec.every)
        scheduler = call(lr_scheduler.ExponentialLR, gamma=gamma)
    return _counted(spec, steps_per_epoch, scheduler)


def natural_exponential(
    spec: NaturalExponential, lr: float, steps_per_epoch: int
) -> Call:
    """ExponentialLR."""
    scheduler = call(lr_scheduler.ExponentialLR, gamma=math.exp(-spec.k))
    return _counted(spec, steps_per_epoch, scheduler)


def inverse_time(spec: InverseTime, lr: float, steps_per_epoch: int) -> Call:
    """LambdaLR.

    Translation: PyTorch has no class.
    """
    factor = call(
        extensions.InverseTime,
        k=spec.k,
        every=spec.every,
        staircase=spec.staircase,
    )
    scheduler = call(lr_scheduler.LambdaLR, lr_lambda=factor)
    return _counted(spec, steps_per_epoch, scheduler)


def polynomial_decay(
    spec: PolynomialDecay, lr: float, steps_per_epoch: int
) -> Call:
    """PolynomialLR.

    Translation: it ends at 0; another end needs LambdaLR, whose factor is
    relative to the rate.
    """
    if spec.end:
        factor = call(
            extensions.PolynomialTo,
            steps=spec.steps,
            power=spec.power,
            end=spec.end / lr,
        )
        scheduler = call(lr_scheduler.LambdaLR, lr_lambda=factor)
    else:
        scheduler = call(
            lr_scheduler.PolynomialLR,
            total_iters=spec.steps,
            power=spec.power,
        )
    return _counted(spec, steps_per_epoch, scheduler)


def cosine(spec: Cosine, lr: float, steps_per_epoch: int) -> Call:
    """CosineAnnealingLR.

    Translation: the rate rises again after the end; `stays` needs LambdaLR.
    The final value is a rate.
    """
    if spec.past_end == "stays":
        factor = call(
            extensions.CosineThenFlat, steps=spec.steps, final=spec.final
        )
        scheduler = call(lr_scheduler.LambdaLR, lr_lambda=factor)
    else:
        scheduler = call(
            lr_scheduler.CosineAnnealingLR,
            T_max=spec.steps,
            eta_min=lr * spec.final,
        )
    return _counted(spec, steps_per_epoch, scheduler)


def cosine_restarts(
    spec: CosineRestarts, lr: float, steps_per_epoch: int
) -> Call:
    """CosineAnnealingWarmRestarts.

    Translation: every restart returns to the full rate; lower peaks need
    LambdaLR.
    """
    if spec.peak < 1:
        factor = call(
            extensions.LoweringRestarts,
            first=spec.first,
            times=spec.times,
            peak=spec.peak,
            final=spec.final,
        )
        scheduler = call(lr_scheduler.LambdaLR, lr_lambda=factor)
    else:
        scheduler = call(
            lr_scheduler.CosineAnnealingWarmRestarts,
            T_0=spec.first,
            T_mult=spec.times,
            eta_min=lr * spec.final,
        )
    return _counted(spec, steps_per_epoch, scheduler)


def warmup_cosine(spec: WarmupCosine, lr: float, steps_per_epoch: int) -> Call:
    """LambdaLR.

    Translation: LinearLR and CosineAnnealingLR in a SequentialLR cannot
    begin at 0, and rise again after the end.
    """
    factor = call(
        extensions.CosineThenFlat,
        steps=spec.steps,
        final=spec.final,
        warmup=spec.warmup,
        start=spec.start,
    )
    scheduler = call(lr_scheduler.LambdaLR, lr_lambda=factor)
    return _counted(spec, steps_per_epoch, scheduler)


def one_cycle(spec: OneCycle, lr: float, steps_per_epoch: int) -> Call:
    """OneCycleLR.

    Translation: by default it cycles the momentum, too. It raises an error
    when it is stepped after its end.
    """
    scheduler = call(
        lr_scheduler.OneCycleLR,
        max_lr=lr,
        total_steps=spec.steps,
        pct_start=spec.rise,
        div_factor=spec.start_over,
        final_div_factor=spec.end_over,
        cycle_momentum=False,
    )
    return _counted(spec, steps_per_epoch, scheduler)


def _counted(spec: Changing, steps_per_epoch: int, scheduler: Call) -> Call:
    """Return the scheduler, stepped once per epoch if it counts epochs."""
    if spec.per == "step":
        return scheduler
    return call(
        extensions.EachEpoch,
        scheduler.function,
        steps_per_epoch,
        *scheduler.args,
        **scheduler.kwargs,
    )
