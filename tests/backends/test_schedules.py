"""Each schedule against the framework's own scheduler, step by step.

Training passes the numbers of `common.spec.schedules` to both frameworks;
here the schedulers that users would use have to give the same numbers.
"""

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from framework_parity.common.spec.schedules import OneCycle, Schedule
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.cases import SCHEDULES
from tests.tolerances import ROUNDING

LR, STEPS_PER_EPOCH = 0.1, 3

# Keras's own schedules compute in float32 whatever `floatx` is: the step,
# its share of the whole and a power or a cosine of that each have an error of
# 6e-8, and so the rate a few of those, relative to the highest rate.
KERAS_OWN = 1e-6

# This project's schedules compute in float64, with a few operations each.
EXACT = 1e-15

each_schedule = pytest.mark.parametrize("name", SCHEDULES)
each_count = pytest.mark.parametrize("per", ["step", "epoch"])


def spec_of(name: str, per: str) -> Schedule:
    written = SCHEDULES[name]
    if written != "constant":
        [(kind, fields)] = written.items()
        written = {kind: fields | {"per": per}}
    spec: Schedule = TypeAdapter(Schedule).validate_python(written)
    return spec


def length(spec: Schedule) -> int:
    """Return the number of steps; PyTorch's OneCycleLR ends with an error."""
    epochs = 35
    if isinstance(spec, OneCycle):
        epochs = spec.steps
    per_epoch = getattr(spec, "per", "step") == "epoch"
    return epochs * STEPS_PER_EPOCH if per_epoch else epochs


def both(pair: WorkerPair, backend: str, name: str, per: str) -> Any:
    spec = spec_of(name, per)
    steps = length(spec)
    future = pair.workers[backend].submit(
        "live_rates",
        spec=spec,
        lr=LR,
        steps_per_epoch=STEPS_PER_EPOCH,
        steps=steps,
    )
    truth = [spec.rate(step, LR, STEPS_PER_EPOCH) for step in range(steps)]
    return future.result(), np.array(truth)


@each_count
@each_schedule
def test_pytorchs_scheduler_gives_the_rates_of_the_spec(
    name: str, per: str, pair: WorkerPair
) -> None:
    rates, truth = both(pair, "torch", name, per)
    np.testing.assert_allclose(rates, truth, rtol=0, atol=LR * ROUNDING)


@each_count
@each_schedule
def test_kerass_schedule_gives_the_rates_of_the_spec(
    name: str, per: str, pair: WorkerPair
) -> None:
    rates, truth = both(pair, "keras", name, per)
    custom = name in ("cosine-rises", "one_cycle", "step_decay-compounded")
    tolerance = EXACT if custom else KERAS_OWN
    np.testing.assert_allclose(rates, truth, rtol=0, atol=LR * tolerance)


@each_schedule
def test_schedules_change_the_rate_within_the_compared_steps(
    name: str,
) -> None:
    spec = spec_of(name, "step")
    rates = {spec.rate(step, LR, 1) for step in range(length(spec))}
    assert (len(rates) > 1) == (name != "constant")
