"""Statistics have the values that are calculated by hand."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from framework_parity.common.metrics.registry import STATISTICS, Run
from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.load import parse
from framework_parity.comparisons.workers import tasks

# Each activation behind a unit of its own, at two points, one the kink.
FUNCTIONS: dict[str, Any] = {
    "name": "functions",
    "dialect": "keras",
    "data": {
        "points": {"x": [[2.0], [0.0]], "y": [-9.0, -9.0]},
        "test": 0,
        "validation": 0,
        "scaling": "none",
    },
    "recipe": {
        "loss": "mean_absolute_error",
        "optimizer": {"sgd": 0.1},
        "batch_size": "full",
        "epochs": 1,
        "shuffle": "never",
    },
    "arms": {
        "both": [
            {
                "concatenate": [
                    [
                        {"dense": {"units": 1, "kernel_initializer": "ones"}},
                        word,
                    ]
                    for word in ("sigmoid", {"leaky_relu": 0.25})
                ]
            },
            {"dense": {"units": 1, "kernel_initializer": "ones"}},
        ],
    },
    "probes": {
        "representations": {"epochs": [0]},
        "per_sample_gradients": {
            "places": ["dense_1", "dense_2"],
            "epochs": [0],
        },
    },
}


def trained(written: dict[str, Any]) -> Run:
    """Train the first arm with the reference."""
    experiment = parse(written)
    arm = experiment.arm(next(iter(experiment.arms)))
    return Run(arm, tasks.train(reference.Trainer, arm, 0, "float64")[0])


def statistic_of(run: Run, name: str, *arguments: Any) -> float:
    """Return the value of a statistic that the run has."""
    statistic = STATISTICS[name]
    statistic.check(arguments)
    assert statistic.missing_reason(run.arm, arguments) is None
    return statistic((run,), arguments)


def moved(run: Run, probe: str, by: float) -> Run:
    """Return a run whose probe is moved by a constant."""
    values = run.record.probes
    probes = values | {probe: values[probe] + by}
    return Run(run.arm, dataclasses.replace(run.record, probes=probes))


def test_the_loss_of_a_step_is_that_before_its_update() -> None:
    run = trained(FUNCTIONS)
    # Outputs are sigmoid(x) + leaky_relu(x) at 2 and at 0, targets -9.
    mean = (1 / (1 + np.exp(-2)) + 2 + 0.5) / 2 + 9
    assert statistic_of(run, "step_loss", 0) == pytest.approx(mean)


def test_the_steepest_slope_of_an_activation() -> None:
    run = trained(FUNCTIONS)
    assert statistic_of(run, "steepest", "sigmoid_1") == pytest.approx(0.25)
    assert statistic_of(run, "steepest", "leaky_relu_1") == pytest.approx(1.0)


def test_the_product_of_slopes_is_a_mean_over_simulations() -> None:
    run = trained(FUNCTIONS)
    at_two = 1 / (1 + np.exp(-2)) * (1 - 1 / (1 + np.exp(-2)))
    # Two layers are one simulation, one layer is two of them.
    expected = {2: 0.25 * at_two, 1: (0.25 + at_two) / 2}
    for layers, value in expected.items():
        product = statistic_of(run, "slope_product", "sigmoid_1", layers)
        assert product == pytest.approx(value)
    product = statistic_of(run, "slope_product", "leaky_relu_1", 2)
    assert product == pytest.approx(0.25)
    for wrong in (0, 3, 1.5):
        missing = STATISTICS["slope_product"].missing_reason(
            run.arm, ("sigmoid_1", wrong)
        )
        assert missing is not None
        assert "its layers are 1 to 2" in missing


def test_gradients_of_samples_are_those_of_a_probed_layer() -> None:
    run = trained(FUNCTIONS)
    for name in ("gradient_deviation", "zero_gradients"):
        reason = STATISTICS[name].missing_reason
        assert reason(run.arm, ("dense_1/bias", 0)) is None
        missing = reason(run.arm, ("dense_3/bias", 0))
        assert missing == "the probe does not look at dense_3/bias"
        missing = reason(run.arm, ("dense_1/bias", 1))
        assert missing == "its records are -1 to 0, got 1"


def test_value_and_slope_errors_are_distances_from_the_formula() -> None:
    run = trained(FUNCTIONS)
    for name in ("value_error", "slope_error"):
        for activation in ("sigmoid_1", "leaky_relu_1"):
            assert statistic_of(run, name, activation) < 1e-15
    off = moved(run, "representations/leaky_relu_1", 0.5)
    assert statistic_of(off, "value_error", "leaky_relu_1") == pytest.approx(
        0.25
    )
    assert statistic_of(off, "slope_error", "leaky_relu_1") < 1e-15
    off = moved(run, "per_sample_gradients/dense_1/bias", 0.5)
    assert statistic_of(off, "slope_error", "sigmoid_1") == pytest.approx(2.0)
    assert statistic_of(off, "slope_error", "leaky_relu_1") < 1e-15


def test_only_activations_behind_a_unit_have_a_slope() -> None:
    run = trained(FUNCTIONS)
    missing = STATISTICS["steepest"].missing_reason(run.arm, ("dense_1",))
    assert missing is not None
    assert "leaky_relu_1, sigmoid_1" in missing


RATES = FUNCTIONS | {
    "data": FUNCTIONS["data"]
    | {"points": {"x": [[1.0]] * 6, "y": [0.0] * 6}, "validation": 0.3},
    "recipe": FUNCTIONS["recipe"]
    | {
        "optimizer": {"sgd": 1e-9},
        "epochs": 4,
        "batch_size": 2,
        "schedule": {"step_decay": {"every": 2, "by": 0.5, "per": "epoch"}},
        "plateau": {
            "by": 0.1,
            "patience": 0,
            "threshold": 1.0,
            "threshold_mode": "absolute",
            "least_change": 0.0,
        },
    },
    "arms": {"line": [{"dense": 1}]},
    "probes": None,
}


def test_rate_error_is_relative_to_the_schedule_and_the_plateau() -> None:
    run = trained(RATES)
    # Two batches an epoch; from the second epoch on each is a bad one.
    expected = np.repeat([1e-9, 1e-9, 1e-9 / 20, 1e-9 / 200], 2)
    used = run.record.steps["rate"]
    assert used == pytest.approx(expected)
    assert statistic_of(run, "rate_error") == 0
    off = used.copy()
    off[3] *= 1.5
    steps = run.record.steps | {"rate": off}
    changed = Run(run.arm, dataclasses.replace(run.record, steps=steps))
    assert statistic_of(changed, "rate_error") == pytest.approx(0.5)
