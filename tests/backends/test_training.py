"""Whole training runs on the real data sets, against the NumPy reference."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.load import parse
from framework_parity.common.training.inspection import StepInspection
from framework_parity.common.training.record import Record
from framework_parity.comparisons.workers import tasks
from framework_parity.comparisons.workers.worker import WorkerError, WorkerPair
from tests.tolerances import MATTERS, ROUNDING, TRAINED, assert_close, distance

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])


def example(
    name: str, data: Any, layers: Any, loss: str, **recipe: Any
) -> Arm:
    return parse(
        {
            "name": name,
            "dialect": "keras",
            "data": data,
            "recipe": {"loss": loss, "optimizer": "adam", **recipe},
            "arms": {name: layers},
        }
    ).arm(name)


ARMS = {
    each.name: each
    for each in [
        # Incomplete last batches, and a schedule.
        example(
            "digits",
            "digits",
            [
                "flatten",
                {"dense": 16},
                "relu",
                {"dropout": 0.2},
                {"dense": 10},
            ],
            "cross_entropy",
            schedule={"cosine": 30},
            batch_size=64,
            epochs=2,
        ),
        # Early stopping that stops, and restores the best weights.
        example(
            "spiral",
            {"spiral": {"samples": 120, "noise": 0.5}},
            [{"dense": 12}, "tanh", {"dense": 3}],
            "cross_entropy",
            optimizer={"adam": 0.3},
            batch_size=24,
            epochs=40,
            early_stopping={"patience": 3, "restore_best": True},
        ),
        # A regression, and evaluations that are not made each epoch.
        example(
            "polynomial",
            {"polynomial": {"samples": 125}, "scaling": "min_max"},
            [{"dense": 8}, "sigmoid", {"dense": 1}],
            "mean_squared_error",
            optimizer={"sgd": {"lr": 0.01, "momentum": 0.9}},
            batch_size=20,
            epochs=6,
            evaluate_every=4,
        ),
        # Evaluations in training mode: masks, batch statistics, running
        # averages that evaluations change.
        example(
            "never_eval",
            {"spiral": {"samples": 120, "noise": 0.5}},
            [
                {"dense": {"units": 12, "bias": False}},
                "batch_norm",
                "relu",
                {"dropout": 0.5},
                {"dense": 3},
            ],
            "cross_entropy",
            batch_size=24,
            epochs=3,
            evaluation_mode="training",
        ),
        # One logit, the training part only, full batches in order.
        example(
            "xor",
            {"xor": {}, "test": 0, "validation": 0, "scaling": "none"},
            [{"dense": 4}, "tanh", {"dense": 1}],
            "binary_cross_entropy",
            batch_size="full",
            shuffle="never",
            epochs=30,
            evaluate_every=0,
        ),
    ]
}

each_arm = pytest.mark.parametrize("name", ARMS)


@dataclass
class Run:
    """One arm in one framework: the inspection of a step, and two records."""

    inspection: StepInspection
    records: list[Record]


def task_arguments(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    shared = {"arm": ARMS[name], "seed": 0, "dtype": "float64"}
    return (
        shared | {"nudges": ()},
        shared | {"nudges": (1,), "gradient_norm": True},
    )


@pytest.fixture(scope="session")
def runs(pair: WorkerPair) -> Any:
    """Return a function from an arm and a backend to its run."""

    @cache
    def run(name: str, backend: str) -> Run:
        looked, trained = task_arguments(name)
        if backend == "numpy":
            return Run(
                tasks.inspect_step(reference.Trainer, **looked),
                tasks.train(reference.Trainer, **trained),
            )
        worker = pair.workers[backend]
        inspection = worker.submit("inspect_step", **looked)
        records = worker.submit("train", **trained)
        return Run(inspection.result(), records.result())

    return run


@on_each_backend
@each_arm
def test_the_same_bytes_reach_the_framework(
    name: str, backend: str, runs: Any
) -> None:
    result, truth = (
        runs(name, backend).inspection,
        runs(name, "numpy").inspection,
    )
    assert result.data == truth.data
    assert len(result.data) > 3


@on_each_backend
@each_arm
def test_inspect_step_gives_shapes_counts_and_one_step(
    name: str, backend: str, runs: Any
) -> None:
    result, truth = (
        runs(name, backend).inspection,
        runs(name, "numpy").inspection,
    )
    assert result.shapes == truth.shapes
    assert result.counts == truth.counts
    [snapshot], [expected] = result.snapshots, truth.snapshots
    assert_close(snapshot.outputs, expected.outputs, ROUNDING)
    assert_close(snapshot.gradients, expected.gradients, ROUNDING)
    assert_close(snapshot.stepped, expected.stepped, ROUNDING)


@on_each_backend
@each_arm
def test_records_equal_the_numpy_reference(
    name: str, backend: str, runs: Any
) -> None:
    record, truth = (runs(name, b).records[0] for b in (backend, "numpy"))
    assert_close(record.steps, truth.steps, TRAINED)
    assert_close(record.epochs, truth.epochs, TRAINED)
    assert_close(record.final, truth.final, TRAINED)
    assert_close(record.weights, truth.weights, TRAINED)
    assert (record.grid is None) == (truth.grid is None)
    if truth.grid is not None:
        assert_close(record.grid, truth.grid, TRAINED)


@on_each_backend
@each_arm
def test_a_perturbation_has_a_small_effect(
    name: str, backend: str, runs: Any
) -> None:
    record, nudged = runs(name, backend).records
    assert record.digest() != nudged.digest()
    assert_close(nudged.steps["loss"], record.steps["loss"], TRAINED)


@pytest.mark.parametrize("backend", ["numpy", "torch", "keras"])
def test_early_stopping_restores_the_best_weights(
    backend: str, runs: Any
) -> None:
    record = runs("spiral", backend).records[0]
    losses = record.epochs["validation_loss"]
    best = int(record.final["best_epoch"])
    assert record.final["epochs"] == len(losses) == best + 3 < 40
    assert best == np.argmin(losses) + 1
    back = record.final["validation_loss"]
    assert distance(back, losses[best - 1]) < ROUNDING
    assert distance(back, losses[-1]) > MATTERS


@pytest.mark.parametrize("backend", ["numpy", "torch", "keras"])
def test_the_mode_of_evaluation_changes_what_is_measured(
    backend: str, runs: Any, pair: WorkerPair
) -> None:
    forgotten = runs("never_eval", backend).records[0]
    arm = ARMS["never_eval"]
    recipe = arm.recipe.model_copy(update={"evaluation_mode": "evaluation"})
    task = task_arguments("never_eval")[1] | {
        "arm": replace(arm, recipe=recipe),
        "nudges": (),
    }
    if backend == "numpy":
        [sound] = tasks.train(reference.Trainer, **task)
    else:
        [sound] = pair.workers[backend].submit("train", **task).result()
    for name in sound.parameters:
        np.testing.assert_array_equal(
            forgotten.weights[name], sound.weights[name]
        )
    averages = "batch_norm_1/running_mean"
    apart = distance(forgotten.weights[averages], sound.weights[averages])
    assert apart > MATTERS
    for name in ("train_loss", "validation_loss", "test_loss"):
        assert distance(forgotten.final[name], sound.final[name]) > MATTERS


@on_each_backend
def test_training_again_gives_the_same_bits(
    backend: str, runs: Any, pair: WorkerPair
) -> None:
    record = runs("xor", backend).records[0]
    task = task_arguments("xor")[1] | {"nudges": ()}
    [again] = pair.workers[backend].submit("train", **task).result()
    assert again.digest() == record.digest()


@on_each_backend
def test_native_training_starts_from_weights_of_its_own(
    backend: str, runs: Any, pair: WorkerPair
) -> None:
    shared = runs("xor", backend).records[0]
    task = task_arguments("xor")[1] | {"nudges": (), "native": True}
    one, again, other = (
        pair.workers[backend].submit("train", **task | {"seed": seed})
        for seed in (0, 0, 1)
    )
    [record], [repeated], [another] = (
        future.result() for future in (one, again, other)
    )
    assert record.digest() == repeated.digest()
    first = [r.steps["loss"][0] for r in (record, another, shared)]
    assert len(set(first)) == 3
    assert np.isfinite(first).all()


@on_each_backend
@pytest.mark.parametrize(
    ("names", "message"), [([], "dense_1/bias"), (["odd/bias"], "odd/bias")]
)
def test_weights_of_another_network_are_refused_by_name(
    names: list[str], message: str, backend: str, pair: WorkerPair
) -> None:
    future = pair.workers[backend].submit(
        "load_wrong", arm=ARMS["xor"], names=names
    )
    with pytest.raises(WorkerError, match="weights and model differ") as error:
        future.result()
    assert message in str(error.value)
