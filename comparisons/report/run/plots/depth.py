"""Plots over the layers: activations, gradients and dead units."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layers.activations import Activation
from framework_parity.common.spec.plots import (
    DeadShares,
    LayerVariances,
    SampleGradients,
)
from framework_parity.common.training.record import Curve, Record
from framework_parity.comparisons.report.style import (
    ABREAST,
    COLOURS,
    SCREEN,
    WIDTHS,
    arm_colours,
    arm_legend,
    groups,
    legend,
    line,
    look,
    shown,
    use_log_scale,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS

# Number of bars of a histogram, an odd number so that one is around 0; the
# share of the height of its row, and the share of the gradients in the axis.
BARS, HEIGHT, INSIDE = 61, 0.8, 0.98

# In inches: the height of the ridge of a kernel.
RIDGE = 0.55

# Share of dead units from which an arm is left out of the axis.
MOSTLY_DEAD = 0.8


def layer_variances(result: Result, spec: LayerVariances) -> Figure:
    """Draw mean squares of activations and gradients, all arms in a panel.

    Args:
        result: of the experiment.
        spec: has no fields.
    """
    measures = (activation_squares, gradient_squares)
    colours = arm_colours(arm.arm.name for arm in result.arms)
    figure = Figure(figsize=(10.0, 3.3), layout="constrained")
    axes = figure.subplots(1, len(measures), squeeze=False)[0]
    for panel, measure in zip(axes, measures, strict=True):
        zeros = []
        deepest = 1
        for arm in result.arms:
            for backend, records in arm.records.items():
                squares = measure(arm.trained(backend), records[0])
                deepest = max(deepest, len(squares))
                # A value of 0 cannot be drawn on a logarithmic axis.
                drawn = np.where(squares > 0, squares, np.nan)
                panel.plot(
                    np.arange(1, len(squares) + 1),
                    drawn,
                    marker="o",
                    markersize=2 + WIDTHS[backend] / 2,
                    **look(backend, colours[arm.arm.name]),
                )
            if not squares.any():
                zeros.append(shown(arm.arm.name))
        use_log_scale(panel)
        panel.margins(y=0.2)
        low, high = panel.get_ylim()
        if high < 10 * low:
            # A shorter axis would magnify rounding errors.
            panel.set_ylim(low / 3, high * 3)
        panel.set_xlim(0.5, deepest + 0.5)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        if zeros:
            text = f"exactly 0, not drawn: {', '.join(zeros)}"
            panel.set_title(text, size=8)
    axes[0].set_xlabel("activation, from the input on")
    axes[0].set_ylabel("mean square of the activations")
    axes[1].set_xlabel("kernel, from the input on")
    axes[1].set_ylabel("mean square of the gradient")
    legend(figure, arm_legend(colours, result.backends))
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
    """Draw the share of dead units, by activations and by weights.

    All arms are in one panel. Its axis ends above the arms that are not
    nearly all dead, so that small shares can be compared; a line below
    names the arms above it.

    Args:
        result: of the experiment.
        spec: has no fields.
    """
    colours = arm_colours(arm.arm.name for arm in result.arms)
    figure = Figure(figsize=(10.0, 3.3), layout="constrained")
    axes = figure.subplots(1, 2, squeeze=False, sharey=True, sharex=True)[0]
    tops: dict[str, float] = {}
    without = []
    for panel, by_weights in zip(axes, (False, True), strict=True):
        for arm in result.arms:
            name = arm.arm.name
            for backend, records in arm.records.items():
                epochs, share = dead(records[0], by_weights=by_weights)
                panel.plot(
                    epochs,
                    share,
                    marker="o" if len(share) == 1 else None,
                    **look(backend, colours[name]),
                )
                if not by_weights and not len(share):
                    without.append(shown(name))
                top = share.max(initial=0.0)
                tops[name] = max(tops.get(name, 0.0), float(top))
        panel.set_xlabel("epoch")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set_title("by the activations")
    axes[1].set_title("by the signs of the weights alone")
    axes[0].set_ylabel("share of dead units")
    below = [top for top in tops.values() if top < MOSTLY_DEAD]
    high = max(below, default=1.0) or 1.0
    axes[0].set_ylim(-0.04 * high, 1.15 * high)
    notes = [
        f"{shown(name)}: {top:.2f}"
        for name, top in tops.items()
        if top > 1.15 * high
    ]
    listed = [f"above the axis, {'; '.join(notes)}"] if notes else []
    if without:
        listed.append(f"without ReLU: {', '.join(dict.fromkeys(without))}")
    if listed:
        figure.supxlabel("; ".join(listed), size=9)
    legend(figure, arm_legend(colours, result.backends))
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


def sample_gradients(result: Result, spec: SampleGradients) -> list[Figure]:
    """Draw histograms of the gradients, a row of panels for each epoch.

    The axis of a row is linear and the same for all arms, so that a ridge is
    as broad as its gradients are large. Exact zeros, of units that are off,
    are not in the histogram; their share is written beside it, with the
    standard deviation of all gradients.

    Args:
        result: of the experiment.
        spec: has no fields.

    Returns:
        Figures of at most `ABREAST` arms.
    """
    return [
        _sample_gradients(result, arms)
        for arms in groups(result.arms, ABREAST)
    ]


def _sample_gradients(result: Result, arms: Sequence[ArmResult]) -> Figure:
    first = result.backends[0]
    looks = max(len(_epochs(arm.records[first][0])) for arm in arms)
    kernels = max(len(_kernels(arm.records[first][0])) for arm in arms)
    height = min(RIDGE * kernels + 0.6, (SCREEN - 0.6) / looks)
    figure = Figure(
        figsize=(max(3.4 * len(arms) + 0.3, 5.2), height * looks + 0.5),
        layout="constrained",
    )
    axes = figure.subplots(looks, len(arms), squeeze=False)
    for row in range(looks):
        records = [arm.records[b][0] for arm in arms for b in result.backends]
        edges = _edges([_kernels(record) for record in records], row)
        for column, arm in enumerate(arms):
            panel = axes[row][column]
            of_first = arm.records[first][0]
            if row >= len(_epochs(of_first)):
                panel.set_axis_off()
                continue
            for backend, runs in arm.records.items():
                _ridges(panel, runs[0], row, edges, backend)
            _notes(panel, of_first, row)
            panel.set_xlim(edges[0], edges[-1])
            panel.ticklabel_format(axis="x", scilimits=(-2, 3))
            if row == 0:
                panel.set_title(shown(arm.arm.name))
            if row == looks - 1:
                panel.set_xlabel("a sample's gradient by one weight")
            epoch = int(_epochs(of_first)[row])
            panel.set_ylabel(f"epoch {epoch:,}")
    legend(figure, _frameworks(result))
    return figure


def _ridges(
    panel: Axes, record: Record, look: int, edges: Curve, backend: str
) -> None:
    """Draw a histogram for each kernel, the first layer's at the top.

    The height is the share of the gradients other than 0 that are in a bar,
    relative to that of the highest bar; the outermost bars also have what is
    beyond them.
    """
    kernels = _kernels(record)
    for level, looks in enumerate(reversed(kernels.values())):
        values = looks[look].ravel().astype(float)
        values = values[np.isfinite(values) & (values != 0)]
        counts, _ = np.histogram(np.clip(values, *edges[[0, -1]]), edges)
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
    panel.set_yticks(np.arange(len(names)), map(shown, names))
    panel.set_ylim(-0.05, len(names))


def _notes(panel: Axes, record: Record, look: int) -> None:
    """Write the spread and the share of exact zeros beside each ridge."""
    for level, looks in enumerate(reversed(_kernels(record).values())):
        panel.text(
            *(0.99, level + 0.6, spread_and_zeros(looks[look])),
            ha="right",
            size=7.5,
            transform=panel.get_yaxis_transform(),
            bbox={"facecolor": "white", "alpha": 0.7, "lw": 0, "pad": 0.5},
        )


def spread_and_zeros(gradients: Curve) -> str:
    """Return the standard deviation and the share of exact zeros, as text.

    Args:
        gradients: of any shape.

    >>> spread_and_zeros(np.array([0.0, 0.0, 3.0, -3.0]))
    'spread 2.1\\n50 % exactly 0'
    """
    values = gradients.astype(float)
    if not np.isfinite(values).all():
        return "not finite"
    spread = f"spread {np.std(values):.2g}"
    zeros = float((values == 0).mean())
    if zeros == 0:
        return spread
    share = f"{zeros:.0%}" if zeros >= 0.01 else "< 1%"
    return f"{spread}\n{share.replace('%', ' %')} exactly 0"


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


def _edges(seen: list[dict[str, Curve]], look: int) -> Curve:
    """Return the edges of all bars of a row: equally wide, symmetric to 0.

    They contain the share `INSIDE` of the gradients of the widest kernel.
    """
    reach = 0.0
    for kernels in seen:
        for looks in kernels.values():
            if look < len(looks):
                values = np.abs(looks[look].astype(float))
                values = values[np.isfinite(values) & (values != 0)]
                if values.size:
                    reach = max(reach, float(np.quantile(values, INSIDE)))
    return np.linspace(-1, 1, BARS + 1) * (reach or 1.0)


def _frameworks(result: Result) -> list[Any]:
    return [line(LABELS[b], COLOURS[b], WIDTHS[b]) for b in result.backends]
