"""Each backend against the slow NumPy reference, rung by rung.

The backends are not compared with each other here: a difference between two
would not show which one is wrong.
"""

import math
from collections.abc import Iterable
from typing import Any

import pytest

from tests.backends.conftest import Examined, Referred
from tests.backends.examination import STEPS
from tests.cases import CASES, CHAINS, LAYERS, LOSSES, REPEATING, Case, marked
from tests.coverage.elements import covered
from tests.tolerances import (
    ROUNDING,
    SINGLE,
    TRAINED,
    assert_close,
    assert_gradients_close,
    is_rounding,
)


def first_of_each_kind(cases: Iterable[Case]) -> list[Case]:
    """Return the cases that have a new kind, choice or rank."""
    seen: set[Any] = set()
    kept = []
    for case in cases:
        held = covered(case.arm)
        if held - seen:
            kept.append(case)
        seen |= held
    return kept


# The optimiser has no influence before its first step, so its cases are left
# out. The slope of a softmax of logits of hundreds is an exponential of them,
# and the rounding of such a logit in float32 is 1e-5 of its exponential.
IN_FLOAT32 = first_of_each_kind(
    case
    for case in LAYERS + LOSSES
    if case.id not in ("softmax-extreme", "log_softmax-extreme")
)


def carries_over(case: Case) -> bool:
    """Whether a step depends on more than gradients and an update rule."""
    nodes = case.arm.all_nodes
    return any(node.state or node.mask_shape is not None for node in nodes)


def first_of_each_step(cases: Iterable[Case]) -> set[str]:
    """Return the ids of the first case of each layer, parameter and loss."""
    seen: set[Any] = set()
    kept = set()
    for case in cases:
        held: set[Any] = {type(case.arm.recipe.loss), case.arm.recipe.penalty}
        for node in case.arm.all_nodes:
            kind = type(node.layer)
            held.add(kind)
            held |= {(kind, n.partition("/")[2]) for n in node.parameters}
        if held - seen:
            kept.add(case.id)
        seen |= held
    return kept


# Layers and losses are trained by plain gradient descent, whose steps show
# nothing that the gradients do not, but that the layer works in a graph and
# that each of its parameters is trained. So each kind of layer and each of its
# parameters is trained in one case, the kinds without parameters in chains,
# and so is each layer with a state or masks; the others are trained in the
# slow tests.
TRAINED_ONCE = first_of_each_step(CHAINS + LAYERS + LOSSES)
NOT_TRAINED = {case.id for case in LAYERS + LOSSES if not carries_over(case)}
NOT_TRAINED -= TRAINED_ONCE

# The casts of a kind of layer are the same for each of its choices, of which
# the slow tests compute the others in float32.
ALIKE_IN_FLOAT32 = {case.id for case in IN_FLOAT32}
ALIKE_IN_FLOAT32 -= first_of_each_step(LAYERS + LOSSES)


def steps_of(case: Case) -> int:
    """Return the number of steps of a case in the tests that are not slow."""
    return 0 if case.id in NOT_TRAINED else STEPS


on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])
for_each_case = pytest.mark.parametrize("case", marked(CASES, REPEATING))
for_each_trained_case = pytest.mark.parametrize(
    "case", marked(CASES, REPEATING | NOT_TRAINED)
)


@on_each_backend
@for_each_case
def test_layer_outputs_equal_the_numpy_reference(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    truth = referred(case, steps_of(case))
    assert_close(
        examined(case, backend, steps=steps_of(case)).outputs,
        truth.outputs,
        ROUNDING,
    )


@on_each_backend
@for_each_case
def test_loss_and_gradients_equal_the_numpy_reference(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    truth = referred(case, steps_of(case)).gradients
    gradients = examined(case, backend, steps=steps_of(case)).gradients
    if any(map(is_rounding, truth)):
        assert_gradients_close(gradients, truth, ROUNDING)
    else:
        assert_close(gradients, truth, ROUNDING)


@on_each_backend
@for_each_trained_case
def test_one_step_equals_the_numpy_reference(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    truth = referred(case)
    assert_close(examined(case, backend).stepped, truth.stepped, ROUNDING)


@on_each_backend
@for_each_trained_case
def test_thirty_steps_equal_the_numpy_reference(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    result, truth = examined(case, backend), referred(case)
    assert_close(result.curves, truth.curves, TRAINED)
    assert_close(result.trained, truth.trained, TRAINED)
    assert_close(result.evaluation, truth.evaluation, TRAINED)


@on_each_backend
@pytest.mark.parametrize("case", marked(IN_FLOAT32, ALIKE_IN_FLOAT32))
def test_float32_forward_and_gradients_are_close(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    result = examined(case, backend, "float32", 0)
    truth = referred(case, steps_of(case))
    assert all(value.dtype == "float32" for value in result.outputs.values())
    assert_close(result.outputs, truth.outputs, SINGLE)
    assert_gradients_close(result.gradients, truth.gradients, SINGLE)


@on_each_backend
@for_each_trained_case
def test_live_parameters_are_those_of_the_spec(
    case: Case, backend: str, examined: Examined
) -> None:
    expected = case.arm.tensors
    result = examined(case, backend)
    assert {n: v.shape for n, v in result.trained.items()} == expected
    assert result.counts == {n: math.prod(s) for n, s in expected.items()}
