"""Plots of fits, weights, distances and times hold the right values."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from framework_parity.common.metrics.registry import STATISTICS, Run
from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.load import parse
from framework_parity.comparisons.report.run import plots as gallery
from framework_parity.comparisons.report.run.curves import (
    curves,
    has_curves,
)
from framework_parity.comparisons.report.style import COLOURS, arm_colours
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.workers import tasks

LAYERS = [{"dense": 6}, "tanh", {"dense": 1}]
WRITTEN: dict[str, Any] = {
    "name": "small",
    "dialect": "torch",
    "data": {"sine": {"samples": 40, "noise": 0.5}},
    "recipe": {
        "loss": "mean_squared_error",
        "optimizer": {"sgd": 0.1},
        "batch_size": "full",
        "shuffle": "never",
        "epochs": 4,
    },
    "arms": {
        "plain": LAYERS,
        "other": {"layers": LAYERS, "recipe": {"optimizer": {"sgd": 0.3}}},
        "kept": {
            "layers": LAYERS,
            "recipe": {"checkpoint": "validation_loss"},
        },
        "wide": [{"dense": 9}, "tanh", {"dense": 1}],
        "fifth": LAYERS,
    },
    "plots": ["fit", "weight_histogram", "distances", "loss_over_time"],
}


@pytest.fixture(scope="module")
def result() -> Result:
    """Two seeds of each arm, trained by NumPy in place of both frameworks."""
    experiment = parse(WRITTEN)
    arms = []
    for name in experiment.arms:
        arm = experiment.arm(name)
        records = [
            replace(
                tasks.train(reference.Trainer, arm, seed, "float64")[0],
                seconds=4.0 + seed,
            )
            for seed in range(2)
        ]
        arms.append(ArmResult(arm, {"torch": records, "keras": records}))
    return Result(experiment, arms, [], RunSettings(dtype="float32"))


def drawn(result: Result, kind: str) -> Figure:
    [spec] = [p for p in result.experiment.plots if p.kind() == kind]
    figures: Any = gallery.draw(result, spec)
    [figure] = figures
    assert isinstance(figure, Figure)
    figure.canvas.draw()
    return figure


def test_a_fit_shows_samples_truth_and_both_frameworks(
    result: Result,
) -> None:
    figure = drawn(result, "fit")
    titles = [panel.get_title() for panel in figure.axes]
    assert titles == list(WRITTEN["arms"])
    samples, truth, *both = figure.axes[0].get_lines()
    record = result.arms[0].records["torch"][0]
    assert record.grid is not None
    train = result.arms[0].arm.data.parts(result.arms[0].arm.recipe.loss)
    assert samples.get_ydata() == pytest.approx(train["train"].y[:, 0])
    assert [each.get_color() for each in both] == list(COLOURS.values())
    for each in both:
        assert each.get_ydata() == pytest.approx(record.grid[:, 0])
    # The sine, at the inputs as they were before they were scaled.
    x, y = (np.asarray(d, float) for d in truth.get_data())
    assert isinstance(result.experiment, Experiment)
    raw = np.sort(result.experiment.data.source.draw(0)[0][:, 0])
    assert y == pytest.approx(np.sin(raw))
    assert (np.diff(x) >= 0).all()


def test_a_histogram_counts_every_weight(result: Result) -> None:
    figure = drawn(result, "weight_histogram")
    edges = []
    for panel, arm in zip(figure.axes, result.arms, strict=True):
        steps: list[Any] = [*panel.patches]
        for patch in steps:
            counts = patch.get_data().values
            size = 18 if arm.arm.name == "wide" else 12
            assert counts.sum() == size
        edges.append(tuple(steps[0].get_data().edges))
    assert len(set(edges)) == 1


def test_the_distances_are_medians_and_only_of_the_same_tensors(
    result: Result,
) -> None:
    figure = drawn(result, "distances")
    panels = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in panels] == ["PyTorch", "Keras"]
    texts = {
        (
            round(t.get_position()[1]) + 1,
            round(t.get_position()[0]),
        ): t.get_text()
        for t in panels[0].texts
    }
    plain, other = (result.arms[n] for n in (0, 1))
    apart = [
        STATISTICS["distance"]((Run(plain.arm, a), Run(other.arm, b)), ())
        for a, b in zip(
            plain.records["torch"], other.records["torch"], strict=True
        )
    ]
    assert texts[1, 0] == f"{np.median(apart):.1e}"
    assert texts[4, 0] == "0"
    rows = [label.get_text() for label in panels[0].get_yticklabels()]
    assert rows == list(WRITTEN["arms"])[1:]
    assert not any(3 in place for place in texts)


def test_times_are_the_medians_of_the_seeds(result: Result) -> None:
    figure = drawn(result, "loss_over_time")
    by_epoch, by_second = figure.axes[:2]
    for panel, at in ((by_epoch, [1, 2, 3, 4]), (by_second, [1.125, 4.5])):
        line = panel.get_lines()[0]
        x = np.asarray(line.get_xdata(), float)
        assert x[[0, -1]] == pytest.approx([at[0], at[-1]])
        expected = result.arms[0].records["torch"][0].epochs["train_loss"]
        assert line.get_ydata() == pytest.approx(expected)
    assert len(by_epoch.get_lines()) == 2 * len(result.arms)


def test_the_curves_overlay_all_arms_and_mark_the_best_epoch(
    result: Result,
) -> None:
    figure = curves(result)
    training, validation = figure.axes
    assert training.get_title() == "training loss"
    assert validation.get_title() == "validation loss"
    colours = arm_colours(WRITTEN["arms"])
    for panel, part in ((training, "train"), (validation, "validation")):
        drawn = [
            line for line in panel.get_lines() if line.get_marker() != "D"
        ]
        assert len(drawn) == 2 * len(result.arms)
        for index, arm in enumerate(result.arms):
            pair = drawn[2 * index : 2 * index + 2]
            losses = arm.records["torch"][0].epochs[f"{part}_loss"]
            # A colour for each arm; PyTorch is broad and Keras thin.
            assert {line.get_color() for line in pair} == {
                colours[arm.arm.name]
            }
            assert pair[0].get_linewidth() > pair[1].get_linewidth()
            for line in pair:
                assert line.get_ydata() == pytest.approx(losses)
    marked = [x for x in validation.get_lines() if x.get_marker() == "D"]
    assert {line.get_color() for line in marked} == {colours["kept"]}
    best = result.arms[2].records["torch"][0].final["best_epoch"]
    assert [float(np.asarray(x.get_xdata())[0]) for x in marked] == [best] * 2
    entries = [text.get_text() for text in figure.legends[0].get_texts()]
    assert entries == [
        *WRITTEN["arms"],
        "PyTorch: broad line",
        "Keras: thin line",
        "best epoch",
    ]


def test_a_band_covers_the_range_of_the_seeds(result: Result) -> None:
    panel = curves(result).axes[0]
    band = panel.collections[0]
    heights = np.asarray(band.get_paths()[0].vertices)[:, 1]
    both = [r.epochs["train_loss"] for r in result.arms[0].records["torch"]]
    assert heights.max() == pytest.approx(np.max(both))
    assert heights.min() == pytest.approx(np.min(both))


def test_an_arm_that_explodes_leaves_the_axis(result: Result) -> None:
    first = result.arms[0]
    record = first.records["torch"][0]
    large = {n: v * 1e9 for n, v in record.epochs.items() if n != "epoch"}
    exploding = replace(record, epochs=record.epochs | large)
    arm = replace(first, records={b: [exploding] for b in ("torch", "keras")})
    figure = curves(replace(result, arms=[arm, *result.arms[1:]]))
    panel = figure.axes[0]
    others = [a.records["torch"][0] for a in result.arms[1:]]
    highest = max(
        r.epochs[f"{part}_loss"].max()
        for r in others
        for part in ("train", "validation")
    )
    assert highest <= panel.get_ylim()[1] <= 10 * highest
    assert "off the axis: plain up to" in panel.get_title()


def test_one_evaluation_is_no_curve(result: Result) -> None:
    assert has_curves(result)
    arms = [
        replace(
            arm,
            records={
                b: [r.truncated_at(1) for r in records]
                for b, records in arm.records.items()
            },
        )
        for arm in result.arms
    ]
    once = replace(result, arms=arms)
    assert not has_curves(once)


def test_a_validation_loss_that_falls_little_has_its_own_range(
    result: Result,
) -> None:
    [arm] = result.arms[:1]
    record = arm.records["torch"][0]
    epochs = np.arange(1.0, 101.0)
    changed = replace(
        record,
        epochs={
            "epoch": epochs,
            "train_loss": 10.0 * 0.9**epochs,
            # It falls to 0.3 and rises again to 0.4.
            "validation_loss": 0.3
            + 9.0 * np.exp(-epochs)
            + 0.001 * np.maximum(epochs - 50, 0) * 2,
        },
        final=record.final | {"best_epoch": 50},
    )
    both = [
        replace(arm, records={b: [changed] for b in ("torch", "keras")})
    ] * 2
    training, validation = curves(replace(result, arms=both)).axes
    low, high = validation.get_ylim()
    assert 0 < low < 0.3
    assert high < 0.5
    assert training.get_ylim()[1] > 5
    title = validation.get_title()
    assert title == "validation loss, from epoch 10 on"
