"""What a recipe does in a live framework, beyond the table of cases."""

from typing import Any

import numpy as np
import pytest

from tests.backends.conftest import Examined, Referred
from tests.cases import MLP, Case
from tests.comparisons.arms import arm as spoken
from tests.tolerances import SINGLE, assert_close, distance

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])

# Rates of 1, so that steps are large beside the rounding of what they move.
CORRECTED = ["adam", "adamw", "adamax", "nadam"]


def corrected(kind: str, bias_correction: str) -> Case:
    fields = {"lr": 1.0, "bias_correction": bias_correction}
    return Case(
        f"{kind}-{bias_correction}-float32",
        MLP,
        recipe={"optimizer": {kind: fields}, "batch_size": "full"},
    )


def first_steps(examined: Examined, case: Case, backend: str) -> Any:
    """Return what one float32 step takes off a kernel, in double."""
    found = examined(case, backend, "float32", 1)
    start = examined(case, backend, "float32", 0)
    name = "dense_1/kernel"
    one, other = (np.float64(each.trained[name]) for each in (found, start))
    return one - other


@on_each_backend
@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_bias_is_corrected_in_the_precision_that_is_said(
    kind: str, backend: str, examined: Examined
) -> None:
    """In float32, 1 - 0.999 is off by 1.3e-5, its root by half of that.

    Adamax corrects by 1 - 0.9, which is off by 2.4e-7, and Nadam's error
    stands in its moments too and cancels: one step cannot tell theirs apart.
    """
    steps = [
        first_steps(examined, corrected(kind, said), backend)
        for said in ("double", "parameter")
    ]
    assert 4e-6 < distance(*steps) < 9e-6


@pytest.mark.parametrize("said", ["double", "parameter"])
@pytest.mark.parametrize("kind", CORRECTED)
def test_the_frameworks_correct_alike_in_float32(
    kind: str, said: str, examined: Examined
) -> None:
    case = corrected(kind, said)
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
    found = examined(known, backend, "float32", 2)
    assert all(v.dtype == "float32" for v in found.trained.values())
    truth = referred(known)
    assert_close(found.stepped, truth.stepped, SINGLE)


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
    asked = pair.workers[backend].submit(
        "examine", arm=right, dtype="float64", steps=1
    )
    found = asked.result()
    assert found.gradients["loss"] == 0.0
    assert not found.gradients["dense_1/kernel"].any()
    assert not found.trained["dense_1/bias"].any()
