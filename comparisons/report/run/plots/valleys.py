"""Plots of the paths of two weights over the loss."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.plots import Paths
from framework_parity.comparisons.report.style import (
    COLOURS,
    GREY,
    WIDTHS,
    legend,
    line,
    row_starts,
    shown,
    wrapped,
)
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.worker import LABELS

SIDE, LINES = 81, 12


def paths(result: Result, spec: Paths) -> Figure:
    """Draw the paths of both frameworks over the contours of the loss.

    Args:
        result: of the experiment.
        spec: names the arms, which have two weights.

    Returns:
        A figure with a panel for each arm.
    """
    arms = [arm for arm in result.arms if arm.arm.name in spec.of]
    paths_of_arms = [
        {
            backend: records[0].probes["weights/dense_1/kernel"][..., 0]
            for backend, records in arm.records.items()
        }
        for arm in arms
    ]
    points = np.concatenate(
        [weights for by in paths_of_arms for weights in by.values()]
    )
    points = points[np.isfinite(points).all(1)]
    low, high = points.min(0), points.max(0)
    margin = np.maximum(high - low, 1e-9) / 5
    figure, axes = wrapped(len(arms))
    for panel, arm, by_backend in zip(axes, arms, paths_of_arms, strict=True):
        _contours(panel, arm.arm, low - margin, high + margin)
        for backend, weights in by_backend.items():
            panel.plot(
                *weights.T,
                color=COLOURS[backend],
                linewidth=WIDTHS[backend] / 2,
                marker="o",
                markersize=WIDTHS[backend] + 0.5,
            )
        panel.plot(*weights[0], "k^", markersize=6)
        panel.set_title(shown(arm.arm.name))
        panel.set_xlabel("first weight")
    for panel in row_starts(axes):
        panel.set_ylabel("second weight")
    handles = [line(LABELS[b], COLOURS[b], WIDTHS[b]) for b in result.backends]
    handles.append(line("start", "black", 0, marker="^"))
    handles.append(line("equal loss", GREY, 0.8))
    legend(figure, handles)
    return figure


def _contours(panel: Axes, arm: Arm, low: Array, high: Array) -> None:
    """Draw contours of the loss, at levels that are spaced geometrically."""
    train = arm.data.parts(arm.recipe.loss)["train"]
    across, up = np.linspace(low, high, SIDE).T

    def loss(first: float, second: float) -> float:
        z = train.x @ np.array([[first], [second]])
        return float(arm.recipe.loss.value(z, train.y))

    heights: Any = [[loss(a, b) for a in across] for b in up]
    levels = np.geomspace(np.min(heights), np.max(heights), LINES)
    panel.contour(
        across, up, heights, levels=levels, colors=GREY, linewidths=0.8
    )
