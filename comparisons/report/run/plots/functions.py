"""Pictures of functions: activations with their slopes, and sweeps."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from framework_parity.common.metrics import (
    probes as looks,
)
from framework_parity.common.metrics import (
    registry as statistic,
)
from framework_parity.common.metrics.registry import Run
from framework_parity.common.spec.plots import Activations, Sweep
from framework_parity.common.training.record import Curve
from framework_parity.comparisons.report.style import (
    COLOURS,
    GREY,
    NARROWEST,
    PANEL,
    WIDTHS,
    legend,
    line,
    panels,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.pool import LABELS

# Panels in a row; and where a run stands that diverged, over the largest
# value that is finite.
IN_A_ROW, BEYOND = 5, 10.0

FORMULA: Any = {"color": "black", "linewidth": 0.6, "zorder": 3}


def activations(result: Result, spec: Activations) -> Figure:
    """Draw a panel for each activation: its value, and dashed its slope."""
    arm = next(a for a in result.arms if a.arm.name == spec.arm)
    found = statistic.activations(arm.arm)
    columns = min(len(found), IN_A_ROW)
    figure, axes = panels(columns, -(-len(found) // columns))
    for panel in axes.flat[len(found) :]:
        panel.set_axis_off()
    layers: Any = {place.name: place.layer for place in arm.arm.all_nodes}
    for panel, name in zip(axes.flat, found, strict=False):
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
    """Draw the mean over the rates, a dot a seed; above, what diverged."""
    figure = Figure(
        figsize=(max(PANEL[0] * 1.6, NARROWEST), PANEL[1] * 1.3),
        layout="constrained",
    )
    panel = figure.subplots()
    arms = sorted(result.arms, key=lambda a: a.arm.recipe.optimizer.lr)
    rates = np.array([arm.arm.recipe.optimizer.lr for arm in arms])
    found = {b: _asked(arms, b, spec) for b in result.backends}
    finite = [each[np.isfinite(each)] for each in found.values()]
    beyond = BEYOND * max(each.max(initial=0.0) for each in finite)
    for backend, values in found.items():
        _over_rates(panel, rates, values, beyond, backend)
    panel.set_xscale("log")
    if all(each.min(initial=1.0) > 0 for each in finite):
        panel.set_yscale("log")
    panel.set_xlabel("learning rate")
    panel.set_ylabel(spec.statistic.replace("_", " "))
    handles = [line(LABELS[b], COLOURS[b], WIDTHS[b]) for b in result.backends]
    handles.append(line("one seed", "black", 0, marker="."))
    if any(not np.isfinite(each).all() for each in found.values()):
        handles.append(line("diverged", GREY, 0, marker="x"))
    legend(figure, handles)
    return figure


def _asked(arms: list[ArmResult], backend: str, spec: Sweep) -> Curve:
    """Return the statistic of each arm and seed."""
    return np.array([arm.measured(backend, spec.asked) for arm in arms])


def _over_rates(
    panel: Axes, rates: Curve, values: Curve, beyond: float, backend: str
) -> None:
    """Draw the means where no seed diverged, each seed, and the diverged."""
    finite, width = np.isfinite(values), WIDTHS[backend]
    own: dict[str, Any] = {"color": COLOURS[backend]}
    mean = np.where(finite.all(1), values.mean(1), np.nan)
    panel.plot(rates, mean, marker="o", linewidth=width, **own)
    seeds = np.broadcast_to(rates[:, np.newaxis], values.shape)
    panel.plot(seeds[finite], values[finite], "k.", markersize=3, alpha=0.6)
    lost = seeds[~finite]
    heights = np.full(len(lost), beyond)
    panel.plot(lost, heights, "x", markersize=3 + 2 * width, **own)
