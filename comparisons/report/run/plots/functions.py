"""Plots of functions: activations with their slopes, and sweeps."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from framework_parity.common.metrics import probes as looks
from framework_parity.common.metrics import registry as statistic
from framework_parity.common.metrics.registry import Run
from framework_parity.common.spec.plots import Activations, Sweep
from framework_parity.common.training.record import Curve
from framework_parity.comparisons.report.style import (
    COLOURS,
    GREY,
    WIDTHS,
    legend,
    line,
    single,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS

# Maximum number of panels in a row; and where diverged runs are drawn, as a
# multiple of the largest finite value.
IN_A_ROW, BEYOND = 4, 10.0

# Size of a panel in inches.
SMALL = (2.5, 1.9)

FORMULA: Any = {"color": "black", "linewidth": 0.6, "zorder": 3}


def activations(result: Result, spec: Activations) -> Figure:
    """Draw a panel for each activation: its value, and dashed its slope.

    Args:
        result: of the experiment.
        spec: names the arm whose activations are drawn.
    """
    arm = next(a for a in result.arms if a.arm.name == spec.arm)
    names = statistic.activations(arm.arm)
    columns = min(len(names), IN_A_ROW)
    rows = -(-len(names) // columns)
    figure = Figure(
        figsize=(max(SMALL[0] * columns + 0.6, 5.2), SMALL[1] * rows + 0.5),
        layout="constrained",
    )
    axes = figure.subplots(rows, columns, squeeze=False)
    for panel in axes.flat[len(names) :]:
        panel.set_axis_off()
    layers: Any = {node.name: node.layer for node in arm.arm.all_nodes}
    for panel, name in zip(axes.flat, names, strict=False):
        for backend, records in arm.records.items():
            run = Run(arm.trained(backend), records[0])
            x, value, slope = looks.activated(run, name)
            order = np.argsort(x)
            drawn = {"color": COLOURS[backend], "linewidth": WIDTHS[backend]}
            panel.plot(x[order], value[order], **drawn)
            panel.plot(x[order], slope[order], "--", **drawn)
        x = x[order]
        panel.plot(x, layers[name].value(x), **FORMULA)
        panel.plot(x, layers[name].derivative(x), "--", **FORMULA)
        panel.set_title(name.rpartition("_")[0].replace("_", " "))
    for panel in axes[-1]:
        panel.set_xlabel("x")
    for row in axes:
        row[0].set_ylabel("value and slope")
    handles = [line(LABELS[b], COLOURS[b], WIDTHS[b]) for b in result.backends]
    handles += [line("formula", "black", 0.6)]
    handles += [line("value", GREY, 1.5), line("slope", GREY, 1.5, "--")]
    legend(figure, handles)
    return figure


def sweep(result: Result, spec: Sweep) -> Figure:
    """Draw a statistic over the learning rates: the mean, and every seed.

    Runs that diverged are drawn as crosses above all others.

    Args:
        result: of the experiment; its arms have different learning rates.
        spec: the statistic.
    """
    figure, panel = single()
    arms = sorted(result.arms, key=lambda a: a.arm.recipe.optimizer.lr)
    rates = np.array([arm.arm.recipe.optimizer.lr for arm in arms])
    by_backend = {b: _measured(arms, b, spec) for b in result.backends}
    finite = [values[np.isfinite(values)] for values in by_backend.values()]
    beyond = BEYOND * max(values.max(initial=0.0) for values in finite)
    for backend, values in by_backend.items():
        _over_rates(panel, rates, values, beyond, backend)
    panel.set_xscale("log")
    if all(values.min(initial=1.0) > 0 for values in finite):
        panel.set_yscale("log")
    panel.set_xlabel("learning rate")
    panel.set_ylabel(spec.words)
    handles = [line(LABELS[b], COLOURS[b], WIDTHS[b]) for b in result.backends]
    handles.append(line("one seed", "black", 0, marker="."))
    if any(not np.isfinite(values).all() for values in by_backend.values()):
        handles.append(line("diverged", GREY, 0, marker="x"))
    legend(figure, handles)
    return figure


def _measured(arms: list[ArmResult], backend: str, spec: Sweep) -> Curve:
    """Return the statistic, of shape (arms, seeds)."""
    return np.array([arm.measured(backend, spec.asked) for arm in arms])


def _over_rates(
    panel: Axes, rates: Curve, values: Curve, beyond: float, backend: str
) -> None:
    """Draw the means of arms without divergence, and every seed."""
    finite, width = np.isfinite(values), WIDTHS[backend]
    style: dict[str, Any] = {"color": COLOURS[backend]}
    mean = np.where(finite.all(1), values.mean(1), np.nan)
    panel.plot(rates, mean, marker="o", linewidth=width, **style)
    seeds = np.broadcast_to(rates[:, np.newaxis], values.shape)
    panel.plot(seeds[finite], values[finite], "k.", markersize=3, alpha=0.6)
    diverged = seeds[~finite]
    heights = np.full(len(diverged), beyond)
    panel.plot(diverged, heights, "x", markersize=3 + 2 * width, **style)
