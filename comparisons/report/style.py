"""How pictures are drawn: colours, panels, legends, and SVG text.

PyTorch is always the broad orange line and Keras the thin blue one on top,
so that both are seen where they coincide; the two colours are told apart by
the colour-blind (Okabe and Ito 2008). Classes have colours of their own.
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

# So many panels stand in a row where they may go on in another.
ABREAST = 4

# In inches: no figure with a legend is narrower, and what one more line of
# the legend takes.
NARROWEST, LEGEND_LINE = 5.2, 0.2

# A browser's letters are not quite as wide as those that are measured here.
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
class Rows:
    """A table, cell by cell."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True)
class Picture:
    """A drawing, or a table, with its file name and what it shows."""

    name: str
    caption: str
    svg: str = ""
    table: Rows | None = None


def largest(values: Curve, stride: int) -> Curve:
    """Return the largest value of each stretch of `stride` steps."""
    starts = np.arange(0, len(values), stride)
    return np.asarray(np.maximum.reduceat(values, starts))


def panels(
    columns: int, rows: int, *, square: bool = False
) -> tuple[Figure, Any]:
    """Return a figure with so many panels, by row and column."""
    width, height = (2.8, 2.8) if square else PANEL
    least = 0.0 if square else NARROWEST
    figure = Figure(
        figsize=(max(width * columns + 0.6, least), height * rows + 0.5),
        layout="constrained",
    )
    return figure, figure.subplots(rows, columns, squeeze=False)


def wrapped(count: int) -> tuple[Figure, Any]:
    """Return a figure with so many panels in rows of at most `ABREAST`."""
    columns = min(count, ABREAST)
    figure, axes = panels(columns, -(-count // columns))
    for panel in axes.flat[count:]:
        panel.remove()
    return figure, axes.flat[:count]


def share_range(row: Any) -> None:
    """Give all panels of a row the widest range of any.

    Where some are logarithmic, the others have nothing but words in them.
    """
    logarithmic = [each for each in row if each.get_yscale() == "log"]
    # Of numbers that a figure cannot hold, not even the range is positive.
    shown = [each for each in logarithmic if each.get_ylim()[0] > 0]
    row = shown if logarithmic else row
    low = min((panel.get_ylim()[0] for panel in row), default=1.0)
    high = max((panel.get_ylim()[1] for panel in row), default=1.0)
    for panel in row:
        panel.set_ylim(low, high)


def say(panel: Axes, text: str) -> None:
    """Write a text where there is nothing to draw."""
    panel.text(0.5, 0.5, text, ha="center", transform=panel.transAxes)


def line(
    label: str,
    colour: str,
    width: float,
    style: Any = "-",
    marker: str | None = None,
) -> Line2D:
    """Return a line for a legend."""
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
    """Put a legend above all panels, in as many columns as there is room."""
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
    """Return a figure as SVG text, the same on every day."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :]
