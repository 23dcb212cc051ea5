"""Plots over the epochs, with a line for each arm."""

import numpy as np
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
    arm_colours,
    arm_legend,
    legend,
    look,
    use_log_scale,
)
from framework_parity.comparisons.run.result import Result


def loss_over_time(result: Result, spec: LossOverTime) -> Figure:
    """Draw the training loss of all arms by epoch and by second.

    Args:
        result: of the experiment.
        spec: has no fields.
    """
    colours = arm_colours(arm.arm.name for arm in result.arms)
    figure = Figure(figsize=(10.0, 3.6), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for arm in result.arms:
        for backend, records in arm.records.items():
            epochs = records[0].epochs["epoch"]
            losses = records[0].epochs["train_loss"]
            # The first run includes compilation; the median is robust to it.
            duration = float(np.median([record.seconds for record in records]))
            seconds = duration * epochs / epochs[-1]
            for panel, at in zip(axes, (epochs, seconds), strict=True):
                panel.plot(
                    at,
                    losses,
                    marker=_marker(records[0]),
                    **look(backend, colours[arm.arm.name]),
                )
    by_epoch, by_second = axes
    use_log_scale(by_epoch)
    by_epoch.set_ylabel("training loss")
    by_epoch.set_xlabel("epoch")
    by_epoch.xaxis.set_major_locator(MaxNLocator(integer=True))
    by_second.set_xscale("log")
    by_second.set_xlabel("seconds of the steps")
    by_second.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    by_second.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    by_second.xaxis.set_minor_formatter(NullFormatter())
    legend(figure, arm_legend(colours, result.backends))
    return figure


def _marker(record: Record) -> str | None:
    """Return a marker for a single point, which has no line."""
    return "o" if len(record.epochs["epoch"]) == 1 else None
