"""Pictures of an audit, as self-contained SVG text."""

from collections.abc import Callable

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from framework_parity.common.spec.counted import counted
from framework_parity.common.training.record import Record
from framework_parity.comparisons.audit.causes import DefaultsMix
from framework_parity.comparisons.audit.result import AuditResult
from framework_parity.comparisons.ladder.effects import Effect
from framework_parity.comparisons.report.audit.formats import (
    change,
    corner_name,
    listed,
    metric_name,
    rounded,
)
from framework_parity.comparisons.report.style import (
    COLOURS,
    GREY,
    STYLE,
    ReportFigure,
    svg,
    use_log_scale,
)
from framework_parity.comparisons.workers.worker import LABELS

GOOD, BAD, TOGETHER = "#009e73", "#d55e00", "#d55e00"
LINES = ("-", "--", "-.", ":")


def pictures(audit: AuditResult) -> list[ReportFigure]:
    """Return all pictures that the audit has data for."""
    if not audit.corners:
        return []
    square = audit.cause is not None and len(audit.cause) == 2
    records = audit.corners[0].runs["torch"].records
    drawings: list[tuple[str, str, Callable[[AuditResult], Figure], bool]] = [
        (
            "corners",
            "The four corners: both values of each convention of the pair",
            corners,
            square,
        ),
        (
            "effects",
            f"Effect of each convention on the {metric_name(audit)}",
            effects,
            True,
        ),
        (
            "courses",
            "The loss over the epochs, first seed",
            courses,
            len(records[0].epochs["epoch"]) > 1,
        ),
    ]
    with rc_context(STYLE):
        return [
            ReportFigure(name, caption, svg(draw(audit)))
            for name, caption, draw, has_data in drawings
            if has_data
        ]


def effects(audit: AuditResult) -> Figure:
    """Draw two bars for each convention, and one for the set of causes."""
    rows = len(audit.switches) + bool(audit.cause) + 1
    figure = Figure(figsize=(8.2, 0.42 * rows + 1.2), layout="constrained")
    panel = figure.subplots()
    names: list[str] = []
    if audit.cause:
        corner = audit.corner(audit.good ^ audit.cause)
        _bar(panel, 0, 0.0, audit.effect(audit.good, corner.mix), TOGETHER)
        names.append(" +\n".join(sorted(audit.cause)))
    for switch in audit.switches:
        row = len(names)
        _bar(panel, row, -0.19, switch.alone, COLOURS["torch"])
        _bar(panel, row, 0.19, switch.last, COLOURS["keras"])
        names.append(switch.convention.name)
    panel.axvspan(-audit.margin, audit.margin, color="#eeeeee", zorder=0)
    panel.axvline(0, color=GREY, linewidth=0.8)
    panel.set_yticks(range(len(names)), names)
    panel.set_ylim(len(names) - 0.4, -0.6)
    panel.margins(x=0.14)
    panel.set_xlabel(f"change of the {metric_name(audit)}")
    handles = [
        Rectangle((0, 0), 1, 1, color=COLOURS["torch"]),
        Rectangle((0, 0), 1, 1, color=COLOURS["keras"]),
        Rectangle((0, 0), 1, 1, color="#eeeeee"),
    ]
    labels = ["alone", "last", "negligible"]
    if audit.cause:
        handles.insert(0, Rectangle((0, 0), 1, 1, color=TOGETHER))
        labels.insert(0, "the smallest set that causes the gap")
    figure.legend(
        handles, labels, loc="outside upper center", ncols=len(labels)
    )
    return figure


def _bar(
    panel: Axes, row: int, shift: float, effect: Effect, colour: str
) -> None:
    value = effect.mean if np.isfinite(effect.mean) else 0.0
    height = 0.36 if shift else 0.6
    panel.barh(row + shift, value, height, color=colour, zorder=2)
    low, high = effect.interval
    if np.isfinite([low, high]).all():
        panel.plot(
            [low, high], [row + shift] * 2, color=GREY, linewidth=1, zorder=3
        )
    panel.annotate(
        change(value),
        (value, row + shift),
        (4 if value >= 0 else -4, 0),
        textcoords="offset points",
        ha="left" if value >= 0 else "right",
        va="center",
        fontsize=7.5,
    )


def corners(audit: AuditResult) -> Figure:
    """Draw the pair of causes as a table of two by two coloured cells."""
    assert audit.cause is not None
    first, second = sorted(audit.cause)
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    panel = figure.subplots()
    for row, column in np.ndindex(2, 2):
        switched = {n for n, on in ((first, row), (second, column)) if on}
        _cell(panel, row, column, audit, audit.good ^ switched)
    panel.set_xlim(0, 2)
    panel.set_ylim(2, 0)
    panel.set_xticks([0.5, 1.5], _meanings(audit, second), fontsize=9)
    panel.set_yticks([0.5, 1.5], _meanings(audit, first), fontsize=9)
    panel.xaxis.tick_top()
    panel.xaxis.set_label_position("top")
    panel.set_xlabel(second, fontsize=10, fontweight="bold")
    panel.set_ylabel(first, fontsize=10, fontweight="bold")
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    return figure


def _meanings(audit: AuditResult, name: str) -> list[str]:
    """Return the convention's value in the good corner, then the other."""
    row = next(r for r in audit.port.conventions if r.name == name)
    labels = {
        side: f"{getattr(row, side)}\n({label})"
        for side, label in LABELS.items()
    }
    order = list(LABELS)
    if name in audit.good:
        order.reverse()
    return [labels[side] for side in order]


def _cell(
    panel: Axes, row: int, column: int, audit: AuditResult, mix: DefaultsMix
) -> None:
    torch, keras = audit.corner(mix).runs.values()
    value, best = torch.mean(audit.metric), audit.corner(audit.good)
    far = abs(value - best.runs["torch"].mean(audit.metric))
    bad = far > abs(audit.gap.mean) / 2
    colour = BAD if bad else GOOD
    cell = Rectangle((column + 0.02, row + 0.02), 0.96, 0.96, color=colour)
    cell.set_alpha(0.85)
    panel.add_patch(cell)

    def write(height: float, text: str, size: float, weight: str) -> None:
        panel.text(
            column + 0.5,
            row + height,
            text,
            ha="center",
            va="center",
            color="white",
            fontsize=size,
            fontweight=weight,
        )

    write(0.36, rounded(value), 20, "bold")
    values = torch.values(audit.metric)
    ends = counted(torch.mean("epochs"), "epoch")
    write(
        0.62,
        f"{rounded(min(values))} to {rounded(max(values))} · {ends}",
        8,
        "normal",
    )
    write(0.78, f"Keras {rounded(keras.mean(audit.metric))}", 8, "normal")


def courses(audit: AuditResult) -> Figure:
    """Draw the evaluated loss over the epochs, for every corner."""
    figure = Figure(figsize=(8.2, 3.4), layout="constrained")
    panel = figure.subplots()
    shown = [audit.good, audit.bad]
    if audit.cause:
        alone = [audit.good ^ {name} for name in sorted(audit.cause)]
        shown = [audit.good, *alone, audit.good ^ audit.cause]
    for index, mix in enumerate(dict.fromkeys(shown)):
        switched = audit.switched(mix)
        label = corner_name(audit, audit.good)
        if switched and audit.cause:
            label = f"with {listed(switched)}"
        elif switched:
            label = corner_name(audit, mix)
        bad = mix == audit.good ^ (audit.cause or audit.bad ^ audit.good)
        record = audit.corner(mix).runs["torch"].records[0]
        colour = BAD if bad else GOOD
        _course(
            panel, record, label, colour, LINES[index % 3 if not bad else 0]
        )
    for option in audit.options:
        if option.amplifies and option.bad_without:
            record = option.bad_without.records[0]
            _course(panel, record, f"without {option.name}", BAD, ":")
    use_log_scale(panel)
    panel.set_xlabel("epoch")
    panel.set_ylabel(_course_of(audit.corners[0].runs["torch"].records[0]))
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _course_of(record: Record) -> str:
    has_validation = "validation_loss" in record.epochs
    return "validation loss" if has_validation else "train loss"


def _course(
    panel: Axes, record: Record, label: str, colour: str, style: str
) -> None:
    values = record.epochs[_course_of(record).replace(" ", "_")]
    epochs = record.epochs["epoch"]
    panel.plot(epochs, values, style, color=colour, linewidth=1.6, label=label)
    panel.plot(epochs[-1], values[-1], "o", color=colour, markersize=5)
