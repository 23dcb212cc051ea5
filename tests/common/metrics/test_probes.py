"""Probes: their values are right, and they do not change training."""

import dataclasses
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from framework_parity.common.data.spec import Part
from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.node import defaults_from
from framework_parity.common.spec.probes import Probes
from framework_parity.common.training import loop
from framework_parity.common.training.observer import Observer, dead_share
from framework_parity.common.training.record import Record
from framework_parity.comparisons.workers import tasks
from tests.cases import arm
from tests.common.written import RICH, experiment
from tests.tolerances import (
    FINITE_DIFFERENCE,
    MATTERS,
    ROUNDING,
    assert_close,
    distance,
)

EVERYTHING = {
    "gradient_norm": True,
    "dead_relu": {"every": 2},
    "per_sample_gradients": {"places": ["dense_1"], "epochs": [0, 1, "last"]},
    "representations": {"epochs": [2, "last"], "samples": 7, "part": "test"},
}

NETWORK = [
    {"dense": 6},
    "batch_norm",
    "relu",
    {"dropout": 0.3},
    {"dense": 4},
    "relu",
    {"dense": 3},
]


def probed(
    probes: dict[str, Any], layers: Any = NETWORK, **recipe: Any
) -> Arm:
    """Return an arm with these probes."""
    plain = arm(layers, **{"epochs": 3, **recipe})
    return replace(plain, probes=Probes.model_validate(probes))


def trained(probes: dict[str, Any], **recipe: Any) -> Record:
    """Train an arm with these probes with the reference."""
    example = probed(probes, **recipe)
    return tasks.train(reference.Trainer, example, 0, "float64")[0]


def without_probes(record: Record) -> Record:
    """Return the record without the values of probes."""
    steps = {k: v for k, v in record.steps.items() if k != "gradient_norm"}
    return dataclasses.replace(record, steps=steps, probes={})


@pytest.mark.parametrize("every", [0, 1, 2])
def test_probes_do_not_change_training(every: int) -> None:
    seen = trained(EVERYTHING, evaluate_every=every)
    plain = trained({}, evaluate_every=every)
    assert plain.probes == {}
    assert seen.digest() != plain.digest()
    assert without_probes(seen).digest() == plain.digest()


def test_probes_are_no_part_of_the_content_hash() -> None:
    plain = {key: value for key, value in RICH.items() if key != "probes"}
    assert parse(RICH).content_hash == parse(plain).content_hash
    assert "probes" not in parse(plain).model_dump()


def test_epochs_and_shapes_of_probes() -> None:
    seen = trained(EVERYTHING, epochs=5, evaluate_every=0)
    shapes = {name: value.shape for name, value in seen.probes.items()}
    assert seen.probes["dead_relu/epoch"].tolist() == [2, 4, 5]
    assert seen.probes["per_sample_gradients/epoch"].tolist() == [0, 1, 5]
    assert seen.probes["representations/epoch"].tolist() == [2, 5]
    assert shapes["dead_relu/relu_2"] == (3,)
    assert shapes["per_sample_gradients/dense_1/kernel"] == (3, 32, 5, 6)
    assert shapes["representations/dropout_1"] == (2, 7, 6)
    assert len(seen.epochs["epoch"]) == 1
    assert seen.steps["gradient_norm"].shape[1] == len(seen.parameters)


def test_dropout_probe_has_input_and_output_after_training() -> None:
    seen = trained({"dropped": {"samples": 50}}).probes
    assert seen["dropped/epoch"].tolist() == [3]
    [(entered, left)] = seen["dropped/dropout_1"]
    assert entered.shape == left.shape == (50, 6)
    kept = left != 0
    assert 0.5 < kept.mean() < 0.9
    assert_close(left, entered * kept / 0.7, ROUNDING)


def test_last_epoch_is_recorded_once() -> None:
    seen = trained({"representations": {"epochs": [3, "last"]}})
    assert seen.probes["representations/epoch"].tolist() == [3]


def test_last_probe_is_of_the_restored_weights() -> None:
    rule = {"patience": 2, "restore_best": True}
    plain = probed(
        {"representations": {"epochs": ["last"]}},
        epochs=30,
        optimizer={"sgd": 2.0},
        early_stopping=rule,
    )
    data = plain.data.model_copy(update={"validation": 0.25})
    stopped = replace(plain, data=data)
    record = tasks.train(reference.Trainer, stopped, 0, "float64")[0]
    best = int(record.final["best_epoch"])
    assert best < record.final["epochs"]
    assert record.probes["representations/epoch"].tolist() == [best]
    trainer = reference.Trainer(stopped, parts(stopped))
    trainer.load(record.weights)
    outputs = trainer.outputs(parts(stopped)["train"].x[:100])
    assert_close(
        record.probes["representations/dense_3"][0],
        outputs["dense_3"],
        ROUNDING,
    )


def parts(example: Arm) -> dict[str, Part]:
    return example.data.parts(example.recipe.loss)


def test_per_sample_gradients_match_finite_differences() -> None:
    """By central differences, with batch normalisation in evaluation."""
    example = probed({})
    trainer = reference.Trainer(example, parts(example))
    record = trained({}, epochs=2)
    train, weights = parts(example)["train"], record.weights
    x, y = train.x[:4], train.y[:4]
    trainer.load(weights)
    names = list(example.parameters)
    gradients = trainer.per_sample_gradients(x, y, names)

    def losses(moved: Any) -> Any:
        trainer.load(moved)
        outputs = trainer.outputs(x)["dense_3"]
        loss = example.recipe.loss
        return np.array(
            [loss.value(outputs[i : i + 1], y[i : i + 1]) for i in range(4)]
        )

    rng = np.random.default_rng(0)
    for name in names:
        for _ in range(5):
            index: tuple[Any, ...] = tuple(
                rng.integers(n) for n in weights[name].shape
            )
            both = []
            for step in (1e-6, -1e-6):
                moved = weights[name].copy()
                moved[index] += step
                both.append(losses(weights | {name: moved}))
            slope = (both[0] - both[1]) / 2e-6
            off = np.abs(gradients[name][(slice(None), *index)] - slope)
            assert off.max() < FINITE_DIFFERENCE


def test_mean_of_per_sample_gradients_is_that_of_the_batch() -> None:
    plain = probed({}, [{"dense": 6}, "tanh", {"dense": 3}])
    trainer = reference.Trainer(plain, parts(plain))
    trainer.load(loop.initial_weights(plain, 0, "float64"))
    train, names = parts(plain)["train"], list(plain.parameters)
    per_sample = trainer.per_sample_gradients(train.x, train.y, names)
    _, gradients, _ = reference.gradients(
        plain, trainer.weights(), train.x, train.y, {}
    )
    means = {name: value.mean(0) for name, value in per_sample.items()}
    assert_close(means, gradients, ROUNDING)
    assert (
        distance(per_sample["dense_1/kernel"][0], gradients["dense_1/kernel"])
        > MATTERS
    )


# Dead units.


@pytest.mark.parametrize(
    ("outputs", "share"),
    [
        (np.zeros((4, 3)), 1.0),
        (np.ones((4, 3)), 0.0),
        (np.array([[0, 1, 0], [0, 0, 0], [0, 0, 2]]), 1 / 3),
        # A channel that is active in one corner of one image is not dead.
        (np.eye(8).reshape(4, 2, 2, 4)[..., :2], 0.0),
        (np.zeros((4, 2, 2, 5)) + (np.arange(5) > 1), 2 / 5),
    ],
)
def test_unit_that_is_never_active_is_dead(outputs: Any, share: float) -> None:
    assert dead_share(outputs) == pytest.approx(share)


def dead_shares(layers: Any, weights: Any, x: Any) -> dict[str, Any]:
    """Return the shares of dead units of a network with given weights."""
    example = probed({"dead_relu": {}}, layers)
    made = {
        name: np.array(weights.get(name, np.ones(shape)), np.float64)
        for name, shape in example.tensors.items()
    }
    part = {"train": Part(np.array(x, np.float64), np.zeros(len(x), int))}
    trainer = reference.Trainer(example, part)
    trainer.load(made)
    observer = Observer(example, part)
    observer.look(trainer, 1)
    return {name: value[0] for name, value in observer.record().items()}


TWO = [{"dense": 2}, "relu", {"dense": 4}, "relu", {"dense": 3}]
COLUMNS = {
    # Dead by its weights; by its bias and these data; active; active.
    "dense_2/kernel": [[-1, 1, 1, -1], [-2, 1, 1, 1]],
    "dense_2/bias": [0, -99, 0, 0],
}


def test_units_may_be_dead_by_weights_or_on_these_data() -> None:
    x = np.abs(np.random.default_rng(0).normal(size=(9, 5)))
    first = {"dense_1/kernel": np.array([[1.0, 2.0]] * 5)}
    first["dense_1/kernel"][0] = [2.0, 9.0]
    shares = dead_shares(TWO, {**first, **COLUMNS}, x)
    assert shares["dead_relu/relu_1"] == 0.0
    assert shares["dead_relu/relu_1/by_weights"] == 0.0
    assert shares["dead_relu/relu_2"] == 0.5
    assert shares["dead_relu/relu_2/by_weights"] == 0.25


def test_dead_by_weights_needs_nonnegative_inputs() -> None:
    x = np.random.default_rng(0).normal(size=(9, 5))
    shares = dead_shares(TWO, COLUMNS, x)
    assert "dead_relu/relu_1/by_weights" not in shares
    assert "dead_relu/relu_2/by_weights" in shares
    for before in ("tanh", "linear", "batch_norm"):
        layers = [{"dense": 2}, "relu", before, *TWO[2:]]
        shares = dead_shares(layers, COLUMNS, np.abs(x))
        assert "dead_relu/relu_2" in shares
        assert "dead_relu/relu_2/by_weights" not in shares
    layers = [{"dense": 2}, "sigmoid", {"dropout": 0.5}, *TWO[2:]]
    shares = dead_shares(layers, COLUMNS, np.abs(x))
    assert shares["dead_relu/relu_1/by_weights"] == 0.25


def test_share_dead_by_weights_is_at_most_that_on_the_data() -> None:
    """A tiny network that Adam drives far enough to kill units."""
    seen = trained(
        {"dead_relu": {}}, optimizer={"adam": 0.3}, epochs=10
    ).probes
    measured = seen["dead_relu/relu_2"]
    assert (seen["dead_relu/relu_2/by_weights"] <= measured).all()
    assert measured.max() > 0.0


def test_arm_without_the_layer_has_no_probe_of_it() -> None:
    spec = parse(
        experiment(
            arms={"one": [{"dense": 3}], "two": [{"dense": 4}, {"dense": 3}]},
            probes={"per_sample_gradients": {"places": ["dense_2"]}},
        )
    )
    first, second = (
        tasks.train(reference.Trainer, spec.arm(name), 0, "float64")[0]
        for name in ("one", "two")
    )
    assert list(first.probes) == ["per_sample_gradients/epoch"]
    assert "per_sample_gradients/dense_2/kernel" in second.probes


def test_a_written_probe_is_read_back() -> None:
    with defaults_from(None):
        probes = Probes.model_validate(EVERYTHING)
    assert Probes.model_validate(probes.model_dump(mode="json")) == probes


def test_tensors_above_the_largest_size_are_left_out() -> None:
    everything = trained({"weights": {}}).probes
    sizes = {name: values[0].size for name, values in everything.items()}
    assert sizes["weights/dense_2/kernel"] == 24
    limited = trained({"weights": {"largest": 12}}).probes
    assert set(limited) == {name for name, n in sizes.items() if n <= 12}
    assert "weights/dense_3/kernel" in limited
    assert "weights/dense_2/kernel" not in limited
