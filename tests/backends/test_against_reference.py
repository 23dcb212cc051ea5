"""Each backend against the slow NumPy reference, rung by rung.

Two opinions alone name no culprit, so neither backend is judged against
the other here.
"""

import math
from collections.abc import Iterable
from typing import Any

import pytest

from tests.backends.conftest import Examined, Referred
from tests.cases import CASES, LAYERS, LOSSES, Case, marked
from tests.coverage.elements import covered
from tests.tolerances import (
    ROUNDING,
    SINGLE,
    TRAINED,
    assert_close,
    assert_gradients_close,
)

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])
for_each_case = pytest.mark.parametrize("case", marked(CASES))


@on_each_backend
@for_each_case
def test_every_layer_puts_out_what_numpy_says(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    truth = referred(case)
    assert_close(examined(case, backend).outputs, truth.outputs, ROUNDING)


@on_each_backend
@for_each_case
def test_loss_and_gradients_are_what_numpy_says(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    truth = referred(case)
    assert_close(examined(case, backend).gradients, truth.gradients, ROUNDING)


@on_each_backend
@for_each_case
def test_one_step_leaves_what_numpy_says(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    truth = referred(case)
    assert_close(examined(case, backend).stepped, truth.stepped, ROUNDING)


@on_each_backend
@for_each_case
def test_thirty_steps_leave_what_numpy_says(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    found, truth = examined(case, backend), referred(case)
    assert_close(found.curves, truth.curves, TRAINED)
    assert_close(found.trained, truth.trained, TRAINED)
    assert_close(found.evaluation, truth.evaluation, TRAINED)


# How an optimiser steps does not change what is seen before its first step.
# The slope of a softmax of logits of hundreds is an exponential of them, and
# the rounding of such a logit in float32 is 1e-5 of its exponential.
def first_of_each_kind(cases: Iterable[Case]) -> list[Case]:
    """Return the cases that have a kind, a word or a rank not seen before."""
    seen: set[Any] = set()
    kept = []
    for case in cases:
        held = covered(case.arm)
        if held - seen:
            kept.append(case)
        seen |= held
    return kept


IN_FLOAT32 = first_of_each_kind(
    case
    for case in LAYERS + LOSSES
    if case.id not in ("softmax-extreme", "log_softmax-extreme")
)


@on_each_backend
@pytest.mark.parametrize("case", IN_FLOAT32, ids=lambda c: c.id)
def test_float32_forward_and_gradients_are_close(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    found, truth = examined(case, backend, "float32", 0), referred(case)
    assert all(value.dtype == "float32" for value in found.outputs.values())
    assert_close(found.outputs, truth.outputs, SINGLE)
    assert_gradients_close(found.gradients, truth.gradients, SINGLE)


@on_each_backend
@for_each_case
def test_live_parameters_are_those_of_the_spec(
    case: Case, backend: str, examined: Examined
) -> None:
    said = case.arm.tensors
    found = examined(case, backend)
    assert {n: v.shape for n, v in found.trained.items()} == said
    assert found.counts == {n: math.prod(s) for n, s in said.items()}
