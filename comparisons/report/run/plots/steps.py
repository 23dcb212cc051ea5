"""Plots over the steps of training."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from framework_parity.common.spec.plots import GradientNorms, Rates
from framework_parity.common.training.record import Record
from framework_parity.comparisons.report.style import (
    MOST_POINTS,
    arm_colours,
    arm_legend,
    framework_entries,
    groups,
    largest,
    legend,
    line,
    look,
    row_starts,
    share_range,
    show_text,
    shown,
    single,
    use_log_scale,
    wrapped,
)
from framework_parity.comparisons.run.result import ArmResult, Result

# Maximum number of layers that the legend names one by one.
FEW = 4

# Maximum number of panels of a figure.
MOST = 6


def gradient_norms(result: Result, spec: GradientNorms) -> list[Figure]:
    """Draw the gradient norms of all kernels, a panel for each arm.

    Args:
        result: of the experiment.
        spec: has no fields.

    Returns:
        Figures of at most `MOST` arms; the first kernel is dark and the last
        one light.
    """
    return [_norms(result, arms) for arms in groups(result.arms, MOST)]


def _norms(result: Result, arms: Sequence[ArmResult]) -> Figure:
    figure, axes = wrapped(len(arms))
    names: list[str] = []
    for panel, arm in zip(axes, arms, strict=True):
        for backend, records in arm.records.items():
            seen = _kernels(panel, records[0], backend)
            names = max(names, seen, key=len)
        lost = arm.records[result.backends[0]][0].diverged_at
        if lost is not None:
            show_text(panel, f"diverges at step {lost}")
        use_log_scale(panel)
        panel.set_xlabel("step")
        panel.set_title(shown(arm.arm.name))
    share_range(axes)
    for panel in row_starts(axes):
        panel.set_ylabel("gradient norm")
    legend(figure, [*_layers(names), *framework_entries(result.backends)])
    return figure


def _kernels(panel: Axes, record: Record, backend: str) -> list[str]:
    """Draw the norms of one framework; return the names of the layers."""
    kernels = {
        name.partition("/")[0]: index
        for index, name in enumerate(record.parameters)
        if name.endswith("/kernel")
    }
    norms = record.steps["gradient_norm"]
    # A gradient of 0 cannot be drawn on a logarithmic axis, and one that is
    # not finite would hide the last finite ones of its group.
    norms = np.where(np.isfinite(norms), norms, 0.0)
    stride = -(-len(norms) // MOST_POINTS)
    for shade, index in zip(
        _shades(len(kernels)), kernels.values(), strict=True
    ):
        drawn = largest(norms[:, index], stride)
        positive = np.where(drawn > 0, drawn, np.nan)
        steps = np.arange(len(drawn)) * stride
        panel.plot(steps, positive, **look(backend, shade))
    panel.set_xlim(0, len(norms))
    return list(kernels)


def _shades(count: int) -> Any:
    return colormaps["viridis"](np.linspace(0, 0.9, count))


def _layers(names: list[str]) -> list[Line2D]:
    """Return the entries of the layers: all, or of many the two ends."""
    shades = _shades(len(names))
    if len(names) <= FEW:
        return [
            line(shown(name), shade, 2.0)
            for name, shade in zip(names, shades, strict=True)
        ]
    return [
        line(f"first layer, {shown(names[0])}", shades[0], 2.0),
        line("layers between", shades[len(names) // 2], 2.0),
        line(f"last layer, {shown(names[-1])}", shades[-1], 2.0),
    ]


def rates(result: Result, spec: Rates) -> Figure:
    """Draw the learning rates of all arms and both frameworks.

    Args:
        result: of the experiment.
        spec: has no fields.
    """
    colours = arm_colours(arm.arm.name for arm in result.arms)
    figure, panel = single(8.0, 3.6)
    for arm in result.arms:
        for backend, records in arm.records.items():
            style = look(backend, colours[arm.arm.name])
            panel.plot(records[0].steps["rate"], **style)
    panel.set_xlabel("step")
    panel.set_ylabel("learning rate")
    legend(figure, arm_legend(colours, result.backends))
    return figure
