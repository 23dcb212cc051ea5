"""Curves of loss and accuracy over the epochs, with all arms in a panel."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from framework_parity.common.spec.counted import counted
from framework_parity.common.training.record import Curve, Record
from framework_parity.comparisons.report.style import (
    APART,
    COLOURS,
    GREY,
    WIDTHS,
    arm_colours,
    arm_legend,
    legend,
    line,
    look,
    shown,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS

PARTS = {"train": "training", "validation": "validation"}

# In inches: the width of a panel of several and of a single one, and the
# height of either.
PANEL, ALONE, HEIGHT = 4.9, 6.2, 2.4

# Opacity of the band from the lowest to the highest seed.
BAND = 0.08

# Validation has its own range if it takes less than this share of the common
# one; the first epochs, a share of all, are left out if they are this many
# times as high as all later ones.
NARROW, FIRST, EARLY = 0.5, 0.1, 3.0

# An arm that leaves the axis goes up to this many times the others' values.
ABOVE = 3.0


def has_curves(result: Result) -> bool:
    """Return whether any run was evaluated at more than one epoch."""
    return any(len(record.epochs["epoch"]) > 1 for record in _records(result))


def curves_caption(result: Result) -> str:
    """Return the caption of the curves: parts, frameworks and weights."""
    parts = "Training and validation" if result.validated else "Training"
    labels = [LABELS[backend] for backend in result.backends]
    where = "both frameworks" if len(labels) == 2 else f"{labels[0]} alone"
    native = result.settings.randomness == "native" and len(labels) == 2
    start = ", each from its own initial weights" if native else ""
    if result.settings.randomness == "replay":
        start = ", with the random draws of PyTorch"
    seeds = result.settings.seeds
    lines = ""
    if seeds > 1:
        lines = (
            ". Lines: the first seed; bands: the range of "
            f"{counted(seeds, 'seed')}"
        )
    return f"{parts} in {where}, in {result.dtype}{start}{lines}"


def curves(result: Result) -> Figure:
    """Draw loss and accuracy over the epochs.

    Several arms are in one panel: there is a row for each metric, and a
    column for training and for validation. Of a single arm, training and
    validation are in one panel.

    Args:
        result: of an experiment with curves; see `has_curves`.
    """
    return _overlaid(result) if len(result.arms) > 1 else _single(result)


def _metrics(result: Result) -> list[str]:
    """Return the metrics of the arms, the loss first."""
    names = [name for r in _records(result) for name in r.epochs]
    return list(
        dict.fromkeys(
            name.removeprefix("train_")
            for name in names
            if name.startswith("train_")
        )
    )


def _records(result: Result) -> list[Record]:
    return [
        record
        for arm in result.arms
        for records in arm.records.values()
        for record in records
    ]


def _overlaid(result: Result) -> Figure:
    metrics = _metrics(result)
    parts = [part for part in PARTS if _has_part(result, part)]
    rows, columns = len(metrics), len(parts)
    if columns == 1:
        rows, columns = 1, len(metrics)
    width = PANEL * columns if columns > 1 else ALONE
    figure = Figure(
        figsize=(width + 0.5, HEIGHT * rows + 0.5), layout="constrained"
    )
    axes = figure.subplots(
        *(rows, columns),
        squeeze=False,
        sharex=True,
    ).reshape(len(metrics), len(parts))
    colours = arm_colours(arm.arm.name for arm in result.arms)
    for row, metric in zip(axes, metrics, strict=True):
        for panel, part in zip(row, parts, strict=True):
            for arm in result.arms:
                for backend, records in arm.records.items():
                    style = look(backend, colours[arm.arm.name])
                    _draw(panel, records, f"{part}_{metric}", style)
                    if part == "validation":
                        _best(panel, records[0], metric, style)
            panel.set_title(f"{PARTS[part]} {metric}")
            panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        row[0].set_ylabel(metric)
        _scale(row, result, metric, parts)
        if len(row) > 1:
            _share(row, result, metric)
    for panel in axes[-1] if len(parts) > 1 else axes.flat:
        panel.set_xlabel("epoch")
    entries = arm_legend(colours, result.backends)
    for arm, entry in zip(result.arms, entries, strict=False):
        entry.set_label(f"{entry.get_label()}{_divergence(arm)}")
    legend(figure, [*entries, *_best_entry(result)])
    return figure


def _share(row: Any, result: Result, metric: str) -> None:
    """Give training and validation one range, unless it hides the latter.

    A validation loss that falls much less than the training loss has its own
    range. If the first epochs are far above all later ones, that range ends
    above the later ones: whether the loss rises again is seen there.
    """
    limits = [panel.get_ylim() for panel in row]
    low, high = min(x for x, _ in limits), max(y for _, y in limits)
    if metric != "loss" or row[1].get_yscale() == "linear" or low <= 0:
        for panel in row:
            panel.set_ylim(low, high)
        return
    if np.log(limits[1][1] / limits[1][0]) > NARROW * np.log(high / low):
        for panel in row:
            panel.set_ylim(low, high)
        return
    late, start = _late(result)
    if late and limits[1][1] > EARLY * late:
        row[1].set_ylim(None, late * 1.1)
        row[1].set_title(f"validation loss, from epoch {start:g} on")
        row[1].set_yscale("linear")


def _late(result: Result) -> tuple[float, float]:
    """Return the highest validation loss after the first epochs.

    Returns:
        The loss, 0 if there is none, and the epoch that it counts from.
    """
    last = max(record.epochs["epoch"][-1] for record in _records(result))
    start, highest = max(last * FIRST, 1.0), 0.0
    for record in _records(result):
        values = record.epochs.get("validation_loss", np.empty(0))
        later = values[record.epochs["epoch"][: len(values)] > start]
        later = later[np.isfinite(later)]
        highest = max(highest, float(later.max(initial=0.0)))
    return highest, float(np.ceil(start))


def _divergence(arm: ArmResult) -> str:
    """Return at which step the first seed of an arm diverges, or ""."""
    steps = [records[0].diverged_at for records in arm.records.values()]
    lost = [step for step in steps if step is not None]
    return f" (diverges at step {min(lost):,})" if lost else ""


def _single(result: Result) -> Figure:
    metrics = _metrics(result)
    width = PANEL * len(metrics) if len(metrics) > 1 else ALONE
    figure = Figure(figsize=(width + 0.5, HEIGHT + 0.5), layout="constrained")
    axes = figure.subplots(1, len(metrics), squeeze=False)
    [arm] = result.arms
    styles = {"train": ":", "validation": "-"}
    parts = [part for part in PARTS if _has_part(result, part)]
    for panel, metric in zip(axes[0], metrics, strict=True):
        for backend, records in arm.records.items():
            style = {"color": COLOURS[backend], "linewidth": WIDTHS[backend]}
            for part in parts:
                dashes = {"linestyle": styles[part]}
                _draw(panel, records, f"{part}_{metric}", style | dashes)
            _best(panel, records[0], metric, style)
        panel.set_title(shown(arm.arm.name))
        panel.set_xlabel("epoch")
        panel.set_ylabel(metric)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        _scale([panel], result, metric, parts)
    handles: list[Any] = [
        line(LABELS[b], COLOURS[b], WIDTHS[b]) for b in result.backends
    ]
    handles += [line(PARTS[p], GREY, 1.5, styles[p]) for p in reversed(parts)]
    legend(figure, [*handles, *_best_entry(result)])
    return figure


def _has_part(result: Result, part: str) -> bool:
    return any(f"{part}_loss" in record.epochs for record in _records(result))


def _draw(
    panel: Axes, records: list[Record], name: str, style: dict[str, Any]
) -> None:
    """Draw the curve of the first seed, and a band over all seeds."""
    values = records[0].epochs.get(name)
    if values is None:
        return
    marker = "o" if len(values) == 1 else None
    panel.plot(records[0].epochs["epoch"], values, marker=marker, **style)
    if len(records) > 1:
        epochs, low, high = _range(records, name)
        colour = style["color"]
        panel.fill_between(epochs, low, high, color=colour, alpha=BAND, lw=0)


def _range(records: list[Record], name: str) -> tuple[Curve, Curve, Curve]:
    """Return the epochs of all seeds, and the range of a curve at each.

    A seed that ends earlier does not count later; values that are not
    finite do not count.
    """
    every: dict[float, list[float]] = {}
    for record in records:
        pairs = zip(record.epochs["epoch"], record.epochs[name], strict=True)
        for epoch, value in pairs:
            if np.isfinite(value):
                every.setdefault(float(epoch), []).append(float(value))
    epochs = np.array(sorted(every))
    low = np.array([min(every[epoch]) for epoch in epochs])
    high = np.array([max(every[epoch]) for epoch in epochs])
    return epochs, low, high


def _best(
    panel: Axes, record: Record, metric: str, style: dict[str, Any]
) -> None:
    """Mark the best epoch on the validation curve, if one is recorded."""
    values = record.epochs.get(f"validation_{metric}")
    at = record.epochs["epoch"] == record.final.get("best_epoch", 0)
    if values is not None and at.any():
        panel.plot(
            record.epochs["epoch"][at],
            values[at],
            "D",
            color=style["color"],
            markersize=2 + style["linewidth"],
            alpha=style.get("alpha", 1.0),
            zorder=4,
        )


def _best_entry(result: Result) -> list[Line2D]:
    marked = any("best_epoch" in r.final for r in _records(result))
    entry = line("best epoch", GREY, 0, marker="D")
    return [entry] if marked and result.validated else []


def _scale(row: Any, result: Result, metric: str, parts: list[str]) -> None:
    """Set the scale: a loss is logarithmic, unless it is not positive.

    An arm whose loss exceeds `APART` times that of the median arm leaves the
    axis; a title says how far it goes.
    """
    if metric != "loss":
        return
    names = [f"{part}_loss" for part in parts]
    tops = {
        arm.arm.name: max(
            _highest(record, names)
            for records in arm.records.values()
            for record in records
        )
        for arm in result.arms
    }
    # An arm without a finite loss has no place on the axis.
    tops = {name: top for name, top in tops.items() if top > 0}
    lowest = min(_lowest(record, names) for record in _records(result))
    if lowest <= 0 or not tops:
        return
    for panel in row:
        panel.set_yscale("log")
    ordered = sorted(tops.values())
    limit = APART * ordered[(len(ordered) - 1) // 2]
    away = {name: top for name, top in tops.items() if top > limit}
    if away:
        high = max(top for name, top in tops.items() if name not in away)
        for panel in row:
            panel.set_ylim(None, high * ABOVE)
        listed = ", ".join(
            f"{shown(name)} up to {top:.0e}" for name, top in away.items()
        )
        row[0].set_title(f"{row[0].get_title()}; off the axis: {listed}")


def _highest(record: Record, names: list[str]) -> float:
    values = _finite(record, names)
    return float(values.max(initial=0.0))


def _lowest(record: Record, names: list[str]) -> float:
    values = _finite(record, names)
    return float(values.min(initial=np.inf))


def _finite(record: Record, names: list[str]) -> Curve:
    found = [record.epochs[name] for name in names if name in record.epochs]
    values = np.concatenate([np.empty(0), *found]).astype(float)
    return np.asarray(values[np.isfinite(values)])
