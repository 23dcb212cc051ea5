"""scikit-learn's MLP against both frameworks and the NumPy reference."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from tests.external.conftest import Desk
from tests.external.sklearn_mlp import (
    STEPS,
    UNIT,
    Perceptron,
    Trained,
    apart,
    perceptrons,
)

# Enough steps for momentum, bias correction and a falling rate to matter.
FEW = 20
EVERY = perceptrons()
# One of each solver and task, and each way to write a penalty.
SOME = (
    "binary relu sgd",
    "multiclass tanh adam, L2, batches",
    "regression logistic momentum, L2",
    "multiclass tanh nesterov, falling rate, L2",
    "multilabel logistic adam, L2",
)

on_each_backend = pytest.mark.parametrize(
    "backend", ["torch", "keras", "reference"]
)


@cache
def truth(spec: Perceptron, steps: int) -> tuple[Trained, Any, Any]:
    """Return scikit-learn's training, and its floors."""
    plain = spec.train(steps, spec.start, spec.indices)
    return plain, *spec.floors(steps, plain)


def check(spec: Perceptron, steps: int, backend: str, desk: Desk) -> None:
    """Compare every weight and loss after every step with scikit-learn's.

    Args:
        spec: the training.
        steps: the number of steps.
        backend: that trains.
        desk: runs the calculation.
    """
    plain, floors, loss_floors = truth(spec, steps)
    for way, recipe, scale in spec.ways():
        training = spec.training(steps, recipe, scale, plain.rates)
        key = ("sklearn", spec.name, way, steps)
        [result] = desk.ask(key, lambda item=training: [item], backend)
        off = apart(result, plain.weights) / floors
        assert off.max() <= TIMES_FLOOR, f"{way}: {off.max():.3g} floors"
        factor = spec.loss_factor(way)
        if factor is None:
            continue
        # PyTorch's BCEWithLogitsLoss is (1 - y) z - log sigmoid(z): a small
        # loss is a difference of terms as large as the logit z.
        rounding = np.zeros(steps)
        if backend == "torch" and "binary" in way:
            rounding = UNIT * spec.largest_outputs(plain)
        off = np.abs(result["loss"] * factor - plain.losses)
        allowed = TIMES_FLOOR * loss_floors * np.abs(plain.losses) + rounding
        worst = (off / allowed).max()
        assert worst <= 1, f"{way}: the loss is off by {worst:.3g} times that"


@on_each_backend
@pytest.mark.parametrize("name", SOME)
def test_first_steps_equal_scikit_learn(
    name: str, backend: str, desk: Desk
) -> None:
    [spec] = [each for each in EVERY if each.name == name]
    check(spec, FEW, backend, desk)


@pytest.mark.slow
@on_each_backend
@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.name)
def test_every_step_equals_scikit_learn(
    spec: Perceptron, backend: str, desk: Desk
) -> None:
    check(spec, STEPS, backend, desk)


def test_all_trainings_are_present() -> None:
    assert len(EVERY) == 51
    assert sum(len(list(spec.ways())) for spec in EVERY) == 69


@pytest.mark.parametrize("name", ["binary relu sgd", "regression tanh adam"])
def test_partial_fit_batch_by_batch_is_fit(name: str) -> None:
    """scikit-learn's own loop, in one call, gives the same numbers."""
    from sklearn.exceptions import ConvergenceWarning

    [spec] = [each for each in EVERY if each.name == name]
    plain = spec.train(FEW, spec.start, spec.indices)
    made = spec.estimator(spec.start)
    made.max_iter = FEW
    with pytest.warns(ConvergenceWarning):
        made.fit(*spec.data)
    np.testing.assert_array_equal(made.loss_curve_, plain.losses)
    np.testing.assert_array_equal(
        made.coefs_[0], plain.weights["dense_1/kernel"][-1]
    )
