"""The difference of the two frameworks' losses over the steps."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from framework_parity.common.spec.counted import counted
from framework_parity.comparisons.ladder.noise_floor import Comparison
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.ladder.trajectory import Trajectory
from framework_parity.comparisons.report.style import (
    GREY,
    HORIZON_COLOUR,
    MOST_POINTS,
    NARROWEST,
    groups,
    largest,
    legend,
    line,
    share_range,
    show_text,
    shown,
)
from framework_parity.comparisons.run.result import ArmResult, Result

# Lower limit of the axis of differences.
LEAST = 1e-18

# Maximum number of arms beside each other, and the size of a panel in inches.
COLUMNS, WIDTH, HEIGHT = 4, 2.5, 2.3


def has_differences(result: Result) -> bool:
    """Return whether any trajectory of the two frameworks was compared."""
    return any(
        arm.curves or (arm.ladder and arm.ladder.trajectory)
        for arm in result.arms
    )


def differences_caption(result: Result) -> str:
    """Return the caption: the steps, and which dots are not judged."""
    ladder = result.settings.trajectory_steps
    curves = result.settings.held_steps
    return (
        "Difference of the two frameworks' losses, in "
        f"{counted(ladder, 'step')} of the ladder and in the first "
        f"{curves:,} of the curves{_outside(result)}"
    )


def _outside(result: Result) -> str:
    """Return a sentence about dots of the curves above the grey band."""
    if result.dtype == "float64":
        return ""
    names = [
        shown(arm.arm.name)
        for arm in result.arms
        if arm.curves and _exceeds(arm.curves)
    ]
    if not names:
        return ""
    return (
        f". Dots above the grey band, in {result.dtype}, of "
        f"{', '.join(names)}: rounding errors of this size are not judged; "
        "the verdict is that of the ladder, in float64"
    )


def _exceeds(trajectory: Trajectory) -> bool:
    loss = trajectory.curves["loss"]
    return bool((loss.difference > TIMES_FLOOR * loss.floor).any())


def differences(result: Result) -> list[Figure]:
    """Draw the difference of the losses over the steps, on a log axis.

    There is a row for each precision: float64, which the ladder judges, and
    the precision of the curves, in which users train.

    Args:
        result: of an experiment with trajectories; see `has_differences`.

    Returns:
        Figures of at most `COLUMNS` arms.
    """
    return [
        _differences(result, arms) for arms in groups(result.arms, COLUMNS)
    ]


def _differences(result: Result, arms: Sequence[ArmResult]) -> Figure:
    judged, drawn = "float64", result.dtype
    if judged == drawn:
        judged, drawn = "the ladder, float64", "the curves, float64"
    rows: dict[str, list[Trajectory | None]] = {
        judged: [
            arm.ladder.trajectory if arm.ladder else None for arm in arms
        ],
        drawn: [arm.curves for arm in arms],
    }
    rows = {name: row for name, row in rows.items() if any(row)} or {
        judged: rows[judged]
    }
    figure = Figure(
        figsize=(
            max(WIDTH * len(arms) + 0.6, NARROWEST),
            HEIGHT * len(rows) + 0.5,
        ),
        layout="constrained",
    )
    axes = figure.subplots(len(rows), len(arms), squeeze=False)
    for row, (name, trajectories) in enumerate(rows.items()):
        for column, trajectory in enumerate(trajectories):
            panel = axes[row][column]
            if trajectory:
                _difference(panel, trajectory)
            else:
                show_text(panel, "not reached:\na lower rung failed")
            panel.set_xlabel("step")
            if row == 0:
                panel.set_title(shown(arms[column].arm.name))
        share_range(axes[row])
        axes[row][0].set_ylabel(f"{name}\nrelative difference")
    handles = [
        line("PyTorch against Keras", "black", 0, marker="."),
        line("noise floor", GREY, 1.5),
        Patch(color="#dddddd", label="within 10 times the floor"),
    ]
    judged_arms = [t for row in rows.values() for t in row if t]
    ends = {t.diverges for t in judged_arms if t.horizon is not None}
    if ends:
        reasons = {False: "chaotic", True: "diverged in both"}
        reason = " or ".join(reasons[diverges] for diverges in sorted(ends))
        text = f"horizon: {reason} from here on"
        handles.append(line(text, HORIZON_COLOUR, 1.5, "--"))
    legend(figure, handles)
    return figure


def _difference(panel: Axes, trajectory: Trajectory) -> None:
    compared: Comparison = trajectory.curves["loss"]
    stride = -(-len(compared.difference) // MOST_POINTS)
    steps = np.arange(0, len(compared.difference), stride)
    difference = largest(compared.difference, stride)
    floor = largest(compared.floor, stride)
    # A difference of exactly 0 cannot be drawn on a logarithmic axis.
    drawn = np.where(difference > 0, difference, np.nan)
    panel.fill_between(steps, LEAST, TIMES_FLOOR * floor, color="#dddddd")
    panel.plot(steps, floor, color=GREY, linewidth=1.5)
    panel.plot(steps, drawn, ".", color="black", markersize=2)
    if trajectory.horizon is not None:
        panel.axvline(trajectory.horizon, color=HORIZON_COLOUR, linestyle="--")
    panel.set_yscale("log")
    values = np.concatenate([floor, drawn])
    values = values[np.isfinite(values) & (values > 0)]
    highest = values.max(initial=LEAST)
    panel.set_ylim(max(floor.min(), LEAST) / 100, TIMES_FLOOR * highest * 3)
