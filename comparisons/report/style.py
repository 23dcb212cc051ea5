"""Style of the pictures: colours, panels, legends and SVG text.

PyTorch is always the broad orange line and Keras the thin blue one on top, so
that both are visible where they coincide. Colour-blind readers can distinguish
the two colours (Okabe and Ito 2008). Classes have other colours.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from framework_parity.common.training.record import Curve

COLOURS = {"torch": "#e69f00", "keras": "#0072b2"}
WIDTHS = {"torch": 4.0, "keras": 1.3}
CLASSES = ("#009e73", "#cc79a7", "#56b4e9", "#f0e442", "#d55e00", "#999999")
GREY = "#666666"
HORIZON_COLOUR = "#d55e00"
PANEL = (3.6, 2.7)

# Maximum number of panels in a row, for pictures with several rows.
ABREAST = 4

# In inches: the minimum width of a figure with a legend, and the height of one
# more line of the legend.
NARROWEST, LEGEND_LINE = 5.2, 0.2

# Share of the figure's width that a legend may take: a browser's letters are
# not exactly as wide as those that are measured here.
ROOM = 0.95
MOST_POINTS = 300

STYLE: dict[Any, Any] = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "font.size": 9,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "parity",
    "font.family": ["sans-serif"],
}


@dataclass(frozen=True)
class TextTable:
    """A table: its header and its rows, as text."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True)
class ReportFigure:
    """A drawing or a table, with its file name and its caption."""

    name: str
    caption: str
    svg: str = ""
    table: TextTable | None = None


def largest(values: Curve, stride: int) -> Curve:
    """Return the maximum of each group of `stride` consecutive steps.

    Args:
        values: shape (steps,).
        stride: number of steps of a group; the last group may be shorter.

    Returns:
        The maxima, of shape (ceil(steps / stride),).
    """
    starts = np.arange(0, len(values), stride)
    return np.asarray(np.maximum.reduceat(values, starts))


def panels(
    columns: int, rows: int, *, square: bool = False
) -> tuple[Figure, Any]:
    """Return a figure with a grid of panels.

    Args:
        columns: number of columns.
        rows: number of rows.
        square: whether each panel is 2.8 inches wide and high.

    Returns:
        The figure, and its axes as an array of shape (rows, columns).
    """
    width, height = (2.8, 2.8) if square else PANEL
    least = 0.0 if square else NARROWEST
    figure = Figure(
        figsize=(max(width * columns + 0.6, least), height * rows + 0.5),
        layout="constrained",
    )
    return figure, figure.subplots(rows, columns, squeeze=False)


def wrapped(count: int) -> tuple[Figure, Any]:
    """Return a figure with `count` panels in rows of at most `ABREAST`."""
    columns = min(count, ABREAST)
    figure, axes = panels(columns, -(-count // columns))
    for panel in axes.flat[count:]:
        panel.remove()
    return figure, axes.flat[:count]


def share_range(row: Any) -> None:
    """Set the limits of all panels of a row to the union of their limits.

    If some panels are logarithmic, the others contain only text and are left
    as they are.
    """
    logarithmic = [panel for panel in row if panel.get_yscale() == "log"]
    # Where no value is finite and positive, the lower limit is not positive.
    positive = [panel for panel in logarithmic if panel.get_ylim()[0] > 0]
    row = positive if logarithmic else row
    low = min((panel.get_ylim()[0] for panel in row), default=1.0)
    high = max((panel.get_ylim()[1] for panel in row), default=1.0)
    for panel in row:
        panel.set_ylim(low, high)


def show_text(panel: Axes, text: str) -> None:
    """Write a text into the middle of a panel that has no data.

    Args:
        panel: the axes to write to.
        text: for example `diverged`.
    """
    panel.text(0.5, 0.5, text, ha="center", transform=panel.transAxes)


def line(
    label: str,
    colour: str,
    width: float,
    style: Any = "-",
    marker: str | None = None,
) -> Line2D:
    """Return a line for a legend.

    Args:
        label: its text.
        colour: any colour of matplotlib.
        width: in points; 0 for a marker alone.
        style: any line style of matplotlib.
        marker: any marker of matplotlib, or None.
    """
    return Line2D(
        [],
        [],
        color=colour,
        linewidth=width,
        linestyle=style,
        marker=marker,
        label=label,
    )


def legend(figure: Figure, handles: list[Any]) -> None:
    """Draw a legend above all panels, in as many columns as fit.

    Args:
        figure: the figure; it becomes higher by `LEGEND_LINE` for each line
            of the legend after the first.
        handles: the entries, as matplotlib takes them.
    """
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    for columns in range(len(handles), 0, -1):
        placed = figure.legend(
            handles=handles, loc="outside upper center", ncols=columns
        )
        needed = placed.get_window_extent(renderer).width
        if needed <= ROOM * figure.bbox.width or columns == 1:
            break
        placed.remove()
    lines = -(-len(handles) // columns)
    figure.set_figheight(figure.get_figheight() + LEGEND_LINE * (lines - 1))


def svg(figure: Figure) -> str:
    """Return a figure as SVG text, without the date."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :]
