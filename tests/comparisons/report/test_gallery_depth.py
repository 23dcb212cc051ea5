"""Plots over the layers hold what was measured, layer by layer."""

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from framework_parity.common.metrics.registry import STATISTICS, Run
from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.load import parse
from framework_parity.comparisons.report.run import plots as gallery
from framework_parity.comparisons.report.run.plots import depth
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
    activations, gradients = figure.axes
    ones, zeros = activations.lines[:2], activations.lines[2:]
    for line in ones:
        assert np.asarray(line.get_xydata()).tolist() == [[1.0, 6 / 4]]
    sums = np.array([0.0, 1.0, 1.0, 2.0])
    slope = (1 / (1 + np.exp(-3 * sums)) - [0, 1, 1, 0]) / 4
    kernels = slope[2:].sum(), slope @ sums
    for line in gradients.lines[:2]:
        assert line.get_ydata() == pytest.approx(np.square(kernels))
    for line in (*zeros, *gradients.lines[2:]):
        assert np.isnan(np.asarray(line.get_ydata())).all()
    for panel in figure.axes:
        assert panel.get_title() == "exactly 0, not drawn: zeros"


def test_dead_shares_of_all_arms_are_in_one_panel() -> None:
    _, figure = drawn(
        "dead_shares",
        dead=layers({"constant": -1.0}),
        alive=layers("ones"),
        tanh=layers("ones", "tanh"),
    )
    by_activations, by_weights = figure.axes
    for panel in (by_activations, by_weights):
        dead, alive = panel.lines[:2], panel.lines[2:4]
        for line in dead:
            places = np.asarray(line.get_xydata()).tolist()
            assert places == [[1, 1], [2, 1], [3, 1]]
        for line in alive:
            assert (np.asarray(line.get_ydata()) == 0).all()
    assert figure.get_supxlabel() == "without ReLU: tanh"


def test_small_shares_of_dead_units_can_be_told_apart() -> None:
    result, _ = drawn(
        "dead_shares",
        all_dead=layers({"constant": -1.0}),
        few=layers("ones"),
        more=layers("ones"),
    )
    for arm, share in zip(result.arms, (1.0, 0.05, 0.13), strict=True):
        for records in arm.records.values():
            probes = records[0].probes
            probes["dead_relu/relu_1"] = np.full(3, share)
            probes["dead_relu/relu_1/by_weights"] = np.zeros(3)
    figures: Any = gallery.draw(result, result.experiment.plots[0])
    [figure] = figures
    low, high = figure.axes[0].get_ylim()
    # The two are more than a third of the axis apart.
    assert (0.13 - 0.05) / (high - low) > 1 / 3
    assert low <= 0 < 0.13 < high
    assert figure.get_supxlabel() == "above the axis, all dead: 1.00"


def test_every_gradient_other_than_0_is_in_its_kernels_ridge() -> None:
    result, figure = drawn("sample_gradients", ones=layers("ones"))
    record = result.arms[0].records["torch"][0]
    assert len(figure.axes) == 2  # a look each
    for row, panel in enumerate(figure.axes):
        names = [label.get_text() for label in panel.get_yticklabels()]
        assert names == ["dense 2", "dense 1"]
        assert panel.get_ylabel() == f"epoch {(1, 3)[row]}"
        assert panel.get_xscale() == "linear"
        patches: list[Any] = [*panel.patches]
        ridges = [each.get_data() for each in patches]
        assert len(ridges) == 4
        for level, name in enumerate(("dense_2", "dense_1")):
            gradients = record.probes[f"per_sample_gradients/{name}/kernel"][
                row
            ]
            heights, edges, base = ridges[level]
            assert base == level
            assert np.diff(edges) == pytest.approx(edges[1] - edges[0])
            values = gradients[gradients != 0]
            inside = np.clip(values, edges[0], edges[-1])
            counts = np.histogram(inside, edges)[0]
            assert counts.sum() == values.size
            expected = level + 0.8 * counts / counts.max()
            assert heights == pytest.approx(expected)
            text = panel.texts[level].get_text()
            assert f"spread {np.std(gradients):.2g}" in text


def test_units_that_are_off_are_a_share_of_zeros() -> None:
    gradients = np.array([0.0, 0.0, 0.0, 4.0])
    text = depth.spread_and_zeros(gradients)
    assert text == f"spread {np.std(gradients):.2g}\n75 % exactly 0"
    assert depth.spread_and_zeros(np.array([1.0, -1.0])) == "spread 1"


def test_a_smaller_gradient_has_a_narrower_ridge_on_the_same_axis() -> None:
    small, large = layers({"constant": 1e-4}), layers("ones")
    _, figure = drawn("sample_gradients", small=small, large=large)
    first, second = figure.axes[:2]
    assert first.get_xlim() == second.get_xlim()

    def breadth(panel: Any) -> int:
        heights, _, base = panel.patches[2].get_data()
        return int((heights > base).sum())

    # The first layer: its gradient is a product with the second kernel.
    assert breadth(first) < breadth(second)
