"""Pictures of a result, as SVG text that stands on its own.

PyTorch is always the broad orange line and Keras the thin blue one on top,
so that both are seen where they coincide; the two colours are told apart by
the colour-blind (Okabe and Ito 2008). Classes have colours of their own.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from common import loop
from common.record import Curve
from comparisons.comparison import (
    Comparison,
)
from comparisons.judge import (
    Trajectory,
)
from comparisons.result import ArmResult, Result
from comparisons.tolerances import TIMES_FLOOR
from comparisons.workers import LABELS

COLOURS = {"torch": "#e69f00", "keras": "#0072b2"}
WIDTHS = {"torch": 4.0, "keras": 1.3}
CLASSES = ("#009e73", "#cc79a7", "#56b4e9", "#f0e442", "#d55e00", "#999999")
GREY = "#666666"
HORIZON_COLOUR = "#d55e00"
PANEL = (3.6, 2.7)
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
class Picture:
    """A drawing with its file name and what it shows."""

    name: str
    caption: str
    svg: str


def pictures(result: Result) -> list[Picture]:
    """Draw every picture that the result has data for."""
    first = result.arms[0]
    drawings: list[tuple[str, str, Callable[[Result], Figure], bool]] = [
        (
            "curves",
            "Training and validation, in both frameworks",
            curves,
            True,
        ),
        (
            "differences",
            "How far the two frameworks' losses part",
            differences,
            bool(first.climb or first.curves),
        ),
        (
            "boundaries",
            "What each network predicts where",
            boundaries,
            first.records[result.backends[0]][0].grid is not None,
        ),
    ]
    with rc_context(STYLE):
        return [
            Picture(name, caption, svg(draw(result)))
            for name, caption, draw, has_data in drawings
            if has_data
        ]


def curves(result: Result) -> Figure:
    """Draw loss and accuracy over the epochs: a column for each arm."""
    first = result.arms[0].records[result.backends[0]][0]
    metrics = [
        name.removeprefix("train_")
        for name in first.epochs
        if name.startswith("train_")
    ]
    figure, axes = _panels(result, len(metrics))
    for row, metric in enumerate(metrics):
        for column, arm in enumerate(result.arms):
            panel = axes[row][column]
            for backend, records in arm.records.items():
                for record in records:
                    _evaluations(panel, record.epochs, metric, backend)
            panel.set_xlabel("epoch")
            panel.xaxis.set_major_locator(MaxNLocator(integer=True))
            if metric == "loss":
                panel.set_yscale("log")
            if row == 0:
                panel.set_title(arm.arm.name)
        _share_range(axes[row])
        axes[row][0].set_ylabel(metric)
    _legend(
        figure,
        [
            *(
                _line(LABELS[b], COLOURS[b], WIDTHS[b])
                for b in result.backends
            ),
            _line("validation", GREY, 1.5),
            _line("training", GREY, 1.5, ":"),
        ],
    )
    return figure


def _evaluations(
    panel: Axes, epochs: dict[str, Any], metric: str, backend: str
) -> None:
    for part, style in (("train", ":"), ("validation", "-")):
        values = epochs.get(f"{part}_{metric}")
        if values is not None:
            panel.plot(
                epochs["epoch"],
                values,
                style,
                color=COLOURS[backend],
                linewidth=WIDTHS[backend],
                marker="o" if len(values) == 1 else None,
            )


def differences(result: Result) -> Figure:
    """Draw the difference of the losses over the steps, on a log axis.

    A row for each precision: float64, which proves the agreement, and the
    precision of the curves, which shows what a user sees.
    """
    rows = {
        "float64": [
            arm.climb.trajectory if arm.climb else None for arm in result.arms
        ],
        result.settings["dtype"]: [arm.curves for arm in result.arms],
    }
    rows = {name: row for name, row in rows.items() if any(row)}
    figure, axes = _panels(result, len(rows))
    for row, (dtype, trajectories) in enumerate(rows.items()):
        for column, trajectory in enumerate(trajectories):
            panel = axes[row][column]
            if trajectory:
                _difference(panel, trajectory)
            else:
                _say(panel, "not reached: a lower rung failed")
            panel.set_xlabel("step")
            if row == 0:
                panel.set_title(result.arms[column].arm.name)
        _share_range(axes[row])
        axes[row][0].set_ylabel(f"{dtype}\nrelative difference")
    handles = [
        _line("PyTorch against Keras", "black", 0, marker="."),
        _line("noise floor", GREY, 1.5),
        Patch(color="#dddddd", label="within 10 times the floor"),
    ]
    drawn = [t for row in rows.values() for t in row if t]
    if any(t.horizon is not None for t in drawn):
        text = "horizon: chaotic from here on"
        handles.append(_line(text, HORIZON_COLOUR, 1.5, "--"))
    _legend(figure, handles)
    return figure


def _difference(panel: Axes, trajectory: Trajectory) -> None:
    compared: Comparison = trajectory.curves["loss"]
    stride = -(-len(compared.difference) // MOST_POINTS)
    steps = np.arange(0, len(compared.difference), stride)
    difference = _largest(compared.difference, stride)
    floor = _largest(compared.floor, stride)
    # Where the two are equal to the last bit there is nothing to draw.
    shown = np.where(difference > 0, difference, np.nan)
    panel.fill_between(steps, 1e-18, TIMES_FLOOR * floor, color="#dddddd")
    panel.plot(steps, floor, color=GREY, linewidth=1.5)
    panel.plot(steps, shown, ".", color="black", markersize=2)
    if trajectory.horizon is not None:
        panel.axvline(trajectory.horizon, color=HORIZON_COLOUR, linestyle="--")
    panel.set_yscale("log")
    drawn = np.concatenate([floor, shown])
    highest = drawn[np.isfinite(drawn)].max()
    panel.set_ylim(floor.min() / 100, TIMES_FLOOR * highest * 3)


def _largest(values: Curve, stride: int) -> Curve:
    """Return the largest value of each stretch of `stride` steps."""
    starts = np.arange(0, len(values), stride)
    return np.asarray(np.maximum.reduceat(values, starts))


def boundaries(result: Result) -> Figure:
    """Draw what is predicted over the plane: a row for each framework."""
    figure, axes = _panels(result, len(result.backends), square=True)
    for column, arm in enumerate(result.arms):
        train = arm.arm.data.parts(arm.arm.recipe.loss)["train"]
        points = loop.grid(train.x)
        labels = train.y.reshape(-1).astype(int)
        for row, backend in enumerate(result.backends):
            panel = axes[row][column]
            _regions(panel, arm, backend, points)
            panel.scatter(
                *train.x.T,
                c=[CLASSES[label % len(CLASSES)] for label in labels],
                s=6,
                edgecolors="white",
                linewidths=0.3,
            )
            panel.set_xticks([])
            panel.set_yticks([])
            if row == 0:
                panel.set_title(arm.arm.name)
            if column == 0:
                panel.set_ylabel(LABELS[backend])
    return figure


def _regions(panel: Axes, arm: ArmResult, backend: str, points: Any) -> None:
    grid = arm.records[backend][0].grid
    assert grid is not None
    side = loop.GRID_POINTS
    classes = arm.arm.data.source.class_count or 2
    binary = grid.shape[1] == 1
    chosen = (grid[:, 0] > 0.5) if binary else grid.argmax(1)
    panel.imshow(
        chosen.reshape(side, side),
        origin="lower",
        extent=(*points[[0, -1], 0], *points[[0, -1], 1]),
        cmap=ListedColormap(CLASSES[:classes]),
        vmin=0,
        vmax=classes - 1,
        alpha=0.35,
        aspect="auto",
        interpolation="nearest",
    )


def _panels(
    result: Result, rows: int, *, square: bool = False
) -> tuple[Figure, Any]:
    columns = len(result.arms)
    width, height = (2.8, 2.8) if square else PANEL
    figure = Figure(
        figsize=(width * columns + 0.6, height * rows + 0.5),
        layout="constrained",
    )
    return figure, figure.subplots(rows, columns, squeeze=False)


def _share_range(row: Any) -> None:
    low = min(panel.get_ylim()[0] for panel in row)
    high = max(panel.get_ylim()[1] for panel in row)
    for panel in row:
        panel.set_ylim(low, high)


def _say(panel: Axes, text: str) -> None:
    panel.text(0.5, 0.5, text, ha="center", transform=panel.transAxes)


def _line(
    label: str,
    colour: str,
    width: float,
    style: Any = "-",
    marker: str | None = None,
) -> Line2D:
    return Line2D(
        [],
        [],
        color=colour,
        linewidth=width,
        linestyle=style,
        marker=marker,
        label=label,
    )


def _legend(figure: Figure, handles: list[Any]) -> None:
    figure.legend(
        handles=handles, loc="outside upper center", ncols=len(handles)
    )


def svg(figure: Figure) -> str:
    """Return a figure as text, the same on every run."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]
