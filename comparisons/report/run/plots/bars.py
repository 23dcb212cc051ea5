"""Plots of one number for each arm."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from framework_parity.common.spec.plots import Bars, LayerBars
from framework_parity.common.training.record import Curve
from framework_parity.comparisons.report.style import (
    COLOURS,
    SCREEN,
    legend,
    shown,
    single,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS

# Height of the row of an arm in inches, and a bar's share of it.
ROW, SHARE = 0.45, 0.38


def bars(result: Result, spec: Bars) -> Figure:
    """Draw a row for each arm: bars for frameworks, dots for seeds.

    Args:
        result: of the experiment.
        spec: the statistic, the arms, and whether the axis is logarithmic.
    """
    arms = [a for a in result.arms if a.arm.name in (spec.of or [a.arm.name])]
    figure, panel = single(5.3, _height(len(arms)))
    handles = []
    for side, backend in enumerate(result.backends):
        rows = np.arange(len(arms)) + (side - 0.5) * SHARE
        values = [arm.measured(backend, spec.asked) for arm in arms]
        means = [np.mean(by_seed) for by_seed in values]
        handles.append(
            panel.barh(
                rows,
                np.nan_to_num(means, posinf=0.0),
                SHARE,
                color=COLOURS[backend],
                label=LABELS[backend],
            )
        )
        for row, by_seed in zip(rows, values, strict=True):
            finite = np.array(by_seed)[np.isfinite(by_seed)]
            panel.plot(
                finite,
                np.full(len(finite), row),
                "k.",
                markersize=3,
                alpha=0.6,
            )
            if len(finite) < len(by_seed):
                panel.text(
                    0.02,
                    row,
                    _not_shown(np.array(by_seed)),
                    va="center",
                    size=7,
                    transform=panel.get_yaxis_transform(),
                )
    if spec.log and panel.dataLim.xmax > 0:
        panel.set_xscale("log")
    panel.set_yticks(
        np.arange(len(arms)), [shown(arm.arm.name) for arm in arms]
    )
    panel.invert_yaxis()
    panel.set_xlabel(spec.words)
    legend(figure, handles)
    return figure


def _height(arms: int) -> float:
    """Return the height of a figure with a row for each arm, in inches."""
    return min(ROW * arms + 1.0, SCREEN)


def _not_shown(values: Curve) -> str:
    """Return in how many seeds the value is infinite or not a number."""
    counts = {
        "never": np.isinf(values).sum(),
        "diverged": np.isnan(values).sum(),
    }
    return ", ".join(
        f"{word} in {count} of {len(values)}"
        for word, count in counts.items()
        if count
    )


def layer_bars(result: Result, spec: LayerBars) -> Figure:
    """Draw the parameters of each arm and framework, stacked by layer.

    Args:
        result: of the experiment.
        spec: has no fields.
    """
    arms = result.arms
    figure, panel = single(8.0, _height(len(arms)))
    for side, backend in enumerate(result.backends):
        for row, arm in enumerate(arms):
            counts = _layers(arm, backend)
            ends = np.cumsum(list(counts.values()))
            panel.barh(
                row + (side - 0.5) * SHARE,
                list(counts.values()),
                SHARE,
                left=ends - list(counts.values()),
                color=COLOURS[backend],
                edgecolor="white",
            )
            panel.text(
                ends[-1],
                row + (side - 0.5) * SHARE,
                f" {ends[-1]:,}",
                va="center",
                size=8,
            )
    panel.set_yticks(
        np.arange(len(arms)), [shown(arm.arm.name) for arm in arms]
    )
    panel.invert_yaxis()
    panel.margins(x=0.12)
    panel.xaxis.set_major_formatter("{x:,.0f}")
    panel.set_xlabel("parameters")
    legend(
        figure,
        [Patch(color=COLOURS[b], label=LABELS[b]) for b in result.backends],
    )
    return figure


def _layers(arm: ArmResult, backend: str) -> dict[str, int]:
    """Return the number of parameters of each layer of the trained model."""
    record, counts = arm.records[backend][0], dict[str, int]()
    for name in record.parameters:
        layer = name.rpartition("/")[0]
        counts[layer] = counts.get(layer, 0) + record.weights[name].size
    return counts
