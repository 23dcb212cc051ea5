"""Plots of a lesson's own pictures: hidden layers, and products of slopes."""

from collections import Counter
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from framework_parity.common.metrics.probes import (
    activated,
    labels_of,
    viewed,
)
from framework_parity.common.metrics.registry import Run, activations
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.lesson_plots import (
    GradientProduct,
    HiddenSpace,
    SimulatedProduct,
    activated_layers,
)
from framework_parity.common.training.record import Curve, Record
from framework_parity.comparisons.report.run.plots.planes import (
    class_legend,
    class_names,
    scatter,
    shade,
)
from framework_parity.comparisons.report.style import (
    arm_colours,
    arm_legend,
    groups,
    legend,
    look,
    panels,
    show_text,
    shown,
    single,
    use_log_scale,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS

# Points of the shaded plane on each side, and its margin around the samples
# as a share of their range.
SIDE, MARGIN = 81, 0.15

# Maximum number of arms in a figure of planes.
ROWS = 2


def hidden_space(result: Result, spec: HiddenSpace) -> list[Figure]:
    """Draw the samples in the space of the last hidden layer.

    Args:
        result: of the experiment.
        spec: names the arms.

    Returns:
        Figures with a row for each arm: the input, where it has two numbers,
        and the hidden layer of each framework.
    """
    arms = [a for a in result.arms if a.arm.name in (spec.of or [a.arm.name])]
    return [_hidden_spaces(result, group) for group in groups(arms, ROWS)]


def _hidden_spaces(result: Result, arms: Any) -> Figure:
    plane = arms[0].arm.data.source.shape == (2,)
    columns = len(result.backends) + plane
    figure, axes = panels(columns, len(arms), square=True)
    for row, arm in zip(axes, arms, strict=True):
        labels = labels_of(arm.arm)
        count = len(class_names(arm.arm))
        if plane:
            inputs = Run(arm.arm, arm.records[result.backends[0]][0])
            scatter(row[0], viewed(inputs, "input"), labels)
            row[0].set_title(f"{shown(arm.arm.name)}: input")
            row[0].set_xlabel("first input")
            row[0].set_ylabel("second input")
        for panel, backend in zip(row[plane:], result.backends, strict=True):
            panel.set_title(f"{LABELS[backend]}: hidden layer")
            _hidden(panel, arm, backend, labels, count)
    legend(figure, class_legend(arms[0].arm, undecided=True))
    return figure


def _hidden(
    panel: Axes, arm: ArmResult, backend: str, labels: Curve, count: int
) -> None:
    """Draw one framework's hidden layer, and shade the decision in it."""
    trained, record = arm.trained(backend), arm.records[backend][0]
    run = Run(trained, record)
    hidden = viewed(run, trained.nodes[-2].name)
    end = trained.nodes[-1].name
    kernel = record.weights[f"{end}/kernel"].astype(float)
    bias = record.weights[f"{end}/bias"].astype(float)
    if not (np.isfinite(hidden).all() and np.isfinite(kernel).all()):
        show_text(panel, "diverged")
        return
    centre, axes, names = _axes(hidden, kernel, panel)
    points = (hidden - centre) @ axes.T
    low, high = points.min(0), points.max(0)
    margin = MARGIN * np.maximum(high - low, 1e-9)
    sides = np.linspace(low - margin, high + margin, SIDE)
    first, second = np.meshgrid(sides[:, 0], sides[:, 1])
    mesh = np.stack([first.ravel(), second.ravel()], axis=1)
    logits = (centre + mesh @ axes) @ kernel + bias
    shade(
        panel,
        trained.recipe.loss.prediction().value(logits),
        (*sides[[0, -1], 0], *sides[[0, -1], 1]),
        count,
    )
    scatter(panel, points, labels)
    panel.set_xlabel(names[0])
    panel.set_ylabel(names[1])


def _axes(
    hidden: Curve, kernel: Curve, panel: Axes
) -> tuple[Curve, Curve, tuple[str, str]]:
    """Return an origin, two orthonormal directions and their names.

    The network's decision depends on the position in the plane that they
    span: two units span all of their space; of more units, the first
    direction is that of the weights of the only output.
    """
    if hidden.shape[1] == 2:
        return np.zeros(2), np.eye(2), ("first unit", "second unit")
    norm = np.linalg.norm(kernel)
    if norm == 0 or hidden.shape[1] == 1:
        across = np.eye(1, hidden.shape[1])[0]
    else:
        across = kernel[:, 0] / norm
    centre = hidden.mean(0)
    rest = (hidden - centre) - np.outer((hidden - centre) @ across, across)
    up = np.linalg.svd(rest, full_matrices=False)[2][0]
    # An eigenvector's sign is arbitrary; both frameworks get the same one.
    up *= np.sign(up[np.abs(up).argmax()])
    names = "along the output's weights", "largest variance across"
    return centre, np.stack([across, up]), names


def gradient_product(result: Result, spec: GradientProduct) -> Figure:
    """Draw the mean product of slopes over the layers, on a log axis.

    Args:
        result: of the experiment.
        spec: names the arms.
    """
    arms = [a for a in result.arms if a.arm.name in (spec.of or [a.arm.name])]
    colours = arm_colours(arm.arm.name for arm in arms)
    figure, panel = single()
    zeros: list[str] = []
    for arm in arms:
        for backend, records in arm.records.items():
            products = [
                slope_products(arm.trained(backend), record)
                for record in records
            ]
            _product(
                panel,
                np.mean(products, axis=0),
                arm.arm.name,
                zeros,
                look(backend, colours[arm.arm.name]),
            )
    _product_axes(panel, zeros)
    legend(figure, arm_legend(colours, result.backends))
    return figure


def simulated_product(result: Result, spec: SimulatedProduct) -> Figure:
    """Draw the mean product of slopes at independent inputs, on a log axis.

    Args:
        result: of the experiment.
        spec: names the arm.
    """
    arm = next(a for a in result.arms if a.arm.name == spec.arm)
    # A name without its number, unless that is the name of two.
    shortened = {n: n.rpartition("_")[0] for n in activations(arm.arm)}
    counts = Counter(shortened.values())
    names = {n: s if counts[s] == 1 else n for n, s in shortened.items()}
    colours = arm_colours(names.values())
    figure, panel = single()
    zeros: list[str] = []
    for name, short in names.items():
        for backend, records in arm.records.items():
            means = [
                simulated_products(
                    Run(arm.trained(backend), record), name, spec.layers
                )
                for record in records
            ]
            _product(
                panel,
                np.mean(means, axis=0),
                short,
                zeros,
                look(backend, colours[short]),
            )
    _product_axes(panel, zeros)
    panel.set_xlabel("number of layers")
    legend(figure, arm_legend(colours, result.backends))
    return figure


def simulated_products(run: Run, activation: str, layers: int) -> Curve:
    """Return the mean product of slopes over the layers of a simulation.

    Args:
        run: the run.
        activation: the name of the activation.
        layers: the number of layers.

    Returns:
        Shape (layers + 1,): 1 for no layer, then the mean over the
        simulations of the product of the first slopes.
    """
    slopes = activated(run, activation)[2].astype(float)
    rows = slopes[: len(slopes) // layers * layers].reshape(-1, layers)
    return np.concatenate([[1.0], rows.cumprod(axis=1).mean(0)])


def _product(
    panel: Axes, mean: Curve, name: str, zeros: list[str], style: Any
) -> None:
    """Draw a product over the layers, and note where it becomes 0."""
    if not mean.all():
        zeros.append(f"{shown(name)} from {mean.argmin()} on")
    # A product of 0 cannot be drawn on a logarithmic axis.
    drawn = np.where(mean > 0, mean, np.nan)
    panel.plot(np.arange(len(mean)), drawn, marker=".", **style)


def _product_axes(panel: Axes, zeros: list[str]) -> None:
    use_log_scale(panel)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set_xlabel("number of layers, counted from the output")
    panel.set_ylabel("mean product of the slopes")
    if zeros:
        listed = "; ".join(dict.fromkeys(zeros))
        panel.set_title(f"exactly 0, not drawn: {listed}", size=8)


def slope_products(arm: Arm, record: Record) -> Curve:
    """Return the mean product of slopes, from the last layer back.

    Args:
        arm: the arm, as the framework trained it.
        record: of one run, with the probe `representations`.

    Returns:
        Shape (activations + 1,): 1 for no layer, the mean over the samples
        and units of the last activation's slope, and so on back to the
        first activation.
    """
    layers: Any = activated_layers(arm)
    slopes = []
    for before, after in layers:
        entered = record.probes[f"representations/{before.name}"][0]
        slopes.append(after.layer.derivative(entered.astype(float)))
    products = np.cumprod(np.stack(slopes[::-1]), axis=0)
    means = products.reshape(len(products), -1).mean(1)
    return np.concatenate([[1.0], means])
