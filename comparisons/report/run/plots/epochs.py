"""Plots over the epochs, with a line for each arm."""

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import (
    LogLocator,
    MaxNLocator,
    NullFormatter,
    StrMethodFormatter,
)

from framework_parity.common.spec.plots import LossOverTime
from framework_parity.common.training.record import Record
from framework_parity.comparisons.report.style import (
    legend,
    line,
    panels,
    share_range,
)
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.worker import LABELS


def loss_over_time(result: Result, spec: LossOverTime) -> Figure:
    """Draw the training loss by epoch and by second, a row a framework.

    Args:
        result: of the experiment.
        spec: has no fields.
    """
    shades = colormaps["viridis"](np.linspace(0, 0.9, len(result.arms)))
    figure, axes = panels(2, len(result.backends))
    for row, backend in zip(axes, result.backends, strict=True):
        for arm, shade in zip(result.arms, shades, strict=True):
            records = arm.records[backend]
            epochs = records[0].epochs["epoch"]
            losses = records[0].epochs["train_loss"]
            # The first run includes compilation; the median is robust to it.
            duration = float(np.median([record.seconds for record in records]))
            seconds = duration * epochs / epochs[-1]
            for panel, at in zip(row, (epochs, seconds), strict=True):
                panel.plot(
                    at,
                    losses,
                    color=shade,
                    linewidth=1.5,
                    marker=_marker(records[0]),
                )
        for panel in row:
            panel.set_yscale("log")
        row[0].set_ylabel(f"{LABELS[backend]}\ntraining loss")
        row[0].xaxis.set_major_locator(MaxNLocator(integer=True))
        row[1].set_xscale("log")
        row[1].xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        row[1].xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        row[1].xaxis.set_minor_formatter(NullFormatter())
    share_range(axes.ravel())
    axes[-1][0].set_xlabel("epoch")
    axes[-1][1].set_xlabel("seconds of steps")
    legend(
        figure,
        [
            line(arm.arm.name, shade, 1.5)
            for arm, shade in zip(result.arms, shades, strict=True)
        ],
    )
    return figure


def _marker(record: Record) -> str | None:
    """Return a marker for a single point, which has no line."""
    return "o" if len(record.epochs["epoch"]) == 1 else None
