"""Pictures of one number an arm."""

import numpy as np
from matplotlib.figure import Figure

from common.measures import Run
from common.pictures import Bars
from comparisons.drawing import COLOURS, PANEL, legend
from comparisons.result import Result
from comparisons.workers import LABELS

# Inches of an arm's row; and of a row, what a framework's bar takes.
ROW, SHARE = 0.45, 0.38


def bars(result: Result, spec: Bars) -> Figure:
    """Draw a row for each arm: a bar for each framework, a dot a seed."""
    statistic, arguments = spec.asked
    arms = result.arms
    figure = Figure(
        figsize=(PANEL[0] * 2, ROW * len(arms) + 1.0), layout="constrained"
    )
    panel = figure.subplots()
    handles = []
    for side, backend in enumerate(result.backends):
        rows = np.arange(len(arms)) + (side - 0.5) * SHARE
        values = [
            [
                statistic((Run(arm.arm, record),), arguments)
                for record in arm.records[backend]
            ]
            for arm in arms
        ]
        means = [np.mean(each) for each in values]
        handles.append(
            panel.barh(
                rows,
                np.nan_to_num(means, posinf=0.0),
                SHARE,
                color=COLOURS[backend],
                label=LABELS[backend],
            )
        )
        for row, each in zip(rows, values, strict=True):
            shown = np.array(each)[np.isfinite(each)]
            panel.plot(
                shown, np.full(len(shown), row), "k.", markersize=3, alpha=0.6
            )
            if len(shown) < len(each):
                lost = len(each) - len(shown)
                panel.text(
                    0.02,
                    row,
                    f"never in {lost} of {len(each)}",
                    va="center",
                    size=7,
                    transform=panel.get_yaxis_transform(),
                )
    if spec.log:
        panel.set_xscale("log")
    panel.set_yticks(np.arange(len(arms)), [arm.arm.name for arm in arms])
    panel.invert_yaxis()
    panel.set_xlabel(spec.statistic.replace("_", " "))
    legend(figure, handles)
    return figure
