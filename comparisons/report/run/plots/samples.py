"""Plots of samples: embeddings, confusion matrices and mistakes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from framework_parity.common.metrics.probes import (
    labels_of,
    nearest_mean,
    separability,
    viewed,
)
from framework_parity.common.metrics.registry import Run, views
from framework_parity.common.spec.plots import Confusion, Embeddings, Mistakes
from framework_parity.common.training.record import Curve
from framework_parity.comparisons.report.run.plots.planes import (
    class_legend,
    class_look,
    class_names,
)
from framework_parity.comparisons.report.style import (
    LEGEND_LINE,
    groups,
    legend,
    show_text,
    shown,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS

# In inches: the sides of a panel of points, of a cell of a matrix and of an
# image; and the padding above and below a panel.
SIDE, CELL, IMAGE = 2.2, 0.27, 0.85
PAD = 0.08
WORST = 8

# Maximum number of arms, and of views of an arm, in a figure.
ARMS, VIEWS = 3, 4

# Perplexity of t-SNE: scikit-learn's default, reduced if there are few
# samples.
PERPLEXITY = 30.0


def embeddings(result: Result, spec: Embeddings) -> list[Figure]:
    """Draw t-SNE embeddings of the layers' outputs.

    Args:
        result: of the experiment.
        spec: has no fields.

    Returns:
        Figures of one arm and at most `VIEWS` views, with a row for each
        framework and a column for each view.
    """
    return [
        _embeddings(result, arm, some)
        for arm in result.arms
        for some in groups(views(arm.arm), VIEWS)
    ]


def _embeddings(result: Result, arm: ArmResult, some: Sequence[str]) -> Figure:
    backends = result.backends
    figure, axes = _grid(len(backends), len(some), SIDE, SIDE)
    labels = labels_of(arm.arm)
    for column, view in enumerate(some):
        runs = [Run(arm.trained(b), arm.records[b][0]) for b in backends]
        seen = [viewed(run, view) for run in runs]
        for panel in axes[:, column]:
            panel.set_axis_on()
        if all(np.isfinite(outputs).all() for outputs in seen):
            embedded = zip(axes[:, column], runs, _laid_out(seen), strict=True)
            for panel, run, points in embedded:
                _scatter(panel, points, labels)
                _measure(panel, run, view)
        else:
            for panel in axes[:, column]:
                show_text(panel, "diverged")
        title = shown(view)
        if len(result.arms) > 1:
            title = f"{shown(arm.arm.name)}: {title}"
        axes[0, column].set_title(title)
    for panel, backend in zip(axes[:, 0], backends, strict=True):
        panel.set_ylabel(LABELS[backend])
    legend(figure, class_legend(arm.arm))
    return figure


def _scatter(panel: Axes, points: Curve, labels: Curve) -> None:
    """Draw points with the colours and markers of their classes."""
    for label in np.unique(labels):
        colour, marker = class_look(int(label))
        members = points[labels == label]
        panel.plot(*members.T, marker, color=colour, markersize=2.5, mew=0)


def _measure(panel: Axes, run: Run, view: str) -> None:
    """Write below a panel how well the classes are separated there."""
    share, right = separability(run, view), nearest_mean(run, view)
    panel.set_xlabel(
        f"separability {share:.2f}, nearest mean {right:.2f}", size=7
    )


def _laid_out(seen: list[Curve]) -> list[Curve]:
    """Return points in the plane for the samples of each framework.

    Outputs that are equal in all frameworks, such as the input, are embedded
    once.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    equal = all(np.array_equal(seen[0], outputs) for outputs in seen)
    samples = seen[0] if equal else np.concatenate(seen)
    perplexity = min(PERPLEXITY, (len(samples) - 1) / 3)
    tsne = TSNE(perplexity=perplexity, random_state=0)
    # With few samples, several threads take ten times as long as one.
    with threadpool_limits(1):
        points = tsne.fit_transform(samples)
    return [points] * len(seen) if equal else np.split(points, len(seen))


def confusion(result: Result, spec: Confusion) -> list[Figure]:
    """Draw a confusion matrix for each arm and framework.

    Args:
        result: of the experiment.
        spec: has no fields.

    Returns:
        Figures of at most `ARMS` arms; the rows of each matrix are the true
        classes.
    """
    return [_confusions(result, arms) for arms in groups(result.arms, ARMS)]


def _confusions(result: Result, arms: Sequence[ArmResult]) -> Figure:
    backends = result.backends
    number = max(len(class_names(arm.arm)) for arm in arms)
    side = CELL * number + 0.6
    figure, axes = _grid(len(backends), len(arms), side, side)
    for column, arm in enumerate(arms):
        labels = labels_of(arm.arm)
        for panel, backend in zip(axes[:, column], backends, strict=True):
            run = Run(arm.trained(backend), arm.records[backend][0])
            chosen = _probabilities(run).argmax(1)
            counts = np.zeros((number, number), int)
            np.add.at(counts, (labels, chosen), 1)
            shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
            panel.set_axis_on()
            panel.imshow(shares, cmap="Greys", vmin=0, vmax=1)
            for true, predicted in zip(*counts.nonzero(), strict=True):
                panel.text(
                    *(predicted, true, counts[true, predicted]),
                    ha="center",
                    va="center",
                    size=6,
                    color="white"
                    if shares[true, predicted] > 0.5
                    else "black",
                )
            names = class_names(arm.arm)
            long = max(map(len, names)) > 2
            rotation = "vertical" if long else "horizontal"
            panel.set_xticks(range(len(names)), names, rotation=rotation)
            panel.set_yticks(range(len(names)), names)
            panel.tick_params(length=0, labelsize=7)
            panel.set_xlabel("predicted class")
        axes[0, column].set_title(shown(arm.arm.name))
    for panel, backend in zip(axes[:, 0], backends, strict=True):
        panel.set_ylabel(f"{LABELS[backend]}\ntrue class")
    return figure


def mistakes(result: Result, spec: Mistakes) -> list[Figure]:
    """Draw misclassified images, a row for each arm and framework.

    Args:
        result: of the experiment.
        spec: has no fields.

    Returns:
        Figures of at most `ARMS` arms; the images are sorted by the
        probability of the true class, the lowest first.
    """
    return [_mistakes(result, arms) for arms in groups(result.arms, ARMS)]


def _mistakes(result: Result, arms: Sequence[ArmResult]) -> Figure:
    backends = result.backends
    figure, axes = _grid(len(arms) * len(backends), WORST, IMAGE, IMAGE + 0.2)
    for row, panels in enumerate(axes):
        arm = arms[row // len(backends)]
        backend = backends[row % len(backends)]
        run = Run(arm.trained(backend), arm.records[backend][0])
        labels = labels_of(arm.arm)
        probabilities = _probabilities(run)
        chosen = probabilities.argmax(1)
        wrong = np.flatnonzero(chosen != labels)
        order = probabilities[wrong, labels[wrong]].argsort(kind="stable")
        images, names = _shown(run), class_names(arm.arm)
        size = 8 if max(map(len, names)) <= 2 else 5
        for panel, sample in zip(panels, wrong[order], strict=False):
            panel.imshow(images[sample], cmap="Greys", vmin=0, vmax=1)
            true, predicted = names[labels[sample]], names[chosen[sample]]
            panel.set_title(f"{true} as {predicted}", size=size)
            panel.set_axis_on()
        # The first panel of a row has its label, even without a mistake.
        panels[0].set_axis_on()
        panels[0].set_ylabel(
            f"{shown(arm.arm.name)}\n{LABELS[backend]}", size=7
        )
        if not len(wrong):
            panels[0].set_title("none", size=8)
    return figure


def _probabilities(run: Run) -> Curve:
    """Return the class probabilities, of shape (samples, classes)."""
    logits = viewed(run, run.arm.nodes[-1].name)
    if logits.shape[1] == 1:
        # A sigmoid of z is the softmax of 0 and z.
        logits = np.hstack([np.zeros_like(logits), logits])
    exponentials = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(1, keepdims=True))


def _shown(run: Run) -> Curve:
    """Return the images with values from 0 to 1; grey ones as planes."""
    images = viewed(run, "input")
    low, high = images.min(), images.max()
    images = ((images - low) / (high - low)).reshape(
        -1, *run.arm.data.source.shape
    )
    return np.asarray(images[..., 0] if images.shape[-1] == 1 else images)


def _grid(
    rows: int, columns: int, width: float, height: float
) -> tuple[Figure, Any]:
    """Return a figure with a grid of invisible panels without ticks."""
    figure = Figure(
        figsize=(width * columns + 0.6, height * rows + 2 * LEGEND_LINE),
        layout="constrained",
    )
    engine: Any = figure.get_layout_engine()
    engine.set(h_pad=PAD)
    axes = figure.subplots(rows, columns, squeeze=False)
    for panel in axes.flat:
        panel.set_xticks([])
        panel.set_yticks([])
        panel.set_axis_off()
    return figure, axes
