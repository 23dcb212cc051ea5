"""Plots of one number over learning rate, batch size and depth."""

import math
from typing import TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from framework_parity.common.metrics.run import falls
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.plots import HeatMaps
from framework_parity.common.training.record import Curve
from framework_parity.comparisons.report.style import HORIZON_COLOUR
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.worker import LABELS

Row: TypeAlias = tuple[int, tuple[int, ...], tuple[float, ...], int | str]
"""A depth, hidden widths, dropout rates and a batch size."""

# In inches: width and height of a cell, and the margins beside and above.
CELL = (0.75, 0.32)
BESIDE, ABOVE = 2.6, 1.1


def heat_maps(result: Result, spec: HeatMaps) -> Figure:
    """Draw a heat map for each framework, and one of their difference.

    Args:
        result: of the experiment; its arms differ in rate, batch or depth.
        spec: the statistic.
    """
    arms = [arm.arm for arm in result.arms]
    rates = sorted({arm.recipe.optimizer.lr for arm in arms})
    rows = sorted(
        {spec.row(arm) for arm in arms},
        key=lambda row: (*row[:3], _size(row[3])),
    )
    maps = {
        LABELS[backend]: _map(result, spec, backend, rows, rates)
        for backend in result.backends
    }
    names = list(maps)
    if len(names) == 2:
        maps["Keras − PyTorch"] = maps["Keras"] - maps["PyTorch"]
    width = CELL[0] * len(rates) * len(maps) + BESIDE + 0.3 * len(maps)
    figure = Figure(
        figsize=(width, CELL[1] * len(rows) + ABOVE), layout="constrained"
    )
    axes = figure.subplots(1, len(maps), squeeze=False, sharey=True)[0]
    together = np.concatenate([maps[name] for name in names])
    low, high = np.nanmin(together), np.nanmax(together)
    for panel, (name, values) in zip(axes, maps.items(), strict=True):
        if name in names:
            _cells(panel, values, "cividis", low, high)
            _frame(panel, *_best(values, spec.statistic))
        else:
            limit = max(float(np.nanmax(np.abs(values))), 1e-12)
            _cells(panel, values, "PuOr", -limit, limit)
        panel.set_title(name)
        panel.set_xticks(range(len(rates)), [f"{rate:g}" for rate in rates])
        panel.set_xlabel("learning rate")
    axes[0].set_yticks(range(len(rows)), row_labels(rows))
    return figure


def row_labels(rows: list[Row]) -> list[str]:
    """Return the labels of the rows: what differs, and always the depth.

    Args:
        rows: of the map, sorted.

    >>> row_labels([(0, (), (), 16), (1, (64,), (), 16)])
    ['no hidden layer', '1 hidden layer']
    >>> row_labels([(1, (64,), (0.2,), 16), (1, (32,), (0.2,), 8)])
    ['1 hidden layer of 64, batch 16', '1 hidden layer of 32, batch 8']
    """
    several_batches = len({batch for *_, batch in rows}) > 1
    several_widths = len({(d, w) for d, w, *_ in rows}) > len(
        {depth for depth, *_ in rows}
    )
    several_rates = len({rates for _, _, rates, _ in rows}) > 1
    labels = []
    for depth, widths, dropout, batch in rows:
        text = counted(depth, "hidden layer") if depth else "no hidden layer"
        if widths and several_widths:
            text += f" of {', '.join(map(str, dict.fromkeys(widths)))}"
        if several_rates:
            listed = ", ".join(f"{r:g}" for r in dict.fromkeys(dropout))
            text += f", dropout {listed or '0'}"
        labels.append(f"{text}, batch {batch}" if several_batches else text)
    return labels


def _size(batch: int | str) -> float:
    """Return a sort key for a batch size; the full batch is the largest."""
    return math.inf if batch == "full" else float(batch)


def _map(
    result: Result,
    spec: HeatMaps,
    backend: str,
    rows: list[Row],
    rates: list[float],
) -> Curve:
    """Return the means, of shape (rows, rates); NaN where there is no arm."""
    by_cell: dict[tuple[int, int], list[float]] = {}
    for arm in result.arms:
        rate = arm.arm.recipe.optimizer.lr
        cell = rows.index(spec.row(arm.arm)), rates.index(rate)
        measured = arm.measured(backend, spec.asked)
        by_cell.setdefault(cell, []).extend(measured)
    values = np.full((len(rows), len(rates)), np.nan)
    for cell, cell_values in by_cell.items():
        values[cell] = np.mean(cell_values)
    return values


def _cells(
    panel: Axes, values: Curve, colours: str, low: float, high: float
) -> None:
    """Draw each cell with its number in it."""
    image = panel.imshow(
        values, cmap=colours, vmin=low, vmax=high, aspect="auto"
    )
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            red, green, blue, _ = image.cmap(image.norm(value))
            light = 0.3 * red + 0.6 * green + 0.1 * blue > 0.5
            panel.text(
                *(column, row, f"{value:.3g}"),
                ha="center",
                va="center",
                size=8,
                color="black" if light else "white",
            )
    panel.tick_params(length=0)


def _best(values: Curve, statistic: str) -> tuple[int, int]:
    """Return the cell with the lowest loss, or the highest other statistic."""
    score = -values if falls(statistic) else values
    best = np.nanargmax(score)
    row, column = np.unravel_index(best, values.shape)
    return int(row), int(column)


def _frame(panel: Axes, row: int, column: int) -> None:
    """Put a frame around a cell."""
    panel.add_patch(
        Rectangle(
            (column - 0.5, row - 0.5),
            *(1, 1),
            fill=False,
            edgecolor=HORIZON_COLOUR,
            linewidth=2.5,
            clip_on=False,
        )
    )
