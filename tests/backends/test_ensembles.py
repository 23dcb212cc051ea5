"""Runs that are trained together are those that are trained alone."""

from collections.abc import Iterable
from typing import Any

import pytest

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layer import LayerSpec
from framework_parity.common.training.ensembles import ALONE, can_be_batched
from framework_parity.common.training.record import Record
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.backends.test_precision import ACTIVATIONS
from tests.cases import CASES, arm
from tests.tolerances import TRAINED, assert_close

RIDING = [case for case in CASES if can_be_batched(case.arm, "float64")]

# Two seeds, and a perturbed run of one of them that ends earlier.
RUNS = ((0, None), (1, None), (0, 7))


def validated(plain: Arm) -> Arm:
    """Return the arm with a part for validation."""
    data = plain.data.model_copy(update={"validation": 0.25})
    return Arm(plain.name, plain.layers, data, plain.recipe)


TOGETHER = {
    # The gradient of a bias before a normalisation would be rounding alone.
    "vector": arm(
        [
            {"dropout": 0.25},
            {"dense": {"units": 8, "bias": False}},
            "batch_norm",
            {"prelu": {"slopes": "per_number", "at_zero": "slope"}},
            {"residual": [{"dense": 8}, "layer_norm"]},
            {"concatenate": [["tanh"], [{"dense": 3}, {"dropout": 0.5}]]},
            {"dense": 3},
        ],
        penalty={"l1": 1e-3, "l2": 1e-3},
        clipping={"by_global_norm": 0.5},
        optimizer="nadam",
    ),
    "activations": ACTIVATIONS,
    "images": validated(
        arm(
            [
                "random_flip",
                {"spatial_dropout": 0.25},
                {"batch_norm": {"running_variance": "unbiased"}},
                {"upsampling": 2},
                {"concatenate": [[], [{"custom": "x / 2"}]]},
                "flatten",
                {"dense": 3},
            ],
            (6, 6, 3),
            penalty={"l2": 0.01},
            early_stopping={"patience": 1, "restore_best": True},
            optimizer={"adam": 0.05},
        )
    ),
    "repeated": arm([{"repeat": 2}, {"dense": 4}, "flatten", {"dense": 3}]),
    "shuffled": arm(
        [{"pixel_shuffle": 2}, "flatten", {"dense": 3}], (4, 4, 4)
    ),
    "clipped": arm(
        [{"dense": 4}, {"frozen": ["batch_norm"]}, {"dense": 3}],
        clipping={"by_norm": 0.1},
        groups=[{"layers": ["dense_1"], "lr_factor": 0.3}],
        optimizer={"adamw": {"lr": 0.01, "decay_applies_to": "kernels"}},
    ),
}
EVERY = [
    *(
        pytest.param(
            each,
            id=name,
            marks=[] if name in ("vector", "images") else [pytest.mark.slow],
        )
        for name, each in TOGETHER.items()
    ),
    *(
        pytest.param(case.arm, id=case.id, marks=pytest.mark.slow)
        for case in RIDING
    ),
]

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])


def alone(pair: WorkerPair, backend: str, arm: Arm, run: Any) -> Record:
    """Return the record of a run that is trained alone."""
    seed, nudge = run
    nudges = () if nudge is None else (nudge,)
    records: list[Record] = (
        pair.workers[backend]
        .submit(
            "train",
            arm=arm,
            seed=seed,
            dtype="float64",
            nudges=nudges,
            nudged_epochs=1,
        )
        .result()
    )
    return records[-1]


@on_each_backend
@pytest.mark.parametrize("arm", EVERY)
def test_a_run_in_an_ensemble_is_the_run_alone(
    arm: Arm, backend: str, pair: WorkerPair
) -> None:
    future = pair.workers[backend].submit(
        "train_together",
        arm=arm,
        runs=RUNS,
        dtype="float64",
        batched=True,
        nudged_epochs=1,
    )
    together: list[Record] = future.result()
    for record, run in zip(together, RUNS, strict=True):
        expected = alone(pair, backend, arm, run)
        assert record.final.keys() == expected.final.keys()
        assert_close(record.steps, expected.steps, TRAINED)
        assert_close(record.epochs, expected.epochs, TRAINED)
        assert_close(record.weights, expected.weights, TRAINED)


def kinds_of(arms: Iterable[Arm]) -> set[type[LayerSpec]]:
    """Return the kinds of layers of some arms."""
    return {type(node.layer) for each in arms for node in each.all_nodes}


def test_every_layer_but_those_that_are_listed_is_batched() -> None:
    every = kinds_of(case.arm for case in CASES)
    riding = [*TOGETHER.values(), *(case.arm for case in RIDING)]
    assert all(can_be_batched(each, "float64") for each in riding)
    alone = {kind for kind in every if issubclass(kind, ALONE)}
    assert every - kinds_of(riding) == alone


@pytest.mark.parametrize(
    "recipe",
    [
        {"plateau": {}},
        {"accumulation": {"batches": 2}},
        {"evaluation_mode": "training"},
    ],
    ids=lambda recipe: next(iter(recipe)),
)
def test_runs_with_such_a_recipe_are_trained_alone(
    recipe: dict[str, Any],
) -> None:
    layers = [{"dense": 3}]
    assert can_be_batched(arm(layers), "float32")
    assert not can_be_batched(arm(layers), "bfloat16")
    assert not can_be_batched(arm(layers, epochs=2, **recipe), "float32")
