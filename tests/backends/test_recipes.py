"""Recipes in the live frameworks, beyond the table of cases."""

from typing import Any

import numpy as np
import pytest

from tests.backends.conftest import Examined, Referred
from tests.cases import MLP, Case
from tests.comparisons.arms import arm as spoken
from tests.tolerances import SINGLE, assert_close, distance

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])

# Rates of 1, so that steps are large beside the rounding of the parameters.
CORRECTED = ["adam", "adamw", "adamax", "nadam"]


def corrected(kind: str, bias_correction: str) -> Case:
    fields = {"lr": 1.0, "bias_correction": bias_correction}
    return Case(
        f"{kind}-{bias_correction}-float32",
        MLP,
        recipe={"optimizer": {kind: fields}, "batch_size": "full"},
    )


def first_steps(examined: Examined, case: Case, backend: str) -> Any:
    """Return the change of a kernel in one float32 step, in double."""
    end = examined(case, backend, "float32", 1)
    start = examined(case, backend, "float32", 0)
    name = "dense_1/kernel"
    after, before = (np.float64(each.trained[name]) for each in (end, start))
    return after - before


@on_each_backend
@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_bias_is_corrected_in_the_specified_precision(
    kind: str, backend: str, examined: Examined
) -> None:
    """In float32, 1 - 0.999 is off by 1.3e-5, its root by half of that.

    Adamax corrects by 1 - 0.9, which is off by 2.4e-7, and Nadam's error
    is in its moments too and cancels: one step cannot distinguish these two.
    """
    steps = [
        first_steps(examined, corrected(kind, precision), backend)
        for precision in ("double", "parameter")
    ]
    assert 4e-6 < distance(*steps) < 9e-6


@pytest.mark.parametrize("precision", ["double", "parameter"])
@pytest.mark.parametrize("kind", CORRECTED)
def test_both_frameworks_correct_the_bias_alike_in_float32(
    kind: str, precision: str, examined: Examined
) -> None:
    case = corrected(kind, precision)
    torch, keras = (
        first_steps(examined, case, backend) for backend in ("torch", "keras")
    )
    # A few units in the last place of the parameter that was moved by 1.
    assert distance(torch, keras) < 1e-6


@on_each_backend
@pytest.mark.parametrize(
    "case",
    [
        Case("float32-clip", MLP, recipe={"clipping": {kind: 0.05}})
        for kind in ("by_value", "by_norm", "by_global_norm")
    ]
    + [
        Case(
            "float32-penalty",
            MLP,
            recipe={
                "penalty": {"l1": 0.01, "l2": 0.1},
                "clipping": {"by_norm": {"limit": 0.05, "epsilon": 1e-6}},
                "accumulation": {"batches": 2, "reduction": "sum"},
                "optimizer": {
                    "rmsprop": {"weight_decay": 0.1, "decay": "coupled"}
                },
            },
        ),
    ],
    ids=lambda case: "-".join([case.id, *case.recipe]),
)
def test_recipes_run_in_float32(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    known = Case(
        "-".join([case.id, str(case.recipe)]), MLP, recipe=case.recipe
    )
    result = examined(known, backend, "float32", 2)
    assert all(v.dtype == "float32" for v in result.trained.values())
    truth = referred(known)
    assert_close(result.stepped, truth.stepped, SINGLE)


@on_each_backend
@pytest.mark.parametrize("loss", ["mean_absolute_error", "huber"])
def test_a_prediction_that_is_right_has_no_gradient(
    loss: str, backend: str, pair: Any
) -> None:
    """A line of zeros on a target of zeros: |e| has no slope at e = 0."""
    zero = {
        "dense": {
            "units": 1,
            "kernel_initializer": "zeros",
            "bias_initializer": "zeros",
        }
    }
    flat = {"polynomial": {"coefficients": [0.0], "noise": 0.0}}
    right = spoken([zero], {**flat, "scaling": "none"}, loss=loss)
    future = pair.workers[backend].submit(
        "examine", arm=right, dtype="float64", steps=1
    )
    result = future.result()
    assert result.gradients["loss"] == 0.0
    assert not result.gradients["dense_1/kernel"].any()
    assert not result.trained["dense_1/bias"].any()
