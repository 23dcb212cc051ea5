"""Mixed precision: bfloat16 inside a layer, float32 around it."""

import pytest

from tests.backends.conftest import Examined, Referred
from tests.cases import CASES, Case
from tests.tolerances import HALF, MIXED_MATTERS, assert_close, distance

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])

MIXED = ("dense-deep", "dropout", "relu-image", "schedule-one_cycle")
for_each_case = pytest.mark.parametrize(
    "case", [case for case in CASES if case.id in MIXED], ids=lambda c: c.id
)


@on_each_backend
@for_each_case
def test_mixed_precision_is_near_the_reference_and_no_nearer(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    found, truth = examined(case, backend, "bfloat16"), referred(case)
    assert_close(found.outputs, truth.outputs, HALF)
    assert_close(found.curves["loss"], truth.curves["loss"], HALF)
    assert_close(found.stepped, truth.stepped, HALF)
    last = case.arm.places[-1].name
    assert distance(found.outputs[last], truth.outputs[last]) > MIXED_MATTERS
    gradients = {n: v for n, v in found.gradients.items() if n != "loss"}
    single = examined(case, backend, "float32").gradients
    far = [distance(value, single[n]) for n, value in gradients.items()]
    assert MIXED_MATTERS < max(far) < HALF


@on_each_backend
@for_each_case
def test_parameters_and_losses_stay_in_float32(
    case: Case, backend: str, examined: Examined
) -> None:
    found = examined(case, backend, "bfloat16")
    held = [found.curves["loss"], *found.trained.values()]
    assert {value.dtype.name for value in held} == {"float32"}
    # 16 of a parameter's bits would be zero if bfloat16 held it.
    for value in found.stepped.values():
        assert (value.view("uint32") & 0xFFFF).any()


@on_each_backend
def test_another_precision_follows_as_if_nothing_had_been(
    backend: str, examined: Examined, referred: Referred
) -> None:
    [case] = [case for case in CASES if case.id == "tanh"]
    examined(case, backend, "bfloat16")
    found = examined(case, backend, "float64", 29)
    assert_close(found.outputs, referred(case).outputs, 1e-12)
