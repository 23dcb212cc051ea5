"""Every precision: layers compute in it, and are as accurate as it allows.

In float32 and float64, everything has that precision; in mixed precision the
layers compute in bfloat16, and everything else in float32. The fast tests
train four networks that hold most kinds of layers; the slow ones every kind
of the language.
"""

from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
import pytest

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.training.loop import storage_dtype
from framework_parity.comparisons.ladder.precision import train_in
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.backends.conftest import Examined, Referred
from tests.backends.precisions import Types
from tests.cases import CASES, SMOOTH, Case, arm
from tests.coverage.rows import precision_jobs
from tests.tolerances import HALF, MIXED_MATTERS, assert_close, distance

# Every kind of layer in four networks.
IMAGE = arm(
    [
        {"random_crop": 1},
        "random_flip",
        {"spatial_dropout": 0.25},
        {"conv2d": {"filters": 4, "size": 3, "padding": "same"}},
        "batch_norm",
        "relu",
        {"depthwise_conv2d": {"size": 3, "padding": "half"}},
        {"prelu": {"slopes": "per_channel", "at_zero": "zero"}},
        {"residual": [{"conv2d": {"filters": 4, "size": 1}}, "tanh"]},
        {"spatial_dropout": 0.25},
        {"average_pool": {"size": 3, "padding": "same", "stride": 1}},
        {"max_pool": 2},
        {"layer_norm": {"axes": "channels"}},
        {"concatenate": [[], ["sigmoid"], [{"dropout": 0.25}]]},
        {"dropout": 0.25},
        "flatten",
        {"dense": 3},
    ],
    (6, 6, 3),
)
VECTOR = arm(
    [
        {"dropout": 0.25},
        {"dense": 8},
        "batch_norm",
        {"prelu": {"slopes": "per_number", "at_zero": "slope"}},
        {"residual": [{"dense": 8}, "layer_norm"]},
        {"concatenate": [["tanh"], [{"dense": 3}, {"dropout": 0.5}]]},
        {"dense": 3},
    ],
    penalty={"l1": 1e-3, "l2": 1e-3},
    clipping={"by_global_norm": 0.5},
    optimizer="nadam",
)
ACTIVATIONS = arm(
    [
        {"dense": 8},
        {
            "concatenate": [
                [each] for each in ("relu", "sigmoid", *SMOOTH.values())
            ]
        },
        {"dense": 3},
    ],
    optimizer="adam",
)
SEQUENCE = arm(
    [
        {"spatial_dropout": 0.25},
        "tanh",
        {"spatial_dropout": 0.25},
        "flatten",
        {"dense": 3},
    ],
    (6, 4),
)
WIDE = {
    "image": IMAGE,
    "vector": VECTOR,
    "activations": ACTIVATIONS,
    "sequence": SEQUENCE,
}

each_dtype = pytest.mark.parametrize("dtype", get_args(Dtype))
each_wide = pytest.mark.parametrize("name", WIDE)
ALL = [
    pytest.param(job.arm, id=job.name) for job in precision_jobs()["bfloat16"]
]

# One unit in the last place of 1 in bfloat16, which has 8 significant bits.
# Each layer rounds its inputs, its weights and its outputs, by half a unit
# each if at random; TensorFlow truncates sums on some processors. These add
# like independent errors, to less than a unit for each layer in the forward
# pass, and as much again in the backward pass.
UNIT = 2.0**-7

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])

MIXED = ("dense-deep", "dropout", "relu-image", "schedule-one_cycle")
for_each_case = pytest.mark.parametrize(
    "case", [case for case in CASES if case.id in MIXED], ids=lambda c: c.id
)


def hold_types(result: Types, dtype: Dtype) -> None:
    """Check that a training computed in the requested precision."""
    assert set().union(*result.outputs.values()) == {dtype}, result.outputs
    assert all(result.outputs.values()), result.outputs
    assert result.gradients == {storage_dtype(dtype)}
    assert set(result.held.values()) <= {storage_dtype(dtype)}, result.held
    assert result.state <= {storage_dtype(dtype)}


def types_of(pair: WorkerPair, backend: str, arm: Arm, dtype: Dtype) -> Any:
    return pair.workers[backend].submit("types", arm=arm, dtype=dtype).result()


# That a layer computes in float64 is shown by its outputs, which are close to
# the reference.
@pytest.mark.parametrize(
    "dtype",
    [
        "float32",
        "bfloat16",
        pytest.param("float64", marks=pytest.mark.slow),
    ],
)
@on_each_backend
@each_wide
def test_each_layer_computes_in_the_requested_precision(
    name: str, backend: str, dtype: Dtype, pair: WorkerPair
) -> None:
    hold_types(types_of(pair, backend, WIDE[name], dtype), dtype)


@pytest.mark.slow
@each_dtype
@on_each_backend
@pytest.mark.parametrize("each", ALL)
def test_every_kind_computes_in_the_requested_precision(
    each: Arm, backend: str, dtype: Dtype, pair: WorkerPair
) -> None:
    hold_types(types_of(pair, backend, each, dtype), dtype)


def size(tensors: dict[str, np.ndarray]) -> float:
    """Return the Euclidean norm of all tensors together."""
    return float(
        np.sqrt(sum(np.linalg.norm(v) ** 2 for v in tensors.values()))
    )


def depths(nodes: Sequence[LayerNode], start: int = 0) -> dict[str, int]:
    """Return the number of layers up to each layer, on its branch."""
    result: dict[str, int] = {}
    for node in nodes:
        blocks = [*node.blocks.values(), node.after or ()]
        for block in blocks:
            result |= depths(block, start)
        inside = [result[each.name] for block in blocks for each in block]
        start = max([start, *inside]) + 1
        result[node.name] = start
    return result


def hold_near(arm: Arm, mixed: Any, single: Any) -> None:
    """Check that bfloat16 results equal float32's up to rounding."""
    layers = depths(arm.nodes)
    for name, depth in layers.items():
        off = np.linalg.norm(mixed.outputs[name] - single.outputs[name])
        scale = np.linalg.norm(single.outputs[name])
        assert off <= depth * UNIT * scale, name
    apart = {n: mixed.gradients[n] - g for n, g in single.gradients.items()}
    bound = 2 * max(layers.values()) * UNIT * size(single.gradients)
    assert size(apart) <= bound, f"{size(apart)} is beyond {bound}"


def hold_backend_near(pair: WorkerPair, backend: str, arm: Arm) -> None:
    mixed, single = (
        pair.workers[backend].submit("examine", arm=arm, dtype=dtype, steps=0)
        for dtype in ("bfloat16", "float32")
    )
    hold_near(arm, mixed.result(), single.result())


@on_each_backend
@each_wide
def test_bfloat16_is_as_near_to_float32_as_its_rounding(
    name: str, backend: str, pair: WorkerPair
) -> None:
    hold_backend_near(pair, backend, WIDE[name])


@pytest.mark.slow
@on_each_backend
@pytest.mark.parametrize("each", ALL)
def test_every_kind_in_bfloat16_is_as_near_to_float32(
    each: Arm, backend: str, pair: WorkerPair
) -> None:
    hold_backend_near(pair, backend, each)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@each_wide
def test_the_two_frameworks_agree_in_each_precision(
    name: str, dtype: Dtype, pair: WorkerPair
) -> None:
    trajectory, verdict = train_in(pair, WIDE[name], dtype)
    assert verdict.outcome != "disagree", verdict.sentence
    records = trajectory.steps
    assert records[0] == records[1] >= 20


@on_each_backend
@for_each_case
def test_mixed_precision_differs_from_the_reference_by_its_rounding(
    case: Case, backend: str, examined: Examined, referred: Referred
) -> None:
    result, truth = examined(case, backend, "bfloat16"), referred(case)
    assert_close(result.outputs, truth.outputs, HALF)
    assert_close(result.curves["loss"], truth.curves["loss"], HALF)
    assert_close(result.stepped, truth.stepped, HALF)
    last = case.arm.nodes[-1].name
    assert distance(result.outputs[last], truth.outputs[last]) > MIXED_MATTERS
    gradients = {n: v for n, v in result.gradients.items() if n != "loss"}
    single = examined(case, backend, "float32").gradients
    far = [distance(value, single[n]) for n, value in gradients.items()]
    assert MIXED_MATTERS < max(far) < HALF


@on_each_backend
@for_each_case
def test_parameters_and_losses_stay_in_float32(
    case: Case, backend: str, examined: Examined
) -> None:
    result = examined(case, backend, "bfloat16")
    held = [result.curves["loss"], *result.trained.values()]
    assert {value.dtype.name for value in held} == {"float32"}
    # 16 of a parameter's bits would be zero if bfloat16 held it.
    for value in result.stepped.values():
        assert (value.view("uint32") & 0xFFFF).any()


@on_each_backend
def test_float64_after_bfloat16_is_unaffected(
    backend: str, examined: Examined, referred: Referred
) -> None:
    [case] = [case for case in CASES if case.id == "tanh"]
    examined(case, backend, "bfloat16")
    result = examined(case, backend, "float64", 29)
    assert_close(result.outputs, referred(case).outputs, 1e-12)
