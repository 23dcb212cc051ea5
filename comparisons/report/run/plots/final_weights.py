"""Plots of the weights at the end of training."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from framework_parity.common.metrics.registry import STATISTICS, Run
from framework_parity.common.metrics.run import kernels
from framework_parity.common.spec.plots import Distances, WeightHistogram
from framework_parity.common.training.record import Curve
from framework_parity.comparisons.report.style import (
    COLOURS,
    COLUMN,
    WIDTHS,
    groups,
    legend,
    line,
    row_starts,
    share_range,
    show_text,
    shown,
    wrapped,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS

BINS = 61

# Maximum number of panels of a figure.
MOST = 6

# Share of the weights within the limits of the plot; the others are counted in
# the outermost bins.
INSIDE = 0.998

# In inches: the side of a cell, and the width of the names beside the cells.
CELL, NAMES = 0.62, 1.5


def weight_histogram(result: Result, spec: WeightHistogram) -> list[Figure]:
    """Draw histograms of the weights, a panel for each arm.

    Args:
        result: of the experiment.
        spec: has no fields.

    Returns:
        Figures of at most `MOST` arms.
    """
    return [_histograms(result, arms) for arms in groups(result.arms, MOST)]


def _histograms(result: Result, arms: Sequence[ArmResult]) -> Figure:
    weights_of = {
        (arm.arm.name, backend): kernels(records[0]).astype(np.float64)
        for arm in arms
        for backend, records in arm.records.items()
    }
    reach = max(
        np.quantile(np.abs(w), INSIDE) if len(w) else 0.0
        for w in map(_finite, weights_of.values())
    )
    edges = np.linspace(-1, 1, BINS + 1) * (reach or 1.0)
    figure, axes = wrapped(len(arms))
    for panel, arm in zip(axes, arms, strict=True):
        for backend in result.backends:
            weights = _finite(weights_of[arm.arm.name, backend])
            weights = np.clip(weights, *edges[[0, -1]])
            panel.stairs(
                np.histogram(weights, edges)[0],
                edges,
                color=COLOURS[backend],
                linewidth=WIDTHS[backend],
            )
        diverged = [
            LABELS[backend]
            for backend in result.backends
            if not np.isfinite(weights_of[arm.arm.name, backend]).all()
        ]
        if diverged:
            show_text(panel, f"{' and '.join(diverged)} diverged")
        # A bin with one weight must be visible; empty bins are not drawn.
        panel.set_ylim(0.5, max(panel.get_ylim()[1], 10.0))
        panel.set_yscale("log")
        panel.set_title(shown(arm.arm.name))
        panel.set_xlabel("weight")
    share_range(axes)
    for panel in row_starts(axes):
        panel.set_ylabel("number of weights")
    legend(
        figure,
        [line(LABELS[b], COLOURS[b], WIDTHS[b]) for b in result.backends],
    )
    return figure


def _finite(values: Curve) -> Curve:
    return np.asarray(values[np.isfinite(values)])


def distances(result: Result, spec: Distances) -> Figure:
    """Draw the distances between the weights of all pairs of arms.

    Args:
        result: of the experiment.
        spec: has no fields.

    Returns:
        A figure with a lower triangular matrix for each framework.
    """
    names = [shown(arm.arm.name) for arm in result.arms]
    before, after = names[:-1] or names, names[1:] or names
    side = min(CELL * len(after) + NAMES, COLUMN / len(result.backends))
    figure = Figure(
        figsize=(side * len(result.backends), side), layout="constrained"
    )
    axes = figure.subplots(1, len(result.backends), squeeze=False)[0]
    tables = {backend: _table(result, backend) for backend in result.backends}
    seen = np.concatenate([table.ravel() for table in tables.values()])
    seen = seen[np.isfinite(seen) & (seen > 0)]
    least, most = (seen.min(), seen.max()) if len(seen) else (0.1, 1.0)
    # A scale of less than two decades would magnify rounding errors.
    norm = LogNorm(min(least, most / 100), most)
    for panel, (backend, table) in zip(axes, tables.items(), strict=True):
        # A distance of 0 has the darkest colour of the scale.
        filled = np.where(table == 0, least, table)
        panel.imshow(filled, norm=norm, cmap="cividis")
        _write(panel, table, norm)
        panel.set_title(LABELS[backend])
        panel.set_xticks(range(len(before)), before, rotation=45, ha="right")
        panel.set_yticks(range(len(after)), after)
    return figure


def _table(result: Result, backend: str) -> Curve:
    """Return the median distance of each arm (row) from the arms before it.

    There is no row for the first arm, which has none before it, and no
    column for the last, which has none after it.
    """
    distance = STATISTICS["distance"]
    size = len(result.arms)
    table = np.full((size, size), np.nan)
    for row, arm in enumerate(result.arms):
        for column, earlier in enumerate(result.arms[:row]):
            if arm.arm.parameters != earlier.arm.parameters:
                continue
            pairs = zip(
                earlier.records[backend], arm.records[backend], strict=True
            )
            table[row, column] = np.median(
                [
                    distance((Run(earlier.arm, a), Run(arm.arm, b)), ())
                    for a, b in pairs
                ]
            )
    return table[1:, :-1] if size > 1 else table


def _write(panel: Axes, table: Curve, norm: LogNorm) -> None:
    for (row, column), value in np.ndenumerate(table):
        if np.isnan(value):
            continue
        dark = value == 0 or norm(value) < 0.5
        panel.text(
            column,
            row,
            f"{value:.1e}" if value else "0",
            ha="center",
            va="center",
            size=7,
            color="white" if dark else "black",
        )
