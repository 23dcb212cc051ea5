"""Losses and predictions against scikit-learn and SciPy."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import special
from sklearn import metrics

from tests.external.calculations import Loss
from tests.external.conftest import Desk
from tests.external.units import units

# A loss is a mean of 40 terms, each right to a few units in the last place;
# the largest difference that was measured is 2.6 units.
LIMIT = 4.0

SAMPLES, OUTPUTS, SMOOTHING = 40, 5, 0.15

on_each_backend = pytest.mark.parametrize(
    "backend", ["torch", "keras", "reference"]
)


class Truth(NamedTuple):
    """A loss of given outputs, as another library computes it."""

    item: Loss
    value: float


def _truths() -> dict[str, Truth]:
    rng = np.random.default_rng(3)
    z = 3 * rng.normal(size=(SAMPLES, OUTPUTS))
    labels = rng.integers(OUTPUTS, size=SAMPLES)
    logits = 3 * rng.normal(size=(SAMPLES, 1))
    binary = rng.integers(2, size=(SAMPLES, 1)).astype(float)
    targets = rng.normal(size=(SAMPLES, OUTPUTS))
    every = np.arange(OUTPUTS)
    p = special.softmax(z, axis=1)
    s = special.expit(logits)

    def log_loss(y: Any) -> float:
        return float(metrics.log_loss(y, p, labels=every))

    # Smoothed labels: a share of the loss is the mean loss of all labels.
    others = [log_loss(np.full(SAMPLES, label)) for label in every]
    smoothed = (1 - SMOOTHING) * log_loss(labels)
    smoothed += SMOOTHING * float(np.mean(others))
    q = binary * (1 - SMOOTHING) + SMOOTHING / 2
    far = np.array([[1000.0, -1000.0, 0.0], [-800.0, 2.0, 700.0]])
    apart = np.array([[1000.0], [-1000.0], [745.0]])
    ones = np.array([[0.0], [1.0], [1.0]])
    truths = {
        "cross_entropy": Truth(
            Loss("cross_entropy", z, labels, OUTPUTS), log_loss(labels)
        ),
        "cross_entropy-smoothed": Truth(
            Loss(
                {"cross_entropy": {"label_smoothing": SMOOTHING}},
                *(z, labels, OUTPUTS),
            ),
            smoothed,
        ),
        "cross_entropy-logits_of_1000": Truth(
            Loss("cross_entropy", far, np.array([1, 0]), 3),
            -special.log_softmax(far, axis=1)[[0, 1], [1, 0]].mean(),
        ),
        "binary_cross_entropy": Truth(
            Loss("binary_cross_entropy", logits, binary, 2),
            metrics.log_loss(binary[:, 0], np.hstack([1 - s, s])),
        ),
        "binary_cross_entropy-smoothed": Truth(
            Loss(
                {"binary_cross_entropy": {"label_smoothing": SMOOTHING}},
                *(logits, binary),
            ),
            _binary(logits, q),
        ),
        "binary_cross_entropy-logits_of_1000": Truth(
            Loss("binary_cross_entropy", apart, ones), _binary(apart, ones)
        ),
        "mean_squared_error": Truth(
            Loss("mean_squared_error", z, targets),
            metrics.mean_squared_error(targets, z),
        ),
        "mean_absolute_error": Truth(
            Loss("mean_absolute_error", z, targets),
            metrics.mean_absolute_error(targets, z),
        ),
    }
    for delta in (0.3, 1.0, 2.5):
        truths[f"huber-{delta}"] = Truth(
            Loss({"huber": delta}, z, targets),
            special.huber(delta, z - targets).mean(),
        )
    return truths


def _binary(z: np.ndarray, q: np.ndarray) -> float:
    """Return the mean of -q log s(z) - (1 - q) log s(-z)."""
    each = q * special.log_expit(z) + (1 - q) * special.log_expit(-z)
    return float(-each.mean())


TRUTHS = _truths()


@on_each_backend
@pytest.mark.parametrize("name", TRUTHS)
def test_a_loss_is_that_of_another_library(
    name: str, backend: str, desk: Desk
) -> None:
    item, value = TRUTHS[name]
    [result] = desk.ask(("loss", name), lambda: [item], backend)
    assert units(result["loss"], value) <= LIMIT


@on_each_backend
@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("cross_entropy", lambda z: special.softmax(z, axis=1)),
        ("binary_cross_entropy", special.expit),
    ],
)
def test_a_prediction_and_its_accuracy(
    name: str, link: Any, backend: str, desk: Desk
) -> None:
    item, _ = TRUTHS[name]
    [result] = desk.ask(("loss", name), lambda: [item], backend)
    p = link(item.outputs)
    assert units(result["predictions"], p) <= LIMIT
    decided = p.argmax(1) if p.shape[1] > 1 else p[:, 0] > 0.5
    right = metrics.accuracy_score(item.y.reshape(-1), decided)
    assert result["accuracy"] == right
