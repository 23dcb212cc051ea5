"""Each framework's own optimisers and schedules, in all backends."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from framework_parity.common.spec.node import defaults_from
from framework_parity.common.spec.schedules import Schedule
from framework_parity.comparisons.workers.worker import ENVIRONMENT, WorkerPair
from tests.external.calculations import Arrays, Steps
from tests.external.conftest import Desk
from tests.external.plain_optimizers import (
    KERAS,
    KERAS_SCHEDULES,
    LR,
    STEPS_PER_EPOCH,
    TORCH,
    TORCH_SCHEDULES,
    given,
    written,
)
from tests.external.units import units

# The largest difference that was measured is 12.9 units in the last place:
# Keras's SGD with momentum and a decay, after 60 steps.
LIMIT = 16.0

# Keras on TensorFlow converts Python floats to float32, so 0.9 becomes
# 0.89999998 in float64: up to 1.3e10 units were measured. With decays of
# 0.1 and 60 steps the paths differ by less than this.
THROUGH_FLOAT32 = 2e10

# Keras computes its rates in float32, whatever the precision is.
RATE_OF_KERAS = 2e-7

BACKENDS = ("torch", "keras", "reference")
on_each_backend = pytest.mark.parametrize("backend", BACKENDS)

Paths = Callable[[str, str], Arrays]


@pytest.fixture(scope="session")
def plain_paths(pair: WorkerPair) -> Paths:
    """Return a function from a framework and a precision to its paths."""

    @cache
    def ask(framework: str, dtype: str) -> Arrays:
        worker = pair.workers[framework]
        paths: Arrays = worker.submit("plain_paths", dtype=dtype).result()
        return paths

    return ask


@pytest.fixture(scope="session")
def keras_on_torch(tmp_path_factory: pytest.TempPathFactory) -> Arrays:
    """Keras's float64 paths on PyTorch, where no float becomes a float32."""
    out = tmp_path_factory.mktemp("plain") / "paths.npz"
    subprocess.run(
        [sys.executable, "-m", "tests.external.plain_optimizers", str(out)],
        env=os.environ | ENVIRONMENT | {"KERAS_BACKEND": "torch"},
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[2],
    )
    with np.load(out) as file:
        return dict(file)


def taken(
    desk: Desk, backend: str, dtype: str, dialect: str, name: str, number: int
) -> np.ndarray:
    """Return the path of a backend with one setting of an optimiser.

    Args:
        desk: runs the calculation.
        backend: that computes the path.
        dtype: the precision.
        dialect: the framework of the optimiser and of its defaults.
        name: of the class.
        number: of the setting.
    """
    table = {"torch": TORCH, "keras": KERAS}[dialect]
    start, gradients, factors = given()
    item = Steps(
        written(name, table[name][number]), start, gradients, factors, dialect
    )
    key = ("plain", dialect, name, number)
    [result] = desk.ask(key, lambda: [item], backend, dtype)
    return result["path"]


def settings(table: dict[str, list[Any]], *, last: bool = False) -> Any:
    """Parametrise a test by the settings of each class, or the last one."""
    rows = [
        pytest.param(name, number, id=f"{name}-{number}")
        for name, each in table.items()
        for number in (range(len(each)) if not last else [len(each) - 1])
    ]
    return pytest.mark.parametrize(("name", "number"), rows)


def far(path: np.ndarray, truth: np.ndarray, dtype: str) -> float:
    """Return the largest difference after any step, in units."""
    pairs = zip(path, truth, strict=True)
    return max(units(actual, expected, dtype) for actual, expected in pairs)


@pytest.mark.parametrize("backend", ["keras", "reference"])
@settings(TORCH, last=True)
def test_torch_optim_on_the_other_backends(
    name: str, number: int, backend: str, plain_paths: Paths, desk: Desk
) -> None:
    truth = plain_paths("torch", "float64")[f"{name} {number}"]
    path = taken(desk, backend, "float64", "torch", name, number)
    assert far(path, truth, "float64") <= LIMIT


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "dtype"),
    [
        ("torch", "float32"),
        ("keras", "float32"),
        ("torch", "float64"),
        ("keras", "float64"),
        ("reference", "float64"),
    ],
)
@settings(TORCH)
def test_every_setting_of_torch_optim(
    name: str,
    number: int,
    backend: str,
    dtype: str,
    plain_paths: Paths,
    desk: Desk,
) -> None:
    truth = plain_paths("torch", dtype)[f"{name} {number}"]
    path = taken(desk, backend, dtype, "torch", name, number)
    assert far(path, truth, dtype) <= LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "keras"])
@settings(KERAS)
def test_every_setting_of_keras_optimizers_in_float32(
    name: str, number: int, backend: str, plain_paths: Paths, desk: Desk
) -> None:
    truth = plain_paths("keras", "float32")[f"{name} {number}"]
    path = taken(desk, backend, "float32", "keras", name, number)
    assert far(path, truth, "float32") <= LIMIT


@pytest.mark.slow
@on_each_backend
@settings(KERAS)
def test_every_setting_of_keras_optimizers_in_float64(
    name: str,
    number: int,
    backend: str,
    plain_paths: Paths,
    keras_on_torch: Arrays,
    desk: Desk,
) -> None:
    """On TensorFlow Keras differs by more: 0.9 is rounded to float32."""
    path = taken(desk, backend, "float64", "keras", name, number)
    assert far(path, keras_on_torch[f"{name} {number}"], "float64") <= LIMIT
    itself = plain_paths("keras", "float64")[f"{name} {number}"]
    assert far(path, itself, "float64") <= THROUGH_FLOAT32


def test_all_settings_are_present() -> None:
    assert sum(len(each) for each in TORCH.values()) == 34
    assert sum(len(each) for each in KERAS.values()) == 29
    assert (len(TORCH_SCHEDULES), len(KERAS_SCHEDULES)) == (9, 11)


@pytest.fixture(scope="session")
def plain_rates(pair: WorkerPair) -> dict[str, Arrays]:
    """The rates of each framework's own schedules."""
    rates: dict[str, Arrays] = pair.ask("plain_rates")
    return rates


@pytest.mark.parametrize(
    ("framework", "name"),
    [("torch", name) for name in TORCH_SCHEDULES]
    + [("keras", name) for name in KERAS_SCHEDULES],
)
def test_a_schedule_has_the_rates_of_the_framework(
    framework: str, name: str, plain_rates: dict[str, Arrays]
) -> None:
    table = {"torch": TORCH_SCHEDULES, "keras": KERAS_SCHEDULES}[framework]
    with defaults_from(framework):
        spec: Any = TypeAdapter(Schedule).validate_python(table[name][2])
    truth = plain_rates[framework][name]
    rates = [spec.rate(n, LR, STEPS_PER_EPOCH) for n in range(len(truth))]
    off = np.abs(np.array(rates) - truth).max() / LR
    assert off <= (1e-15 if framework == "torch" else RATE_OF_KERAS)
