"""Statistics of views: predictions, planes between classes, linearity."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.metrics.registry import STATISTICS, Run
from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.load import parse
from framework_parity.common.training.record import Record
from framework_parity.comparisons.workers import tasks

XOR: dict[str, Any] = {
    "name": "xor",
    "dialect": "keras",
    "data": {"xor": {}, "test": 0, "validation": 0, "scaling": "none"},
    "recipe": {
        "loss": "binary_cross_entropy",
        "optimizer": "sgd",
        "batch_size": "full",
        "shuffle": "never",
        "epochs": 1,
    },
    "arms": {
        "stacked": [{"dense": 3}, {"dense": 2}, {"dense": 1}],
        "bent": [{"dense": 3}, "tanh", {"dense": 1}],
    },
    "probes": {"representations": {}},
}


def trained(arm: str) -> Run:
    network = parse(XOR).arm(arm)
    return Run(
        network, tasks.train(reference.Trainer, network, 0, "float64")[0]
    )


def statistic(run: Run, name: str, *arguments: Any) -> float:
    assert STATISTICS[name].missing_reason(run.arm, arguments) is None
    return STATISTICS[name]((run,), arguments)


def hidden(values: Any) -> Run:
    """Return a run whose tanh has these outputs for the four corners."""
    probes = {"representations/tanh_1": np.array([values])}
    return Run(parse(XOR).arm("bent"), Record({}, {}, {}, {}, probes=probes))


def test_layers_without_an_activation_are_affine() -> None:
    stacked, bent = trained("stacked"), trained("bent")
    for place in ("dense_1", "dense_2", "dense_3"):
        assert statistic(stacked, "nonlinearity", place) < 1e-24
    assert statistic(bent, "nonlinearity", "dense_1") < 1e-24
    assert statistic(bent, "nonlinearity", "tanh_1") > 1e-3


def test_nonlinearity_is_the_share_of_variance_that_is_left() -> None:
    # x1 + 2 x1 x2 on the corners. The fit leaves 2 (x1 - 1/2)(x2 - 1/2):
    # 4 · 1/4 of a total of 27/4.
    values = np.array([0.0, 0.0, 1.0, 3.0])[:, np.newaxis]
    assert statistic(hidden(values), "nonlinearity", "tanh_1") == (
        pytest.approx(1 / 6.0)
    )


def test_a_constant_layer_has_no_nonlinearity() -> None:
    run = hidden(np.ones((4, 1)))
    assert np.isnan(statistic(run, "nonlinearity", "tanh_1"))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # The classes are 0, 1, 1, 0.
        ([[0.0], [1.0], [1.0], [0.0]], 1.0),
        ([[0.0], [1e-9], [1e-9], [0.0]], 1.0),
        ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], 0.0),
        ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.4, 0.4]], 1.0),
        # The fourth sample lies on the line through the other class.
        ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.5, 0.5]], 0.0),
        ([[2.0], [2.0], [2.0], [2.0]], 0.0),
    ],
)
def test_a_plane_between_the_classes(values: Any, expected: float) -> None:
    run = hidden(np.array(values))
    assert statistic(run, "linearly_separable", "tanh_1") == expected
    assert statistic(run, "linearly_separable", "input") == 0


def test_only_two_classes_have_a_plane_between_them() -> None:
    data = {"spiral": {"classes": 3, "samples": 30}}
    recipe = XOR["recipe"] | {"loss": "cross_entropy"}
    arms = {"one": [{"dense": 3}]}
    written = XOR | {"data": data, "recipe": recipe, "arms": arms}
    reason = STATISTICS["linearly_separable"].missing_reason(
        parse(written).arm("one"), ("input",)
    )
    assert reason == "the data have 3 classes"


def test_a_prediction_is_the_probability_of_a_sample() -> None:
    run = trained("bent")
    logit = run.record.probes["representations/dense_2"][-1][2, 0]
    expected = 1 / (1 + np.exp(-logit))
    assert statistic(run, "prediction", 2) == pytest.approx(expected)
    reason = STATISTICS["prediction"].missing_reason(run.arm, (4,))
    assert reason == "its samples are 0 to 3, got 4"
    probes = {"representations": {"places": ["dense_1"]}}
    partly = parse(XOR | {"probes": probes}).arm("bent")
    reason = STATISTICS["prediction"].missing_reason(partly, (0,))
    assert reason == "the probe does not look at dense_2, the output"
