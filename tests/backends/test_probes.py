"""Each backend's probes against the slow NumPy reference."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.choices import Dtype
from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.load import parse
from framework_parity.common.training import loop
from framework_parity.common.training.record import Tensors
from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.workers import tasks
from framework_parity.comparisons.workers.worker import (
    LABELS,
    Worker,
    WorkerPair,
)
from tests.backends.conftest import Referred
from tests.backends.examination import each_gradient
from tests.cases import LAYERS, LOSSES, Case
from tests.common.metrics.test_probes import without_probes
from tests.tolerances import (
    MATTERS,
    ROUNDING,
    SINGLE,
    TRAINED,
    assert_close,
    distance,
)

on_each_backend = pytest.mark.parametrize("backend", list(LABELS))

PROBES = {
    "gradient_norm": True,
    "dead_relu": {"every": 2},
    "per_sample_gradients": {
        "places": ["dense_1", "batch_norm_1", "dense_4"],
        "epochs": [0, 2, "last"],
        "samples": 8,
    },
    "representations": {"epochs": [1, "last"], "samples": 9, "part": "test"},
}


# `dropped` depends on each framework's own random numbers, so it has no
# reference.
DROPPED = PROBES | {"dropped": {"samples": 200}}


def digits(probes: dict[str, Any] | None, **recipe: Any) -> Arm:
    """Return a network with every layer that differs in training."""
    defaults = {
        "loss": "cross_entropy",
        "optimizer": {"adam": 0.01},
        "batch_size": 64,
        "epochs": 3,
    }
    layers = [
        *("flatten", {"dense": 16}, "batch_norm", "relu"),
        {"residual": {"body": [{"dense": 16}, "relu"]}},
        *({"dropout": 0.3}, {"dense": 12}, "relu", {"dense": 10}),
    ]
    written = {
        "name": "probed",
        "dialect": "torch",
        "data": {"digits": None, "test": 0.5, "validation": 0.1},
        "recipe": defaults | recipe,
        "arms": {"only": layers},
    }
    return parse(written | ({"probes": probes} if probes else {})).arm("only")


DROPPING = {
    "name": "dropping",
    "dialect": "torch",
    "data": {"digits": {"samples": 100}},
    "recipe": {
        "loss": "cross_entropy",
        "optimizer": {"sgd": 0.01},
        "batch_size": 64,
        "epochs": 1,
    },
    "arms": {
        "only": [
            {"conv2d": {"filters": 8, "size": 3}},
            {"spatial_dropout": 0.4},
            *("flatten", {"dense": 40}, "relu", {"dropout": 0.3}),
            {"dense": 10},
        ]
    },
    "probes": {"dropped": {"samples": 300}},
}


def trained(
    worker: Worker, arm: Arm, dtype: Dtype = "float64", seed: int = 0
) -> Any:
    [record] = worker.submit("train", arm=arm, seed=seed, dtype=dtype).result()
    return record


@pytest.fixture(scope="module")
def truth() -> Any:
    return tasks.train(reference.Trainer, digits(PROBES), 0, "float64")[0]


@on_each_backend
def test_probes_equal_the_numpy_reference(
    pair: WorkerPair, backend: str, truth: Any
) -> None:
    record = trained(pair.workers[backend], digits(PROBES))
    assert_close(record.probes, truth.probes, TRAINED)
    assert_close(record.steps, truth.steps, TRAINED)


@on_each_backend
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_probes_do_not_change_training(
    pair: WorkerPair, backend: str, dtype: Dtype
) -> None:
    worker = pair.workers[backend]
    seen = trained(worker, digits(DROPPED), dtype)
    plain = trained(worker, digits(None), dtype)
    assert seen.probes
    assert not plain.probes
    assert without_probes(seen).digest() == plain.digest()
    kinds = {v.dtype.name for n, v in seen.probes.items() if "/dense" in n}
    assert kinds == {dtype}


@on_each_backend
def test_probes_do_not_advance_the_frameworks_random_state(
    pair: WorkerPair, backend: str
) -> None:
    worker = pair.workers[backend]
    seen, plain = (
        worker.submit(
            "train",
            arm=digits(probes),
            seed=3,
            dtype="float32",
            native=True,
        ).result()[0]
        for probes in (DROPPED, None)
    )
    assert without_probes(seen).digest() == plain.digest()


@on_each_backend
@pytest.mark.parametrize("native", [False, True], ids=["shared", "native"])
def test_dropout_zeroes_and_scales_its_inputs(
    pair: WorkerPair, backend: str, native: bool
) -> None:
    arm = parse(DROPPING).arm("only")
    [record] = (
        pair.workers[backend]
        .submit("train", arm=arm, seed=1, dtype="float32", native=native)
        .result()
    )
    for name, rate in {"spatial_dropout_1": 0.4, "dropout_1": 0.3}.items():
        [(entered, left)] = record.probes[f"dropped/{name}"]
        kept = left != 0
        factors = (kept / (1 - rate)).astype(np.float32)
        assert (left == entered * factors).all()
        assert abs(kept.mean() - (1 - rate)) < 0.05
    # A channel is dropped as a whole.
    [(_, left)] = record.probes["dropped/spatial_dropout_1"]
    assert set(np.unique((left != 0).mean((1, 2)))) == {0.0, 1.0}


@on_each_backend
def test_another_seed_drops_other_numbers(
    pair: WorkerPair, backend: str
) -> None:
    """The same trainer draws other masks with another seed."""

    def left(seed: int) -> Any:
        worker = pair.workers[backend]
        record = trained(worker, digits(DROPPED), "float32", seed)
        return record.probes["dropped/dropout_1"][-1][1]

    first = left(0)
    assert ((left(1) == 0) != (first == 0)).any()
    assert (left(0) == first).all()


LEARNING = [case for case in LAYERS + LOSSES if case.arm.parameters]


def first_of_each_kind() -> list[Any]:
    """Return the cases; those without a new kind of layer are marked slow."""
    known: set[str] = set()
    cases = []
    for case in LEARNING:
        kinds = {node.layer.kind() for node in case.arm.all_nodes}
        marks = () if kinds - known else pytest.mark.slow
        cases.append(pytest.param(case, marks=marks, id=case.id))
        known |= kinds
    return cases


def sample_gradients(
    worker: Any, case: Case, dtype: Dtype, weights: Tensors
) -> Tensors:
    """Return the gradients of the first samples by all tensors."""
    gradients: Tensors = worker.submit(
        "each_gradient", arm=case.arm, dtype=dtype, weights=weights
    ).result()
    return gradients


# With trained weights: with the initial running averages, the test could not
# tell which statistics are used.
@on_each_backend
@pytest.mark.parametrize("case", first_of_each_kind())
def test_per_sample_gradients_equal_the_numpy_reference(
    case: Case, backend: str, pair: WorkerPair, referred: Referred
) -> None:
    weights = referred(case).trained
    truth = each_gradient(reference.Trainer, case.arm, "float64", weights)
    gradients = sample_gradients(
        pair.workers[backend], case, "float64", weights
    )
    assert_close(gradients, truth, ROUNDING)


@on_each_backend
def test_batch_norm_uses_its_averages(pair: WorkerPair, backend: str) -> None:
    """A single sample has no variance to divide by."""
    case = next(case for case in LEARNING if "batch_norm" in case.id)
    weights = loop.initial_weights(case.arm, 0, "float64")
    moved = {
        name: value + 0.5 * name.endswith(("mean", "variance"))
        for name, value in weights.items()
    }
    worker = pair.workers[backend]
    before, after = (
        sample_gradients(worker, case, "float64", w) for w in (weights, moved)
    )
    assert max(distance(before[n], after[n]) for n in before) > MATTERS


@on_each_backend
def test_float32_probes_are_close(pair: WorkerPair, backend: str) -> None:
    case = next(case for case in LEARNING if "batch_norm" in case.id)
    weights = loop.initial_weights(case.arm, 0, "float64")
    truth = each_gradient(reference.Trainer, case.arm, "float64", weights)
    gradients = sample_gradients(
        pair.workers[backend], case, "float32", weights
    )
    assert_close(gradients, truth, SINGLE)


def test_the_ladder_compares_the_probes(pair: WorkerPair) -> None:
    ladder = run_ladder(pair, digits(DROPPED), steps=40)
    verdict = ladder.verdicts[-1]
    assert verdict.rung == "trajectory"
    assert verdict.agrees, verdict.sentence
    assert ladder.trajectory is not None
    probes = ladder.trajectory.probes
    assert "per sample gradients of dense_1/kernel after epoch 2" in probes
    assert "representations of relu_3 after epoch 1" in probes
    assert not any("dead" in name or "dropped" in name for name in probes)
    assert max(p.worst()[0] for p in probes.values()) > 0.0
