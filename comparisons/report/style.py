"""Style of the pictures: colours, panels, legends and SVG text.

PyTorch is always the broad line and Keras the thin one on top, so that both
are visible where they coincide. Where a panel has one arm, PyTorch is orange
and Keras blue; where it has several, the colour is the arm's. Colour-blind
readers can distinguish the colours (Okabe and Ito 2008). Classes have other
colours.
"""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from framework_parity.common.training.record import Curve

T = TypeVar("T")

COLOURS = {"torch": "#e69f00", "keras": "#0072b2"}
WIDTHS = {"torch": 4.0, "keras": 1.3}
CLASSES = ("#009e73", "#cc79a7", "#56b4e9", "#f0e442", "#d55e00", "#999999")
GREY = "#666666"
ARMS = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9"),
    *("#7f3c8d", "#666666"),
)
HORIZON_COLOUR = "#d55e00"
PANEL = (3.3, 2.5)

# In inches, 96 pixels each: the width of the report's column, which no figure
# exceeds, and the maximum height of a figure, less than a screen.
COLUMN, SCREEN = 10.9, 7.2

# Maximum number of panels in a row, for pictures with several rows.
ABREAST = 3

# In inches: the minimum width of a figure with a legend, and the height of one
# more line of the legend.
NARROWEST, LEGEND_LINE = 5.2, 0.2

# Share of the figure's width that a legend may take: a browser's letters are
# not exactly as wide as those that are measured here.
ROOM = 0.95
MOST_POINTS = 300

# Panels that reach this many times as high as the median of a row are drawn
# on a scale of their own.
APART = 1e4

# The width and the height of an SVG.
SIZE = re.compile(r'(?<= )(width|height)="([\d.]+)pt"')

# Opacity of PyTorch's broad line in a panel of several arms.
PALE = 0.35

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
    """A drawing or a table, with its file name and its caption.

    Attributes:
        name: the name of its file, without the suffix.
        caption: a sentence without a full stop.
        svg: the drawing; empty for a table.
        table: the table, or None.
        more: further drawings of the same kind, which the report folds.
    """

    name: str
    caption: str
    svg: str = ""
    table: TextTable | None = None
    more: tuple[str, ...] = ()

    @property
    def narrow(self) -> bool:
        """Whether two such drawings fit beside each other."""
        width = SIZE.search(self.svg)
        fits = width is not None and float(width[2]) / 72 <= COLUMN / 2 - 0.1
        return fits and not self.more


def arm_colours(names: Iterable[str]) -> dict[str, Any]:
    """Return a colour for each arm.

    The colours of more arms than `ARMS` has are steps of a colour map.

    Args:
        names: the names of all arms, in their order.
    """
    known = list(names)
    if len(known) <= len(ARMS):
        return dict(zip(known, ARMS, strict=False))
    steps = colormaps["turbo"](np.linspace(0.03, 0.97, len(known)))
    return dict(zip(known, steps, strict=True))


def look(backend: str, colour: Any) -> dict[str, Any]:
    """Return the line style of a framework in a panel of several arms.

    Args:
        backend: `torch` or `keras`.
        colour: the colour of the arm.
    """
    pale = PALE if backend == "torch" else 1.0
    return {"color": colour, "linewidth": WIDTHS[backend], "alpha": pale}


def arm_legend(
    colours: dict[str, Any], backends: Iterable[str]
) -> list[Line2D]:
    """Return the entries of a legend of arms and frameworks.

    Args:
        colours: by arm.
        backends: the frameworks that ran.
    """
    arms = [line(shown(name), c, 2.5) for name, c in colours.items()]
    return [*arms, *framework_entries(backends)]


def framework_entries(backends: Iterable[str]) -> list[Line2D]:
    """Return the entries of a legend that tell the frameworks apart."""
    ways = {"torch": "PyTorch: broad line", "keras": "Keras: thin line"}
    return [
        Line2D([], [], label=ways[backend], **look(backend, "black"))
        for backend in backends
    ]


def shown(name: str) -> str:
    """Return the name of an arm or a layer as it is shown in a picture.

    Underscores between words become spaces; names in which an underscore
    joins numbers are left as they are.

    >>> shown("no_hidden_layer"), shown("depth_1_rate_0_01")
    ('no hidden layer', 'depth_1_rate_0_01')
    """
    joined = re.search(r"\d_\d", name)
    return name if joined else name.replace("_", " ")


def groups(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Return consecutive groups of at most `size` items.

    >>> groups([1, 2, 3], 2)
    [[1, 2], [3]]
    """
    return [items[i : i + size] for i in range(0, len(items), size)]


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


def single(width: float = 6.2, height: float = 3.2) -> tuple[Figure, Axes]:
    """Return a figure with one panel.

    Args:
        width: of the figure, in inches.
        height: of the figure, in inches.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def wrapped(count: int) -> tuple[Figure, Any]:
    """Return a figure with `count` panels in rows of at most `ABREAST`.

    The rows are about equally long: four panels are in two rows of two.
    """
    rows = -(-count // ABREAST)
    figure, axes = panels(-(-count // rows), rows)
    for panel in axes.flat[count:]:
        panel.remove()
    return figure, axes.flat[:count]


def row_starts(axes: Any) -> Any:
    """Return the first panel of each row of `wrapped`, for its y label."""
    rows = -(-len(axes) // ABREAST)
    return axes[:: -(-len(axes) // rows)]


def share_range(row: Any) -> None:
    """Set the limits of the panels of a row to the union of their limits.

    If some panels are logarithmic, the others contain only text and are left
    as they are. Panels that reach more than `APART` times as high as the
    median panel, such as those of runs that diverge, keep their own limits,
    and a text says so: in their range, the others would be flat.
    """
    logarithmic = [panel for panel in row if panel.get_yscale() == "log"]
    row = logarithmic or list(row)
    tops = sorted(panel.get_ylim()[1] for panel in row)
    if logarithmic:
        limit = APART * tops[(len(tops) - 1) // 2]
        for panel in [p for p in row if p.get_ylim()[1] > limit]:
            panel.text(
                *(0.98, 0.03, "another scale"),
                ha="right",
                style="italic",
                transform=panel.transAxes,
            )
        row = [panel for panel in row if panel.get_ylim()[1] <= limit]
    low = min((panel.get_ylim()[0] for panel in row), default=1.0)
    high = max((panel.get_ylim()[1] for panel in row), default=1.0)
    for panel in row:
        panel.set_ylim(low, high)


def use_log_scale(panel: Axes) -> None:
    """Make the y axis logarithmic, unless nothing drawn is positive.

    Runs that diverge in the first step have no finite value, and matplotlib
    raises an error where a logarithmic axis has nothing to show.

    Args:
        panel: axes that contain all of their data.
    """
    if np.isfinite(panel.dataLim.minposy):
        panel.set_yscale("log")


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
    """Return a figure as SVG text, without the date.

    A figure that is wider than `COLUMN` or higher than `SCREEN` is shown
    smaller, so that it is neither.
    """
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    drawn = text.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    width, height = figure.get_size_inches()
    scale = min(1.0, COLUMN / width, SCREEN / height)
    if scale == 1.0:
        return drawn
    return SIZE.sub(
        lambda size: f'{size[1]}="{float(size[2]) * scale:.4f}pt"',
        drawn,
        count=2,
    )
