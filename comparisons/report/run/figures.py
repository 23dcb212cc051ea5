"""Pictures of a result, as self-contained SVG text."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from framework_parity.common.data.image_cache import reading
from framework_parity.common.spec.counted import counted
from framework_parity.common.training.record import Record
from framework_parity.comparisons.ladder.noise_floor import Comparison
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.ladder.trajectory import Trajectory
from framework_parity.comparisons.report.run import plots as gallery
from framework_parity.comparisons.report.run.difference_map import disagreement
from framework_parity.comparisons.report.run.plots.planes import boundaries
from framework_parity.comparisons.report.style import (
    COLOURS,
    GREY,
    HORIZON_COLOUR,
    MOST_POINTS,
    STYLE,
    WIDTHS,
    ReportFigure,
    TextTable,
    largest,
    legend,
    line,
    panels,
    share_range,
    show_text,
    svg,
)
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.worker import LABELS

# Total area of the dots of all samples, in square points: the fewer samples,
# the larger the dots.
DOTS = 200

# Lower limit of the axis of differences.
LEAST = 1e-18


def pictures(result: Result) -> list[ReportFigure]:
    """Return all pictures that the result has data for."""
    source = result.arms[0].arm.data.source
    ladders = [arm.ladder for arm in result.arms]
    ladder = any(each and each.trajectory for each in ladders)
    drawings: list[tuple[str, str, Callable[[Result], list[Figure]], bool]] = [
        (
            "curves",
            curves_caption(result),
            lambda result: [curves(result)],
            True,
        ),
        (
            "differences",
            _differences_caption(result),
            lambda result: [differences(result)],
            ladder or any(arm.curves for arm in result.arms),
        ),
        (
            "disagreement",
            "Difference of the gradient norms, by tensor and step",
            lambda result: [disagreement(result)],
            ladder,
        ),
        (
            "boundaries",
            "The predicted class at each point of the input plane",
            boundaries,
            source.shape == (2,)
            and source.class_count is not None
            and all(
                side.data.source.shape == source.shape
                for arm in result.arms
                for side in arm.sides.values()
            ),
        ),
    ]
    plots = result.experiment.plots
    with (
        rc_context(STYLE),
        reading(result.settings.images),
    ):
        return [
            _figure(name, caption, draw(result))
            for name, caption, draw, has_data in drawings
            if has_data
        ] + [
            _draw(result, name, spec)
            for name, spec in zip(_names(plots), plots, strict=True)
        ]


def _draw(result: Result, name: str, spec: Any) -> ReportFigure:
    drawn = gallery.draw(result, spec)
    if isinstance(drawn, TextTable):
        return ReportFigure(name, spec.caption, table=drawn)
    return _figure(name, spec.caption, drawn)


def _figure(name: str, caption: str, drawn: list[Figure]) -> ReportFigure:
    first, *more = map(svg, drawn)
    return ReportFigure(name, caption, first, more=tuple(more))


def _names(plots: Sequence[Any]) -> list[str]:
    """Return a name for each picture: its kind, numbered if not unique."""
    kinds = [plot.kind() for plot in plots]
    return [
        kind
        if kinds.count(kind) == 1
        else f"{kind}_{kinds[:index].count(kind) + 1}"
        for index, kind in enumerate(kinds)
    ]


def curves_caption(result: Result) -> str:
    """Return the caption of the curves: parts, frameworks and weights."""
    parts = "Training and validation" if result.validated else "Training"
    labels = [LABELS[backend] for backend in result.backends]
    where = "both frameworks" if len(labels) == 2 else f"{labels[0]} alone"
    native = result.settings.randomness == "native" and len(labels) == 2
    start = ", each from its own initial weights" if native else ""
    if result.settings.randomness == "replay":
        start = ", with the random draws of PyTorch"
    return f"{parts} in {where}, in {result.dtype}{start}"


def curves(result: Result) -> Figure:
    """Draw loss and accuracy over the epochs, one column for each arm."""
    first = result.arms[0].records[result.backends[0]][0]
    metrics = [
        name.removeprefix("train_")
        for name in first.epochs
        if name.startswith("train_")
    ]
    figure, axes = panels(len(result.arms), len(metrics))
    for row, metric in enumerate(metrics):
        for column, arm in enumerate(result.arms):
            panel = axes[row][column]
            for backend, records in arm.records.items():
                for record in records:
                    _evaluations(panel, record.epochs, metric, backend)
                    _best(panel, record, metric, backend)
            panel.set_xlabel("epoch")
            panel.xaxis.set_major_locator(MaxNLocator(integer=True))
            if len(record.epochs["epoch"]) == 1:
                panel.set_xlim(record.epochs["epoch"] + [-1, 1])
            if metric == "loss":
                panel.set_yscale("log")
            if f"train_{metric}" not in record.epochs:
                show_text(panel, f"no {metric}")
            if row == 0:
                panel.set_title(arm.arm.name)
        share_range(axes[row])
        axes[row][0].set_ylabel(metric)
    handles = [line(LABELS[b], COLOURS[b], WIDTHS[b]) for b in result.backends]
    if result.validated:
        handles.append(line("validation", GREY, 1.5))
    handles.append(line("training", GREY, 1.5, ":"))
    if any("best_epoch" in record.final for record in _records(result)):
        handles.append(line("best epoch", GREY, 0, marker="D"))
    legend(figure, handles)
    return figure


def _records(result: Result) -> Iterator[Record]:
    for arm in result.arms:
        for records in arm.records.values():
            yield from records


def _best(panel: Axes, record: Record, metric: str, backend: str) -> None:
    """Mark the best epoch on the validation curve, if one is recorded."""
    values = record.epochs.get(f"validation_{metric}")
    at = record.epochs["epoch"] == record.final.get("best_epoch", 0)
    if values is not None and at.any():
        panel.plot(
            record.epochs["epoch"][at],
            values[at],
            "D",
            color=COLOURS[backend],
            markersize=2 + WIDTHS[backend],
            zorder=4,
        )


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


def _differences_caption(result: Result) -> str:
    ladder = result.settings.trajectory_steps
    curves = result.settings.held_steps
    return (
        "Difference of the two frameworks' losses, in "
        f"{counted(ladder, 'step')} of the ladder and in the first "
        f"{curves:,} of the curves"
    )


def differences(result: Result) -> Figure:
    """Draw the difference of the losses over the steps, on a log axis.

    There is a row for each precision: float64, which the ladder judges, and
    the precision of the curves, in which users train.
    """
    judged, drawn = "float64", result.dtype
    if judged == drawn:
        judged, drawn = "the ladder, float64", "the curves, float64"
    rows: dict[str, list[Trajectory | None]] = {
        judged: [
            arm.ladder.trajectory if arm.ladder else None
            for arm in result.arms
        ],
        drawn: [arm.curves for arm in result.arms],
    }
    rows = {name: row for name, row in rows.items() if any(row)}
    figure, axes = panels(len(result.arms), len(rows))
    for row, (name, trajectories) in enumerate(rows.items()):
        for column, trajectory in enumerate(trajectories):
            panel = axes[row][column]
            if trajectory:
                _difference(panel, trajectory)
            else:
                show_text(panel, "not reached: a lower rung failed")
            panel.set_xlabel("step")
            if row == 0:
                panel.set_title(result.arms[column].arm.name)
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
    shown = np.where(difference > 0, difference, np.nan)
    panel.fill_between(steps, LEAST, TIMES_FLOOR * floor, color="#dddddd")
    panel.plot(steps, floor, color=GREY, linewidth=1.5)
    panel.plot(steps, shown, ".", color="black", markersize=2)
    if trajectory.horizon is not None:
        panel.axvline(trajectory.horizon, color=HORIZON_COLOUR, linestyle="--")
    panel.set_yscale("log")
    drawn = np.concatenate([floor, shown])
    drawn = drawn[np.isfinite(drawn) & (drawn > 0)]
    highest = drawn.max(initial=LEAST)
    panel.set_ylim(max(floor.min(), LEAST) / 100, TIMES_FLOOR * highest * 3)
