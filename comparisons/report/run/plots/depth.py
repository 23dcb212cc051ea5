"""Plots over the layers: activations, gradients and dead units."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layers.activations import Activation
from framework_parity.common.spec.plots import (
    DeadShares,
    LayerVariances,
    SampleGradients,
)
from framework_parity.common.training.record import Curve, Record
from framework_parity.comparisons.report.style import (
    COLOURS,
    GREY,
    WIDTHS,
    legend,
    line,
    panels,
    share_range,
    show_text,
)
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.worker import LABELS

# Number of decades of the gradients' size that are drawn below the largest.
DECADES = 12

# Number of bars of a histogram, and its share of the height of its row.
BARS, HEIGHT = 60, 0.8


def layer_variances(result: Result, spec: LayerVariances) -> Figure:
    """Draw mean squares of activations and gradients, a column for each arm.

    Args:
        result: of the experiment.
        spec: has no fields.
    """
    rows = (activation_squares, gradient_squares)
    figure, axes = panels(len(result.arms), len(rows))
    for row, measure in zip(axes, rows, strict=True):
        for panel, arm in zip(row, result.arms, strict=True):
            for backend, records in arm.records.items():
                squares = measure(arm.trained(backend), records[0])
                # A value of 0 cannot be drawn on a logarithmic axis.
                shown = np.where(squares > 0, squares, np.nan)
                panel.plot(
                    np.arange(1, len(squares) + 1),
                    shown,
                    marker="o",
                    markersize=2 + WIDTHS[backend],
                    color=COLOURS[backend],
                    linewidth=WIDTHS[backend],
                )
            if not squares.any():
                show_text(panel, "all are 0")
            panel.set_yscale("log")
            panel.margins(y=0.5)
            low, high = panel.get_ylim()
            if high < 10 * low:
                # A shorter axis would magnify rounding errors.
                panel.set_ylim(low / 3, high * 3)
            panel.set_xlim(0.5, len(squares) + 0.5)
            panel.set_xticks(
                np.arange(1, len(squares) + 1, max(1, len(squares) // 5))
            )
        share_range(row)
    for panel, arm in zip(axes[0], result.arms, strict=True):
        panel.set_title(arm.arm.name)
        panel.set_xlabel("activation, from the input on")
    for panel in axes[1]:
        panel.set_xlabel("kernel, from the input on")
    axes[0][0].set_ylabel("activations, mean square")
    axes[1][0].set_ylabel("gradient, mean square")
    legend(figure, _frameworks(result))
    return figure


def activation_squares(arm: Arm, record: Record) -> Curve:
    """Return the mean square of each activation's first outputs.

    Args:
        arm: the arm, as the framework trained it.
        record: of one run, with the probe `representations`.

    Returns:
        Shape (activations,), from the input on.
    """
    looks = [
        record.probes.get(f"representations/{node.name}")
        for node in arm.all_nodes
        if isinstance(node.layer, Activation)
    ]
    return np.array(
        [
            (look[0].astype(float) ** 2).mean()
            for look in looks
            if look is not None
        ]
    )


def gradient_squares(arm: Arm, record: Record) -> Curve:
    """Return the mean square of the first gradient by each kernel.

    Args:
        arm: the arm, as the framework trained it; not used.
        record: of one run, with the probe `gradient_norm`.

    Returns:
        Shape (kernels,), from the input on.
    """
    first = dict(
        zip(record.parameters, record.steps["gradient_norm"][0], strict=True)
    )
    return np.array(
        [
            float(norm) ** 2 / record.weights[name].size
            for name, norm in first.items()
            if name.endswith("/kernel")
        ]
    )


def dead_shares(result: Result, spec: DeadShares) -> Figure:
    """Draw the share of dead units by activations, and dashed by weights.

    Args:
        result: of the experiment.
        spec: has no fields.
    """
    figure, axes = panels(len(result.arms), 1)
    for panel, arm in zip(axes[0], result.arms, strict=True):
        looks = 0
        for backend, records in arm.records.items():
            for style, by_weights in (("-", False), ("--", True)):
                epochs, share = dead(records[0], by_weights=by_weights)
                looks += len(share)
                panel.plot(
                    epochs,
                    share,
                    style,
                    color=COLOURS[backend],
                    linewidth=WIDTHS[backend],
                    marker="o" if len(share) == 1 else None,
                )
        if not looks:
            show_text(panel, "no ReLU")
            panel.set_xlim(0.5, arm.arm.recipe.epochs + 0.5)
        panel.set_title(arm.arm.name)
        panel.set_xlabel("epoch")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.set_ylim(-0.04, 1.04)
    axes[0][0].set_ylabel("share of dead units")
    handles = [
        line("by activations", GREY, 1.5),
        line("by weights alone", GREY, 1.5, "--"),
    ]
    legend(figure, [*_frameworks(result), *handles])
    return figure


def dead(record: Record, *, by_weights: bool) -> tuple[Curve, Curve]:
    """Return the share of dead units, averaged over the layers.

    Args:
        record: of one run, with the probe `dead_relu`.
        by_weights: whether units count as dead by the signs of their weights
            alone, instead of by their activations.

    Returns:
        The epochs of all measurements, and the share at each; both empty if
        there is no ReLU.
    """
    shares = [
        values
        for name, values in record.probes.items()
        if name.startswith("dead_relu/")
        and name != "dead_relu/epoch"
        and name.endswith("/by_weights") == by_weights
    ]
    if not shares:
        return np.empty(0), np.empty(0)
    return record.probes["dead_relu/epoch"], np.mean(shares, axis=0)


def sample_gradients(result: Result, spec: SampleGradients) -> Figure:
    """Draw histograms of the gradients, a row of panels for each epoch.

    Args:
        result: of the experiment.
        spec: has no fields.
    """
    first = result.backends[0]
    looks = max(len(_epochs(arm.records[first][0])) for arm in result.arms)
    figure, axes = panels(len(result.arms), looks)
    edges = _edges([_kernels(arm.records[first][0]) for arm in result.arms])
    for column, arm in enumerate(result.arms):
        for row, panel in enumerate(axes[:, column]):
            for backend, records in arm.records.items():
                _ridges(panel, records[0], row, edges, backend)
            panel.set_xscale("symlog", linthresh=_step(edges))
            panel.set_xlim(edges[0], edges[-1])
            panel.xaxis.set_minor_locator(NullLocator())
            panel.set_xticks(_ticks(edges))
            if row == 0:
                panel.set_title(arm.arm.name)
            if row == looks - 1:
                panel.set_xlabel("a sample's gradient by one weight")
            epoch = _epochs(arm.records[first][0])[row]
            panel.set_ylabel(f"epoch {int(epoch):,}")
    legend(figure, _frameworks(result))
    return figure


def _ridges(
    panel: Axes, record: Record, look: int, edges: Curve, backend: str
) -> None:
    """Draw a histogram for each kernel, the first layer's at the top."""
    kernels = _kernels(record)
    for level, looks in enumerate(reversed(kernels.values())):
        counts, _ = np.histogram(looks[look], edges)
        heights = level + HEIGHT * counts / max(counts.max(), 1)
        panel.stairs(
            heights,
            edges,
            baseline=level,
            fill=backend == "torch",
            color=COLOURS[backend],
            linewidth=WIDTHS["keras"],
        )
    names = [name.partition("/")[0] for name in reversed(kernels)]
    panel.set_yticks(np.arange(len(names)), names)
    panel.set_ylim(-0.05, len(names))


def _kernels(record: Record) -> dict[str, Curve]:
    """Return the gradients by kernel; the first axis is the epoch."""
    start = "per_sample_gradients/"
    return {
        name.removeprefix(start): looks
        for name, looks in record.probes.items()
        if name.startswith(start) and name.endswith("/kernel")
    }


def _epochs(record: Record) -> Curve:
    return record.probes["per_sample_gradients/epoch"]


def _edges(seen: list[dict[str, Curve]]) -> Curve:
    """Return the edges of all bars, spaced logarithmically on each side of 0.

    Each side reaches down to `DECADES` below the largest gradient, or to a
    decade below the smallest median of a kernel, whichever is larger. One bar
    between the sides has all smaller values.
    """
    sizes = [
        np.abs(looks[np.isfinite(looks) & (looks != 0)])
        for kernels in seen
        for looks in kernels.values()
    ]
    sizes = [values for values in sizes if values.size]
    if not sizes:
        return np.linspace(-1, 1, BARS + 1)
    high = np.ceil(np.log10(max(values.max() for values in sizes)))
    low = np.floor(np.log10(min(np.median(values) for values in sizes))) - 1
    side = np.logspace(max(low, high - DECADES), high, BARS // 2)
    return np.concatenate([-side[::-1], side])


def _step(edges: Curve) -> float:
    """Return where the axis turns linear: the innermost edge."""
    return float(np.abs(edges).min())


def _ticks(edges: Curve) -> list[float]:
    """Return two powers of ten on each side, and 0."""
    low, high = np.log10(_step(edges)), np.log10(edges[-1])
    powers = [10.0 ** round((low + high) / 2), 10.0 ** round(high)]
    return [*(-p for p in reversed(powers)), 0.0, *powers]


def _frameworks(result: Result) -> list[Any]:
    return [line(LABELS[b], COLOURS[b], WIDTHS[b]) for b in result.backends]
