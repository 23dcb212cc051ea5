"""Plots over the steps of training."""

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from framework_parity.common.spec.plots import GradientNorms, Rates
from framework_parity.comparisons.report.style import (
    COLOURS,
    MOST_POINTS,
    WIDTHS,
    largest,
    legend,
    line,
    panels,
    share_range,
    show_text,
)
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.worker import LABELS

# Maximum number of panels of the rates in a row.
IN_A_ROW = 4


def gradient_norms(result: Result, spec: GradientNorms) -> Figure:
    """Draw the gradient norms of all kernels, a row for each framework.

    Args:
        result: of the experiment.
        spec: has no fields.

    Returns:
        A figure; the first kernel is dark and the last one light.
    """
    figure, axes = panels(len(result.arms), len(result.backends))
    for column, arm in enumerate(result.arms):
        for row, backend in enumerate(result.backends):
            record, panel = arm.records[backend][0], axes[row][column]
            kernels = [
                index
                for index, name in enumerate(record.parameters)
                if name.endswith("/kernel")
            ]
            norms = record.steps["gradient_norm"]
            stride = -(-len(norms) // MOST_POINTS)
            shades = colormaps["viridis"](np.linspace(0, 0.9, len(kernels)))
            for shade, index in zip(shades, kernels, strict=True):
                drawn = largest(norms[:, index], stride)
                steps = np.arange(len(drawn)) * stride
                # A gradient of 0 cannot be drawn on a logarithmic axis.
                shown = np.where(drawn > 0, drawn, np.nan)
                panel.plot(steps, shown, color=shade, linewidth=1)
            if record.diverged_at is not None:
                show_text(panel, f"diverges at step {record.diverged_at}")
            panel.set_xlim(0, len(norms))
            panel.set_yscale("log")
            panel.set_xlabel("step")
            if row == 0:
                panel.set_title(arm.arm.name)
            if column == 0:
                panel.set_ylabel(f"{LABELS[backend]}\ngradient norm")
    for row_axes in axes:
        share_range(row_axes)
    ends = colormaps["viridis"]([0.0, 0.9])
    legend(
        figure,
        [
            line("first kernel", ends[0], 1.5),
            line("last kernel", ends[1], 1.5),
        ],
    )
    return figure


def rates(result: Result, spec: Rates) -> Figure:
    """Draw the learning rates of both frameworks, a panel for each arm.

    Args:
        result: of the experiment.
        spec: has no fields.
    """
    columns = min(len(result.arms), IN_A_ROW)
    figure, axes = panels(columns, -(-len(result.arms) // columns))
    for panel in axes.flat[len(result.arms) :]:
        panel.set_axis_off()
    for panel, arm in zip(axes.flat, result.arms, strict=False):
        for backend, records in arm.records.items():
            panel.plot(
                records[0].steps["rate"],
                color=COLOURS[backend],
                linewidth=WIDTHS[backend],
            )
        panel.set_title(arm.arm.name)
        panel.set_xlabel("step")
    share_range(axes.flat[: len(result.arms)])
    for row in axes:
        row[0].set_ylabel("learning rate")
    handles = [line(LABELS[b], COLOURS[b], WIDTHS[b]) for b in result.backends]
    legend(figure, handles)
    return figure
