"""Plots over the layers hold what was measured, layer by layer."""

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from framework_parity.common.metrics.registry import STATISTICS, Run
from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.load import parse
from framework_parity.comparisons.report.run import plots as gallery
from framework_parity.comparisons.report.style import svg
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.workers import tasks
from framework_parity.comparisons.workers.worker import LABELS

PROBES: dict[str, Any] = {
    "gradient_norm": True,
    "dead_relu": {},
    "representations": {"epochs": [0], "samples": 4},
    "per_sample_gradients": {
        "places": ["dense_1", "dense_2"],
        "epochs": [1, "last"],
        "samples": 4,
    },
}


def layers(kernel: Any, activation: str = "relu") -> list[Any]:
    """Return two dense layers with this initialiser of their kernels."""
    return [
        {"dense": {"units": units, "kernel_initializer": kernel}}
        if units
        else activation
        for units in (3, 0, 1)
    ]


def drawn(picture: str, **arms: Any) -> tuple[Result, Figure]:
    """Train each arm with the reference, in the place of both, and draw."""
    experiment = parse(
        {
            "name": "small",
            "dialect": "keras",
            "data": {"xor": {}, "test": 0, "validation": 0}
            | {"scaling": "none"},
            "recipe": {
                "loss": "binary_cross_entropy",
                "optimizer": {"sgd": 0.1},
                "batch_size": "full",
                "epochs": 3,
                "shuffle": "never",
            },
            "arms": arms,
            "probes": PROBES,
            "plots": [picture],
        }
    )
    trained = [
        ArmResult(
            experiment.arm(name),
            {
                backend: tasks.train(
                    reference.Trainer, experiment.arm(name), 0, "float64"
                )
                for backend in LABELS
            },
        )
        for name in arms
    ]
    result = Result(experiment, trained, [], RunSettings(seeds=1))
    figures: Any = gallery.draw(result, experiment.plots[0])
    [figure] = figures
    assert isinstance(figure, Figure)
    assert svg(figure).startswith("<svg")
    return result, figure


def test_the_second_moment_is_the_mean_square_at_first() -> None:
    # Ones: of the corners, the units are 0, 1, 1 and 2.
    result, _ = drawn("layer_variances", ones=layers("ones"))
    run = Run(result.arms[0].arm, result.arms[0].records["torch"][0])
    assert STATISTICS["second_moment"]((run,), ("relu_1",)) == 6 / 4
    assert STATISTICS["second_moment"]((run,), ("dense_2",)) == 9 * 6 / 4


def test_layer_variances_are_those_of_the_start() -> None:
    _, figure = drawn(
        "layer_variances", ones=layers("ones"), zeros=layers("zeros")
    )
    above, nothing, below, none = figure.axes
    for line in above.lines:
        assert np.asarray(line.get_xydata()).tolist() == [[1.0, 6 / 4]]
    sums = np.array([0.0, 1.0, 1.0, 2.0])
    slope = (1 / (1 + np.exp(-3 * sums)) - [0, 1, 1, 0]) / 4
    kernels = slope[2:].sum(), slope @ sums
    for line in below.lines:
        assert line.get_ydata() == pytest.approx(np.square(kernels))
    for line in nothing.lines:
        assert np.isnan(np.asarray(line.get_ydata())).all()
    assert "all are 0" in svg(figure)
    for line in none.lines:
        assert np.isnan(np.asarray(line.get_ydata())).all()


def test_dead_shares_are_drawn_epoch_by_epoch() -> None:
    dead = layers({"constant": -1.0})
    _, figure = drawn(
        "dead_shares",
        dead=dead,
        alive=layers("ones"),
        tanh=layers("ones", "tanh"),
    )
    first, alive, none = figure.axes
    assert len(first.lines) == 4
    for line in first.lines:
        places = np.asarray(line.get_xydata()).tolist()
        assert places == [[1, 1], [2, 1], [3, 1]]
    assert {line.get_linestyle() for line in first.lines} == {"-", "--"}
    for line in alive.lines:
        assert (np.asarray(line.get_ydata()) == 0).all()
    assert [text.get_text() for text in none.texts] == ["no ReLU"]


def test_every_number_of_the_gradients_is_in_its_kernels_ridge() -> None:
    result, figure = drawn("sample_gradients", ones=layers("ones"))
    record = result.arms[0].records["torch"][0]
    assert len(figure.axes) == 2  # a look each
    for row, panel in enumerate(figure.axes):
        names = [label.get_text() for label in panel.get_yticklabels()]
        assert names == ["dense_2", "dense_1"]
        assert panel.get_ylabel() == f"epoch {(1, 3)[row]}"
        patches: list[Any] = [*panel.patches]
        ridges = [each.get_data() for each in patches]
        assert len(ridges) == 4
        for level, name in enumerate(names):
            gradients = record.probes[f"per_sample_gradients/{name}/kernel"][
                row
            ]
            heights, edges, base = ridges[level]
            assert base == level
            counts = np.histogram(gradients, edges)[0]
            assert counts.sum() == gradients.size
            expected = level + 0.8 * counts / counts.max()
            assert heights == pytest.approx(expected)
