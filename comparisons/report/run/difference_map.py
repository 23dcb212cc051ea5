"""The map of differences, by tensor and step.

It shows the difference of the two frameworks' gradient norms in units of the
noise floor. Cells below the limit are grey, cells above it are coloured. The
first coloured cell shows in which tensor and at which step the frameworks
begin to differ by more than rounding.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure

from framework_parity.common.training.record import Curve
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.ladder.trajectory import Trajectory
from framework_parity.comparisons.report.style import (
    HORIZON_COLOUR,
    MOST_POINTS,
    SCREEN,
    largest,
    show_text,
    shown,
)
from framework_parity.comparisons.run.result import ArmResult, Result

NORM = "gradient_norm of "

# The scale is the same in every report: two decades below the limit, drawn
# grey, and eight above it. The effect of a wrong constant grows from a few
# floors to about ten million.
BELOW, ABOVE = 2, 8
LOWEST, HIGHEST = TIMES_FLOOR / 10**BELOW, TIMES_FLOOR * 10**ABOVE
SHADES = 400

# In inches: the height of a row of the map, the margins of a panel, the width
# of the figure, and its minimum height, which the label of the scale needs.
ROW, AROUND, WIDTH, LOWEST_FIGURE = 0.2, 0.85, 9.5, 2.3

# Maximum height of the colour scale, in inches, and of a row with a label.
SCALE, LABELLED = 2.0, 0.14


def disagreement(result: Result) -> list[Figure]:
    """Draw a panel for each arm: its tensors, input first, by step.

    Args:
        result: of the experiment.

    Returns:
        Figures that are no higher than `SCREEN`, with one arm or several.
    """
    pages: list[list[ArmResult]] = []
    height = SCREEN
    for arm in result.arms:
        needed = _height(arm)
        if height + needed > SCREEN:
            pages.append([])
            height = 0.0
        pages[-1].append(arm)
        height += needed
    return [_maps(arms) for arms in pages]


def _trajectory(arm: ArmResult) -> Trajectory | None:
    return arm.ladder.trajectory if arm.ladder else None


def _rows(arm: ArmResult) -> int:
    trajectory = _trajectory(arm)
    return max(len(_ratios(trajectory)), 2) if trajectory else 2


def _height(arm: ArmResult) -> float:
    """Return the height of the panel of an arm, at most a screen's."""
    return min(ROW * _rows(arm) + AROUND, SCREEN)


def _maps(arms: list[ArmResult]) -> Figure:
    heights = [_height(arm) for arm in arms]
    figure = Figure(
        figsize=(WIDTH, max(sum(heights), LOWEST_FIGURE)),
        layout="constrained",
        dpi=200,  # resolution of the cells, an image inside the SVG
    )
    axes = figure.subplots(
        len(arms), squeeze=False, gridspec_kw={"height_ratios": heights}
    )[:, 0]
    for panel, arm, height in zip(axes, arms, heights, strict=True):
        panel.set_title(shown(arm.arm.name), loc="left")
        trajectory = _trajectory(arm)
        if trajectory is None:
            show_text(panel, "not reached: a lower rung failed")
            panel.set_axis_off()
        else:
            _map(panel, trajectory, (height - AROUND) / _rows(arm))
    _scale(figure, axes)
    return figure


def _map(panel: Axes, trajectory: Trajectory, row: float) -> None:
    """Draw the map of an arm, whose rows have a height in inches."""
    ratios = _ratios(trajectory)
    steps = trajectory.steps[0]
    stride = -(-steps // MOST_POINTS)
    cells = np.stack([largest(row, stride) for row in ratios.values()])
    panel.imshow(
        np.clip(cells, LOWEST, HIGHEST),
        norm=LogNorm(LOWEST, HIGHEST),
        cmap=_colours(),
        extent=(0, cells.shape[1] * stride, len(cells), 0),
        aspect="auto",
        interpolation="nearest",
    )
    panel.set_xlim(0, steps)
    panel.set_xlabel("step")
    # Rows that are too thin for a label each have one for several.
    every = max(1, int(np.ceil(LABELLED / row)))
    panel.set_yticks(
        np.arange(0, len(cells), every) + 0.5, list(ratios)[::every]
    )
    panel.tick_params("y", length=0, labelsize=8)
    panel.hlines(range(1, len(cells)), 0, steps, "white", linewidth=0.8)
    panel.set_title(_worst(ratios, trajectory), loc="right", size=8)
    if trajectory.horizon is not None:
        panel.axvspan(trajectory.horizon, steps, color="white", alpha=0.7)
        panel.axvline(trajectory.horizon, color=HORIZON_COLOUR, linestyle="--")


def _ratios(trajectory: Trajectory) -> dict[str, Curve]:
    """Return the ratio to the floor by tensor; NaN is replaced by 0."""
    return {
        name.removeprefix(NORM): np.nan_to_num(
            compared.ratios(), nan=0.0, posinf=np.inf
        )
        for name, compared in trajectory.curves.items()
        if name.startswith(NORM)
    }


def _worst(ratios: dict[str, Curve], trajectory: Trajectory) -> str:
    """Return the largest ratio before the horizon, as a title."""
    horizon = trajectory.horizon
    judged = {name: row[:horizon] for name, row in ratios.items()}
    name = max(judged, key=lambda n: judged[n].max(initial=0.0))
    ratio = judged[name].max(initial=0.0)
    step = int(judged[name].argmax()) if len(judged[name]) else 0
    reason = "both diverge" if trajectory.diverges else "horizon"
    ended = f"; {reason} at step {horizon}" if horizon is not None else ""
    return f"at most {ratio:.2g} times the floor: {name}, step {step}{ended}"


def _colours() -> ListedColormap:
    """Return greys below the limit and yellow to red above it."""
    below = SHADES * BELOW // (BELOW + ABOVE)
    shades: list[npt.NDArray[Any]] = [
        colormaps["Greys"](np.linspace(0.05, 0.45, below)),
        colormaps["YlOrRd"](np.linspace(0.25, 1.0, SHADES - below)),
    ]
    return ListedColormap(np.concatenate(shades))


def _scale(figure: Figure, axes: Any) -> None:
    """Draw the colour scale, with the limit marked."""
    from matplotlib.cm import ScalarMappable

    colours = ScalarMappable(LogNorm(LOWEST, HIGHEST), _colours())
    height = figure.get_figheight()
    bar = figure.colorbar(
        colours,
        ax=list(axes),
        aspect=16,
        pad=0.015,
        extend="both",
        shrink=min(1.0, SCALE / (height - 0.6)),
        anchor=(0.0, 1.0),
    )
    bar.ax.axhline(TIMES_FLOOR, color="black", linewidth=1.5)
    bar.set_label(f"difference / noise floor;\nlimit: {TIMES_FLOOR:.0f}")
    bar.set_ticks([10.0**power for power in range(-1, 10, 2)])
    bar.ax.minorticks_off()
