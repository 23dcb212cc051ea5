"""The gallery: every requested plot is drawn from what was measured."""

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.load import parse
from framework_parity.comparisons.report.run import plots as gallery
from framework_parity.comparisons.report.run.figures import pictures
from framework_parity.comparisons.report.run.page import fragment
from framework_parity.comparisons.report.style import (
    MOST_POINTS,
    TextTable,
    svg,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.workers import tasks
from framework_parity.comparisons.workers.worker import LABELS

SEEDS = 2


def written(picture: Any, **changes: Any) -> dict[str, Any]:
    """Return a regression of two weights, with one picture."""
    line = {
        "dense": {
            "units": 1,
            "bias": False,
            "kernel_initializer": {"normal": 1.0},
        }
    }
    return {
        "name": "small",
        "dialect": "keras",
        "data": {
            "points": {"x": [[1.0, 0.0], [0.0, 1.0]], "y": [3.0, -2.0]},
            "test": 0,
            "validation": 0,
            "scaling": "none",
        },
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"sgd": 0.1},
            "batch_size": "full",
            "epochs": 3,
            "shuffle": "never",
        },
        "arms": {
            "slow": [line],
            "fast": {"layers": [line], "recipe": {"optimizer": {"sgd": 1.0}}},
            "lost": {
                "layers": [line],
                "recipe": {"optimizer": {"sgd": 1e200}},
            },
        },
        "plots": [picture],
        **changes,
    }


def result(fields: dict[str, Any]) -> Result:
    """Train every arm with the reference, in the place of both."""
    experiment = parse(fields)
    with np.errstate(all="ignore"):
        arms = [
            ArmResult(
                arm := experiment.arm(name),
                {
                    backend: [
                        tasks.train(reference.Trainer, arm, seed, "float64")[0]
                        for seed in range(SEEDS)
                    ]
                    for backend in LABELS
                },
            )
            for name in experiment.arms
        ]
    settings = RunSettings(seeds=SEEDS, dtype="float64")
    return Result(experiment, arms, [], settings)


def drawn(picture: Any, **changes: Any) -> tuple[Result, Any]:
    """Return a small result, and its picture."""
    trained = result(written(picture, **changes))
    return trained, gallery.draw(trained, trained.experiment.plots[0])


def figure(picture: Any, **changes: Any) -> tuple[Result, Figure]:
    trained, [figure] = drawn(picture, **changes)
    assert isinstance(figure, Figure)
    assert svg(figure).startswith("<svg")
    return trained, figure


def test_a_table_holds_both_frameworks_means_beside_the_expected_value() -> (
    None
):
    rows = {"first weight": 'slow.weight("dense_1/kernel", 0, 0) == 2.50'}
    trained, table = drawn({"table": {"rows": rows, "expected": "by hand"}})
    assert isinstance(table, TextTable)
    assert table.head == ("", "by hand", "PyTorch", "Keras")
    records = trained.arms[0].records["torch"]
    mean = np.mean([r.weights["dense_1/kernel"][0, 0] for r in records])
    assert table.rows == [
        ("first weight", "2.50", f"{mean:.6g}", f"{mean:.6g}")
    ]
    assert f">{mean:.6g}</td>" in fragment(trained)
    [picture] = [p for p in pictures(trained) if p.name == "table"]
    assert not picture.svg


def test_layers_are_stacked_to_the_number_of_learnt_parameters() -> None:
    layers = [{"dense": 3}, "relu", {"dense": 1}]
    _, drawn = figure("layer_bars", arms={"net": layers})
    [panel] = drawn.axes
    bars: Any = panel.patches
    ends = [bar.get_x() + bar.get_width() for bar in bars]
    assert ends == [9, 13, 9, 13]
    assert [text.get_text() for text in panel.texts] == [" 13", " 13"]


def test_a_sweep_goes_over_the_rates_and_marks_diverged_runs() -> None:
    trained, drawn = figure({"sweep": "train_loss"})
    [panel] = drawn.axes
    mean, *_ = panel.lines
    rates, means = (np.asarray(each) for each in mean.get_data())
    assert list(rates) == [0.1, 1.0, 1e200]
    losses = [r.final["train_loss"] for r in trained.arms[1].records["torch"]]
    assert means[1] == pytest.approx(np.mean(losses))
    assert np.isnan(means[2])
    crosses = [
        np.asarray(each.get_data())
        for each in panel.lines
        if each.get_marker() == "x"
    ]
    assert [len(x) for x, _ in crosses] == [SEEDS, SEEDS]
    assert crosses[0][1][0] > np.nanmax(means)
    assert "diverged" in svg(drawn)


@pytest.mark.parametrize(
    ("picture", "probes"),
    [
        ("gradient_norms", {"gradient_norm": True}),
        ("rates", {}),
        ("loss_over_time", {}),
        ("weight_histogram", {}),
        ({"bars": {"statistic": "train_loss", "log": True}}, {}),
        ("layer_variances", {"gradient_norm": True, "representations": {}}),
        ("dead_shares", {"dead_relu": {}}),
    ],
    ids=str,
)
def test_runs_that_have_no_finite_value_are_drawn(
    picture: Any, probes: dict[str, Any]
) -> None:
    huge = {"dense": {"units": 1, "kernel_initializer": {"constant": 1e200}}}
    lost, drawn = figure(
        picture, arms={"net": [huge, "relu", huge]}, probes=probes
    )
    assert lost.arms[0].records["torch"][0].diverged_at == 0
    assert drawn.axes


def test_the_last_finite_steps_before_a_divergence_are_drawn() -> None:
    steps = 2 * MOST_POINTS
    fields = written("gradient_norms", probes={"gradient_norm": True})
    fields["recipe"] |= {"epochs": steps, "optimizer": {"sgd": 1e160}}
    del fields["arms"]["fast"], fields["arms"]["lost"]
    trained = result(fields)
    [record, *_] = trained.arms[0].records["torch"]
    [first, second, *_] = record.steps["gradient_norm"][:, 0]
    assert np.isfinite(first)
    assert not np.isfinite(second)
    pictures_of: Any = gallery.draw(trained, trained.experiment.plots[0])
    [panel] = pictures_of[0].axes
    assert np.asarray(panel.lines[0].get_ydata())[0] == first
    assert panel.get_yscale() == "log"


def test_a_path_is_that_of_the_weights_over_the_loss() -> None:
    trained, drawn = figure(
        {"paths": ["slow", "fast"]}, probes={"weights": {"places": "all"}}
    )
    assert len(drawn.axes) == 2
    way = drawn.axes[0].lines[0]
    looks = (
        trained.arms[0].records["torch"][0].probes["weights/dense_1/kernel"]
    )
    assert np.array_equal(way.get_xydata(), looks[..., 0])
    assert len(drawn.axes[0].collections) == 1


def test_activations_are_drawn_from_what_was_measured() -> None:
    unit = {"dense": {"units": 1, "kernel_initializer": "ones"}}
    trained, drawn = figure(
        {"activations": "net"},
        arms={
            "net": [
                {"dense": {"units": 1, "kernel_initializer": "ones"}},
                "sigmoid",
                unit,
            ]
        },
        probes={
            "representations": {"epochs": [0]},
            "per_sample_gradients": {"places": ["dense_1"], "epochs": [0]},
        },
    )
    [panel] = drawn.axes
    value, slope, *_ = panel.lines
    assert panel.get_title() == "sigmoid"
    seen = trained.arms[0].records["torch"][0].probes
    assert value.get_ydata() == pytest.approx(
        seen["representations/sigmoid_1"][0].ravel()
    )
    assert slope.get_ydata() == pytest.approx(
        seen["per_sample_gradients/dense_1/bias"][0].ravel()
    )


def test_arms_without_a_curve_have_no_row_of_it() -> None:
    labels = {"points": {"x": [[0.0], [1.0]], "y": [0.0, 1.0], "classes": 2}}
    trained = result(
        written(
            {"bars": "train_loss"},
            arms={
                "number": written(None)["arms"]["fast"],
                "label": {
                    "layers": [{"dense": 1}],
                    "data": labels,
                    "recipe": {"loss": "binary_cross_entropy"},
                },
            },
        )
    )
    rows = trained.curves("train_accuracy")
    assert {row["arm"] for row in rows} == {"label"}
    with pytest.raises(KeyError, match=r"there are: .*train_accuracy"):
        trained.curves("test_accuracy")


def test_bars_may_be_of_some_arms() -> None:
    _, drawn = figure({"bars": {"statistic": "train_loss", "of": ["slow"]}})
    labels = drawn.axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["slow"]
