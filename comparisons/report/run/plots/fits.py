"""Plots of the predictions for data with one input."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from framework_parity.common.data.scaling import fitted
from framework_parity.common.data.spec import Data
from framework_parity.common.spec.losses import Loss
from framework_parity.common.spec.plots import Fit
from framework_parity.common.training import loop
from framework_parity.common.training.record import Curve
from framework_parity.comparisons.report.style import (
    COLOURS,
    GREY,
    WIDTHS,
    groups,
    legend,
    line,
    row_starts,
    share_range,
    shown,
    wrapped,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS

# Maximum number of panels of a figure.
MOST = 6


def fit(result: Result, spec: Fit) -> list[Figure]:
    """Draw the predictions of the first seed, a panel for each arm.

    Args:
        result: of the experiment.
        spec: has no fields.

    Returns:
        Figures of at most `MOST` arms.
    """
    return [_fits(result, arms) for arms in groups(result.arms, MOST)]


def _fits(result: Result, arms: Sequence[ArmResult]) -> Figure:
    figure, axes = wrapped(len(arms))
    for panel, arm in zip(axes, arms, strict=True):
        _fit(panel, arm)
    share_range(axes)
    for panel in row_starts(axes):
        panel.set_ylabel("target")
    legend(
        figure,
        [
            line("training sample", GREY, 0, marker="."),
            line("function without noise", "black", 1.5, ":"),
            *(line(LABELS[b], COLOURS[b], WIDTHS[b]) for b in result.backends),
        ],
    )
    return figure


def _fit(panel: Axes, arm: ArmResult) -> None:
    loss = arm.arm.recipe.loss
    train = arm.arm.data.parts(loss)["train"]
    points = loop.grid(train.x)
    # On top of the lines, so that few samples are visible.
    panel.plot(
        train.x,
        train.y,
        ".",
        color=GREY,
        markersize=max(3.0, min(7.0, 60 / len(train) ** 0.5)),
        markeredgecolor="white",
        markeredgewidth=0.4,
        zorder=6,
    )
    x, y = truth_of(arm.arm.data, loss)
    panel.plot(x, y, ":", color="black", linewidth=1.5, zorder=5)
    # The limits of the y axis do not depend on the predictions.
    low, high = panel.get_ylim()
    for backend, records in arm.records.items():
        predicted = records[0].grid
        assert predicted is not None
        panel.plot(
            points[:, 0],
            predicted[:, 0],
            color=COLOURS[backend],
            linewidth=WIDTHS[backend],
        )
    panel.set_ylim(low, high)
    panel.set_title(shown(arm.arm.name))
    panel.set_xlabel("input, scaled")


def truth_of(data: Data, loss: Loss) -> tuple[Curve, Curve]:
    """Return the function without noise at the samples, sorted by input.

    Args:
        data: a function of one input, with noise.
        loss: of the recipe.

    Returns:
        The inputs and the targets, scaled as for training.
    """
    parts = list(_without_noise(data).parts(loss).values())
    x = np.concatenate([part.x[:, 0] for part in parts])
    noisy = data.source.draw(data.seed)[1].reshape(-1, 1)
    scale = fitted(data.target_scaling, noisy, data.rows(noisy)["train"])
    y = scale(np.concatenate([part.y for part in parts]))[:, 0]
    order = np.argsort(x)
    return x[order], y[order]


def _without_noise(data: Data) -> Data:
    """Return the same samples with unscaled targets without noise."""
    source: Any = data.source
    return data.model_copy(
        update={
            "source": source.model_copy(update={"noise": 0.0}),
            "target_scaling": "none",
        }
    )
