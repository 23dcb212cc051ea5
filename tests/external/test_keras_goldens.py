"""The numbers that Keras's own tests assert, also in PyTorch and NumPy.

They are float32s printed with four digits. `keras_goldens.json` holds those
of the optimisers; those of the losses and of `fit` are in this file.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.external.calculations import Calculation, Loss, Steps, Training
from tests.external.conftest import Desk
from tests.external.plain_optimizers import written

GOLDENS = json.loads(
    Path(__file__).with_name("keras_goldens.json").read_text()
)
OPTIMIZERS: dict[str, Any] = GOLDENS["optimizers"]

# Half of the fourth printed digit, and some rounding of float32.
PRINTED = 5.1e-5
# Keras asserts these to five units of the third digit, and itself differs by
# 1.3e-4 in Adam's trajectory, of which five steps are printed.
PRINTED_OF_ADAM = 1.4e-4

WHERE = [
    ("torch", "float64"),
    ("keras", "float64"),
    ("reference", "float64"),
    ("torch", "float32"),
    ("keras", "float32"),
]
in_each = pytest.mark.parametrize(
    ("backend", "dtype"),
    [
        pytest.param(*each, marks=pytest.mark.slow)
        if "float32" in each
        else each
        for each in WHERE
    ],
)
of_each_optimizer = pytest.mark.parametrize("kind", OPTIMIZERS)


def calculate(
    desk: Desk, name: str, item: Calculation, backend: str, dtype: str
) -> dict[str, np.ndarray]:
    """Return the results of a backend for one published test."""
    [result] = desk.ask(("keras", name), lambda: [item], backend, dtype)
    return result


@in_each
@of_each_optimizer
def test_the_golden_trajectory(
    kind: str, backend: str, dtype: str, desk: Desk
) -> None:
    """One gradient of 0.01 for all, then five times 0.1 to 1.0."""
    golden = OPTIMIZERS[kind]["golden"]
    gradients = [np.full(10, 0.01)] + [np.arange(1, 11) / 10] * 4
    item = Steps(
        written(kind, golden["arguments"]), np.ones(10), np.stack(gradients)
    )
    path = calculate(desk, f"{kind} golden", item, backend, dtype)["path"]
    off = np.abs(path - golden["values"]).max()
    assert off <= (PRINTED_OF_ADAM if kind == "adam" else PRINTED)


@in_each
@of_each_optimizer
def test_a_single_step(
    kind: str, backend: str, dtype: str, desk: Desk
) -> None:
    single = OPTIMIZERS[kind]["single_step"]
    item = Steps(
        written(kind, single["arguments"]),
        np.array([1.0, 2.0, 3.0, 4.0]),
        np.array([[1.0, 6.0, 7.0, 2.0]]),
    )
    path = calculate(desk, f"{kind} single", item, backend, dtype)["path"]
    assert np.abs(path[0] - single["values"]).max() <= PRINTED


@in_each
@of_each_optimizer
def test_three_steps_of_weight_decay(
    kind: str, backend: str, dtype: str, desk: Desk
) -> None:
    """Each a new optimiser, on a gradient of zero: 2 (1 - 0.004)^3."""
    arguments = OPTIMIZERS[kind]["weight_decay"]["arguments"]
    value = np.array([2.0])
    for number in range(3):
        item = Steps(written(kind, arguments), value, np.zeros((1, 1)))
        name = f"{kind} decay {number}"
        value = calculate(desk, name, item, backend, dtype)["path"][0]
    # Keras prints 1.9760959, and eight digits of a float32 are printed.
    assert abs(value[0] - 1.9760959) <= 3e-7


@in_each
@pytest.mark.parametrize(
    ("kind", "moved"), [("by_norm", 2**0.5 / 2), ("by_value", 1.0)]
)
def test_clipping_of_a_gradient(
    kind: str, moved: float, backend: str, dtype: str, desk: Desk
) -> None:
    item = Steps(
        {"sgd": 1.0},
        np.zeros(2),
        np.array([[100.0, 100.0]]),
        recipe={"clipping": {kind: 1.0}},
    )
    path = calculate(desk, f"clip {kind}", item, backend, dtype)["path"]
    assert np.abs(path[0] + moved).max() <= 1e-6


SMOOTHED = {"label_smoothing": 0.1}
HUBER = [0.005, 0.02, 0.32, 0.02, 0.08, 0.18]
# From losses_test.py: the loss, outputs, targets, the value, its tolerance.
LOSSES: dict[str, tuple[Any, Any, Any, float, float]] = {
    "MeanSquaredError.unweighted": (
        "mean_squared_error",
        [[4, 8, 12], [8, 1, 3]],
        [[1, 9, 2], [-5, -2, 6]],
        49.5,
        1e-7,
    ),
    "MeanAbsoluteError.unweighted": (
        "mean_absolute_error",
        [[4, 8, 12], [8, 1, 3]],
        [[1, 9, 2], [-5, -2, 6]],
        5.5,
        1e-7,
    ),
    "Huber.unweighted": (
        "huber",
        [[0.9, 0.2, 0.2], [0.8, 0.4, 0.6]],
        [[1, 0, 1], [1, 0, 0]],
        sum(HUBER) / 6,
        1e-7,
    ),
    "Huber.non_default_delta": (
        {"huber": 0.8},
        [[0.9, 0.2, 0.2], [0.8, 0.4, 0.6]],
        [[1, 0, 1], [1, 0, 0]],
        sum(HUBER) / 6,
        1e-7,
    ),
    "BinaryCrossentropy.unweighted": (
        "binary_cross_entropy",
        [[10.0, -10.0, 10.0], [10.0, 10.0, -10.0]],
        [[1, 0, 1], [0, 1, 1]],
        3.3333,
        1e-4,
    ),
    "BinaryCrossentropy.label_smoothing": (
        {"binary_cross_entropy": SMOOTHED},
        [[10.0, -10.0, -10.0]],
        [[1, 0, 1]],
        (10.0 + 5.0 * 0.1) / 3.0,
        1e-4,
    ),
    "CategoricalCrossentropy.unweighted": (
        "cross_entropy",
        [[8.0, 1.0, 1.0], [0.0, 9.0, 1.0], [2.0, 3.0, 5.0]],
        [0, 1, 2],
        0.0573,
        1e-4,
    ),
    "CategoricalCrossentropy.label_smoothing": (
        {"cross_entropy": SMOOTHED},
        [[100.0, -100.0, -100.0]],
        [0],
        400.0 * 0.1 / 3.0,
        1e-6,
    ),
}


@in_each
@pytest.mark.parametrize("name", LOSSES)
def test_the_value_of_a_loss(
    name: str, backend: str, dtype: str, desk: Desk
) -> None:
    loss, outputs, targets, value, tolerance = LOSSES[name]
    z, y = np.array(outputs, float), np.array(targets)
    labels = y.ndim == 1
    item = Loss(
        loss,
        z,
        y if labels else y.astype(float),
        z.shape[1] if labels else None,
    )
    result = calculate(desk, name, item, backend, dtype)
    assert abs(result["loss"] - value) <= tolerance


@pytest.mark.parametrize(("backend", "dtype"), WHERE)
def test_three_epochs_of_fit_with_a_falling_rate(
    backend: str, dtype: str, desk: Desk
) -> None:
    """From learning_rate_schedule_test.py: Adam, ExponentialDecay.

    The numbers are of float32, where Keras's 1 - 0.999 is off by 1.3e-5;
    in float64 that moves the losses by 1.7e-5.
    """
    x = np.arange(32.0).reshape(16, 2)
    rates = 0.05 * 0.9 ** np.arange(12.0)
    item = Training(
        [{"dense": 2}],
        {
            "loss": "mean_squared_error",
            "optimizer": {"adam": 0.05},
            "batch_size": 4,
        },
        x,
        x,
        {"dense_1/kernel": np.ones((2, 2)), "dense_1/bias": np.ones(2)},
        np.tile(np.arange(16).reshape(4, 4), (3, 1)),
        rates,
    )
    losses = calculate(desk, "fit", item, backend, dtype)["loss"]
    epochs = losses.reshape(3, 4).mean(1)
    published = [230.79457092285156, 128.30319213867188, 79.33648681640625]
    off = np.abs(epochs / published - 1).max()
    assert off <= (1e-6 if dtype == "float32" else 2e-5)


def test_all_published_numbers_are_present() -> None:
    kinds = "sgd rmsprop adam adamw adagrad adadelta adamax nadam"
    assert list(OPTIMIZERS) == kinds.split()
    for each in OPTIMIZERS.values():
        assert np.shape(each["golden"]["values"]) == (5, 10)
        assert np.shape(each["single_step"]["values"]) == (4,)
    assert len(LOSSES) == 8
