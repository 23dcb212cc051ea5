"""Plots of the predictions for data with one input."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from framework_parity.common.data.scaling import fitted
from framework_parity.common.data.spec import Data
from framework_parity.common.spec.plots import Fit
from framework_parity.common.training import loop
from framework_parity.comparisons.report.style import (
    ABREAST,
    COLOURS,
    GREY,
    WIDTHS,
    legend,
    line,
    share_range,
    wrapped,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS


def fit(result: Result, spec: Fit) -> Figure:
    """Draw the predictions of the first seed, a panel for each arm.

    Args:
        result: of the experiment.
        spec: has no fields.
    """
    figure, axes = wrapped(len(result.arms))
    for panel, arm in zip(axes, result.arms, strict=True):
        _fit(panel, arm)
    share_range(axes)
    for panel in axes[::ABREAST]:
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
    panel.plot(train.x, train.y, ".", color=GREY, markersize=4)
    # The limits of the y axis are those of the samples alone.
    low, high = panel.get_ylim()
    data = arm.arm.data
    truth = list(_without_noise(data).parts(loss).values())
    x = np.concatenate([part.x[:, 0] for part in truth])
    noisy = data.source.draw(data.seed)[1].reshape(-1, 1)
    scale = fitted(data.target_scaling, noisy, data.rows(noisy)["train"])
    y = scale(np.concatenate([part.y for part in truth]))[:, 0]
    order = np.argsort(x)
    panel.plot(x[order], y[order], ":", color="black", linewidth=1.5, zorder=5)
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
    panel.set_title(arm.arm.name)
    panel.set_xlabel("input, scaled")


def _without_noise(data: Data) -> Data:
    """Return the same samples with unscaled targets without noise."""
    source: Any = data.source
    return data.model_copy(
        update={
            "source": source.model_copy(update={"noise": 0.0}),
            "target_scaling": "none",
        }
    )
