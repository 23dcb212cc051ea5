"""Pictures and tables of lessons hold the values that were measured."""

import re
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from framework_parity.common.metrics.probes import activated, slope_product
from framework_parity.common.metrics.registry import STATISTICS, Run
from framework_parity.common.metrics.words import in_words
from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.load import parse
from framework_parity.comparisons.report.run import plots as gallery
from framework_parity.comparisons.report.run.plots import lessons, planes
from framework_parity.comparisons.report.style import (
    COLUMN,
    SCREEN,
    TextTable,
    svg,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.workers import tasks
from framework_parity.comparisons.workers.worker import LABELS

XOR: dict[str, Any] = {
    "name": "small",
    "dialect": "torch",
    "data": {"xor": {}, "test": 0, "validation": 0, "scaling": "none"},
    "recipe": {
        "loss": "binary_cross_entropy",
        "optimizer": {"adam": 0.5},
        "batch_size": "full",
        "epochs": 60,
        "shuffle": "never",
        "evaluate_every": 10,
    },
    "arms": {
        "line": [{"dense": 1}],
        "wide": [{"dense": 4}, "tanh", {"dense": 1}],
        "two": [{"dense": 2}, "tanh", {"dense": 1}],
    },
    "probes": {
        "gradient_norm": True,
        "representations": {"epochs": [0, "last"]},
        "per_sample_gradients": {
            "places": ["dense_1", "dense_2"],
            "epochs": [0],
        },
    },
}


def trained(written: dict[str, Any]) -> Result:
    """Train every arm with the reference, in the place of both."""
    experiment = parse(written)
    arms = [
        ArmResult(
            experiment.arm(name),
            dict.fromkeys(
                LABELS,
                tasks.train(
                    reference.Trainer, experiment.arm(name), 1, "float64"
                ),
            ),
        )
        for name in experiment.arms
    ]
    return Result(experiment, arms, [], RunSettings(seeds=1))


@pytest.fixture(scope="module")
def result() -> Result:
    return trained(XOR)


def drawn(result: Result, plot: Any) -> Any:
    [spec] = parse(XOR | {"plots": [plot]}).plots
    return gallery.draw(result, spec)


def test_predictions_are_those_of_each_sample(result: Result) -> None:
    table = drawn(result, {"predictions": ["line", "wide"]})
    assert table.head == (
        *("input", "target", "line, PyTorch", "line, Keras"),
        *("wide, PyTorch", "wide, Keras"),
    )
    corners = [row[:2] for row in table.rows]
    assert corners == [
        ("0, 0", "0"),
        ("0, 1", "1"),
        ("1, 0", "1"),
        ("1, 1", "0"),
    ]
    looks = result.arms[1].records["torch"][0].probes
    logits = looks["representations/dense_2"][-1][:, 0]
    expected = [f"{1 / (1 + np.exp(-z)):.3f}" for z in logits]
    assert [row[4] for row in table.rows] == expected
    assert [round(float(text)) for text in expected] == [0, 1, 1, 0]


def test_the_hidden_space_has_the_decision_of_the_network(
    result: Result,
) -> None:
    [figure] = drawn(result, {"hidden_space": ["wide"]})
    corners, torch, keras = figure.axes
    assert [p.get_xlabel() for p in (torch, keras)] == [
        "along the output's weights"
    ] * 2
    assert len(corners.images) == 0
    record = result.arms[1].records["torch"][0]
    hidden = record.probes["representations/tanh_1"][-1]
    kernel = record.weights["dense_2/kernel"]
    logits = (hidden @ kernel + record.weights["dense_2/bias"])[:, 0]
    # Along the weights, the samples keep the order of their logits, and the
    # position 0 is that of the mean.
    places = [np.asarray(c.get_offsets()) for c in torch.collections]
    labels = np.array([0, 1, 1, 0])
    along = np.empty(4)
    for label, points in enumerate(places):
        along[labels == label] = points[:, 0]
    norm = np.linalg.norm(kernel)
    assert along * norm == pytest.approx(logits - logits.mean())
    image = np.asarray(torch.images[0].get_array())
    left, right, bottom, top = torch.images[0].get_extent()
    for x, logit in zip(along, logits, strict=True):
        column = round((x - left) / (right - left) * (lessons.SIDE - 1))
        label = int(logit > 0)
        tint = 1 - image[lessons.SIDE // 2, column]
        hue = 1 - np.array(to_rgb(planes.class_look(label)[0]))
        # Blended with white, it is the colour of the class.
        assert tint / tint.max() == pytest.approx(hue / hue.max())
    assert bottom < top


def test_two_units_are_the_axes_of_the_hidden_space(result: Result) -> None:
    [figure] = drawn(result, {"hidden_space": ["two"]})
    panel = figure.axes[1]
    assert panel.get_xlabel() == "first unit"
    seen = np.concatenate(
        [np.asarray(c.get_offsets()) for c in panel.collections]
    )
    hidden = (
        result.arms[2].records["torch"][0].probes["representations/tanh_1"][-1]
    )
    assert seen == pytest.approx(hidden[[0, 3, 1, 2]])


def test_the_product_of_slopes_is_the_mean_over_samples_and_units() -> None:
    layers = [{"dense": 3}, "sigmoid", {"dense": 3}, "sigmoid", {"dense": 1}]
    many = trained(XOR | {"arms": {"deep": layers}})
    [spec] = parse(
        XOR | {"arms": {"deep": layers}, "plots": ["gradient_product"]}
    ).plots
    figures: Any = gallery.draw(many, spec)
    [figure] = figures
    record = many.arms[0].records["torch"][0]
    first, second = (
        record.probes[f"representations/sigmoid_{n}"][0] for n in (1, 2)
    )
    slopes = [h * (1 - h) for h in (first, second)]
    expected = [1, slopes[1].mean(), (slopes[0] * slopes[1]).mean()]
    for line in figure.axes[0].lines:
        assert line.get_ydata() == pytest.approx(expected)
    assert figure.axes[0].get_yscale() == "log"


def test_a_product_that_becomes_zero_is_named() -> None:
    dead = {"dense": {"units": 1, "bias_initializer": {"constant": -9.0}}}
    layers = [dead, "relu", {"dense": 1}, "sigmoid", {"dense": 1}]
    written = XOR | {"arms": {"dead": layers}, "plots": ["gradient_product"]}
    zero = trained(written)
    figures: Any = gallery.draw(zero, zero.experiment.plots[0])
    [figure] = figures
    title = figure.axes[0].get_title()
    assert title == "exactly 0, not drawn: dead from 2 on"


def test_a_simulated_product_is_that_of_the_statistic() -> None:
    """Two simulations of three layers, with ReLU and sigmoid."""
    units = [[{"dense": 1}, name] for name in ("relu", "sigmoid")]
    written = XOR | {
        "arms": {"random": [{"concatenate": units}, {"dense": 1}]},
        "data": {
            "noise": {"sides": [1], "classes": None, "samples": 6},
            "test": 0,
            "validation": 0,
            "scaling": "none",
        },
        "recipe": XOR["recipe"] | {"loss": "mean_squared_error"},
        "probes": {
            "representations": {"epochs": [0], "samples": 6},
            "per_sample_gradients": {
                "places": ["dense_1", "dense_2"],
                "epochs": [0],
                "samples": 6,
            },
        },
        "claims": [],
        "plots": [{"simulated_product": {"arm": "random", "layers": 3}}],
    }
    result = trained(written)
    figures: Any = gallery.draw(result, result.experiment.plots[0])
    [figure] = figures
    arm = result.arms[0]
    run = Run(arm.arm, arm.records["torch"][0])
    for line, name in zip(
        figure.axes[0].lines[::2], ("relu_1", "sigmoid_1"), strict=True
    ):
        slopes = activated(run, name)[2].reshape(2, 3)
        expected = slopes.cumprod(axis=1).mean(0)
        assert slope_product(run, name, 3) == pytest.approx(expected[-1])
        expected[expected <= 0] = np.nan
        drawn = line.get_ydata()
        assert drawn == pytest.approx([1, *expected], nan_ok=True)


def test_a_gradient_table_of_the_last_step_has_its_norms() -> None:
    written = XOR | {
        "arms": {"wide": XOR["arms"]["wide"]},
        "probes": XOR["probes"] | {"gradient_norm": True},
        "plots": [{"gradient_table": {"step": "last"}}],
    }
    result = trained(written)
    table = gallery.draw(result, result.experiment.plots[0])
    assert isinstance(table, TextTable)
    record = result.arms[0].records["torch"][0]
    column = record.parameters.index("dense_1/kernel")
    expected = record.steps["gradient_norm"][-1, column]
    assert table.rows[-1][1] == f"{expected:.4g}"


def test_a_gradient_table_begins_with_the_last_layer(result: Result) -> None:
    plot = {"gradient_table": {"of": ["wide", "two"], "tensor": "bias"}}
    table = drawn(result, plot)
    assert [row[0] for row in table.rows] == ["2", "1"]
    record = result.arms[1].records["torch"][0]
    for row, name in zip(table.rows, ("dense_2", "dense_1"), strict=True):
        gradients = record.probes[f"per_sample_gradients/{name}/bias"][0]
        expected = np.linalg.norm(gradients.mean(0))
        assert row[1] == f"{expected:.4g}"


def test_a_gradient_table_without_samples_has_the_norms_of_a_step() -> None:
    written = XOR | {
        "arms": {"wide": XOR["arms"]["wide"], "line": XOR["arms"]["line"]},
        "probes": {"gradient_norm": True},
        "plots": [{"gradient_table": {"step": 5}}],
    }
    result = trained(written)
    table = gallery.draw(result, result.experiment.plots[0])
    assert isinstance(table, TextTable)
    # The arms have different depths: layers are counted from the last.
    assert [row[0] for row in table.rows] == ["last", "last - 1"]
    record = result.arms[0].records["torch"][0]
    norm = record.steps["gradient_norm"][
        5, record.parameters.index("dense_2/kernel")
    ]
    assert table.rows[0][1] == f"{norm:.4g}"
    assert table.rows[1][3] == "—"


def test_an_epoch_table_has_the_values_of_its_epochs(result: Result) -> None:
    fields = {
        "arm": "wide",
        "curves": ["train_accuracy", "train_loss"],
        "epochs": [9, 10, "best", "last"],
        "from_zero": True,
    }
    table = drawn(result, {"epoch_table": fields})
    curves = result.arms[1].records["torch"][0].epochs
    best = int(curves["train_loss"].argmin())
    assert [row[0] for row in table.rows] == [
        *("9", "10"),
        f"{int(curves['epoch'][best]) - 1} (best)",
        "59 (last)",
    ]
    assert table.rows[0][1] == f"{curves['train_accuracy'][0]:.4f}"
    # Epoch 11, counted from 1, has no evaluation.
    assert set(table.rows[1][1:]) == {"—"}
    assert table.rows[2][3] == f"{curves['train_loss'][best]:.4f}"


@pytest.mark.parametrize(
    ("plot", "says"),
    [
        ({"hidden_space": ["line"]}, "no hidden layer"),
        ({"gradient_product": ["wide"]}, "fewer than two activations"),
        (
            {"epoch_table": {"arm": "wide", "curves": ["validation_loss"]}},
            "its curves are: train_loss, train_accuracy",
        ),
        (
            {
                "epoch_table": {
                    "arm": "wide",
                    "curves": ["train_loss"],
                    "epochs": [61],
                }
            },
            "its epochs are 1 to 60, got 61",
        ),
    ],
)
def test_a_lesson_plot_that_cannot_be_drawn_is_refused(
    plot: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match="plots") as refused:
        parse(XOR | {"plots": [plot]})
    assert says in str(refused.value)


def test_predictions_of_many_samples_are_refused() -> None:
    data = {"xor": {"copies": 6}, "test": 0, "validation": 0}
    with pytest.raises(ValueError, match="24 samples are looked at"):
        parse(XOR | {"data": data, "plots": ["predictions"]})


def test_an_undecided_plane_is_shaded_as_undecided() -> None:
    [panel] = Figure().subplots(1, 1, squeeze=False)[0]
    rounding = 0.5 + 1e-8 * np.sign(np.arange(-4.5, 4.5))[:, np.newaxis]
    undecided = planes.shade(panel, rounding, (0, 1, 0, 1), 2)
    assert undecided.all()
    image = np.asarray(panel.images[0].get_array()).reshape(-1, 3)
    assert image == pytest.approx(np.tile(to_rgb(planes.OPEN), (9, 1)))
    assert "undecided everywhere" in panel.texts[0].get_text()


def test_a_decided_plane_is_shaded_by_class_and_probability() -> None:
    [panel] = Figure().subplots(1, 1, squeeze=False)[0]
    values = np.array([[0.0, 1.0], [0.4, 0.6], [1.0, 0.0], [0.9, 0.1]])
    undecided = planes.shade(panel, values, (0, 1, 0, 1), 2)
    assert not undecided.any()
    assert not panel.texts
    certain, weak = np.asarray(panel.images[0].get_array())[0]
    second = to_rgb(planes.class_look(1)[0])
    assert np.abs(certain - second).sum() < np.abs(weak - second).sum()


def test_boundaries_have_class_legend_and_axis_names(result: Result) -> None:
    [figure] = planes.boundaries(result)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[:2] == ["class 0", "class 1"]
    assert figure.axes[-1].get_xlabel() == "first input"
    assert figure.axes[0].get_ylabel() == "PyTorch\nsecond input"


def test_more_arms_than_fit_have_another_figure(result: Result) -> None:
    arms = [result.arms[1]] * 7
    many = Result(result.experiment, arms, [], result.settings)
    figures = planes.boundaries(many)
    assert [len(figure.axes) for figure in figures] == [6, 6, 2]


def test_no_figure_is_shown_larger_than_the_screen() -> None:
    drawn = svg(Figure(figsize=(30, 20)))
    sizes = displayed(drawn)
    assert sizes[0] <= COLUMN + 1e-6
    assert sizes[1] <= SCREEN + 1e-6
    assert sizes[0] / sizes[1] == pytest.approx(1.5)
    assert displayed(svg(Figure(figsize=(4, 3)))) == (4.0, 3.0)


def displayed(drawn: str) -> tuple[float, float]:
    """Return the displayed width and height of an SVG, in inches."""
    head = drawn[: drawn.index(">")]
    width, height = (
        float(re.search(rf' {side}="([\d.]+)pt"', head)[1]) / 72  # type: ignore[index]
        for side in ("width", "height")
    )
    return width, height


@pytest.mark.parametrize("name", sorted(set(STATISTICS) - {"distance"}))
def test_every_statistic_has_words(name: str) -> None:
    given: dict[str, Any] = {
        "curve": "train_loss",
        "tensor": "dense_1/kernel",
        "place": "dense 1",
        "activation": "relu 1",
        "view": "input",
    }
    statistic = STATISTICS[name]
    values = [given.get(key, 3) for key in statistic._takes]
    listed = ", ".join(map(repr, values))
    text = in_words(f"{name}({listed})" if values else name)
    words = text.replace("dense_1/kernel", "")
    assert not set("_()'\"") & set(words)
    assert "{" not in text
