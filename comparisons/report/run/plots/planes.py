"""Points of classes in a plane, and the decisions of a network there."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.losses import class_labels
from framework_parity.common.training import loop
from framework_parity.common.training.record import Curve
from framework_parity.comparisons.report.style import (
    CLASSES,
    groups,
    legend,
    line,
    panels,
    show_text,
    shown,
)
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS

MARKERS = ("o", "^", "s")

# Total area of the dots of all samples, in square points: the fewer samples,
# the larger the dots.
DOTS = 200

# Maximum length of a class's name, in characters.
LONGEST = 10

# Where the two largest probabilities differ by less, the network has no
# decision; and the colour of that region.
UNDECIDED, OPEN = 0.01, "#d9d9d9"

# Maximum number of arms beside each other.
COLUMNS = 3

# The opacity of a class's colour where its probability is 1.
OPAQUE = 0.55


def class_names(arm: Arm) -> list[str]:
    """Return a label for each class: its name, or its number."""
    source = arm.data.source
    names = source.class_names or range(source.class_count or 2)
    return [shortened(str(name)) for name in names]


def shortened(name: str) -> str:
    """Return a name that fits beside a picture.

    >>> shortened("versicolor"), shortened("a very long name")
    ('versicolor', 'a very lo…')
    """
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def class_look(label: int) -> tuple[str, str]:
    """Return a class's colour and marker, unique for up to 18 classes."""
    cycle, colour = divmod(label, len(CLASSES))
    return CLASSES[colour], MARKERS[cycle % len(MARKERS)]


def scatter(panel: Axes, points: Curve, labels: Curve) -> None:
    """Draw points with the colours and markers of their classes.

    Args:
        panel: the axes to draw in.
        points: shape (samples, 2).
        labels: the class of each, of shape (samples,).
    """
    area = max(6.0, DOTS / len(points))
    for label in np.unique(labels):
        colour, marker = class_look(int(label))
        across, up = points[labels == label].T
        panel.scatter(
            across,
            up,
            c=colour,
            marker=marker,
            s=area,
            edgecolors="black" if len(points) <= DOTS else "white",
            linewidths=0.6 if len(points) <= DOTS else 0.3,
            zorder=3,
        )


def shade(
    panel: Axes, probabilities: Curve, extent: Any, classes: int
) -> Curve:
    """Shade a square by the most probable class and its probability.

    The colour is the class's; it is stronger, the larger the lead over the
    second class. Where the two differ by less than `UNDECIDED`, it is grey.

    Args:
        panel: the axes to draw in.
        probabilities: shape (side * side, classes), or (side * side, 1) of
            the second of two classes; the first coordinate varies fastest.
        extent: left, right, bottom and top.
        classes: the number of classes.

    Returns:
        Whether each point is undecided, of shape (side, side).
    """
    values = np.asarray(probabilities, float)
    if values.shape[1] == 1:
        values = np.hstack([1 - values, values])
    side = round(len(values) ** 0.5)
    first, second = -np.sort(-values, axis=1)[:, :2].T
    lead = np.clip(first - second, 0.0, 1.0)
    colours = np.array(
        [to_rgb(class_look(label)[0]) for label in range(classes)]
    )[values.argmax(1)]
    # From a tenth of the full shade, so that a weak decision is visible.
    strength = OPAQUE * (0.2 + 0.8 * lead)[:, np.newaxis]
    image = 1 - strength * (1 - colours)
    undecided = first - second < UNDECIDED
    image[undecided] = to_rgb(OPEN)
    panel.imshow(
        image.reshape(side, side, 3),
        origin="lower",
        extent=extent,
        aspect="auto",
        interpolation="nearest",
    )
    grid = undecided.reshape(side, side)
    if grid.all():
        panel.text(
            *(0.5, 0.5, "undecided everywhere:\nequal probabilities"),
            ha="center",
            va="center",
            transform=panel.transAxes,
            zorder=4,
        )
    return np.asarray(grid)


def class_legend(arm: Arm, *, undecided: bool = False) -> list[Any]:
    """Return the entries of a legend of classes.

    Args:
        arm: an arm; its data have the classes.
        undecided: whether there is an entry for the undecided region.
    """
    names = class_names(arm)
    handles: list[Any] = []
    for label, name in enumerate(names):
        colour, marker = class_look(label)
        handles.append(line(f"class {name}", colour, 0, marker=marker))
    if undecided:
        handles.append(
            Patch(color=OPEN, label="undecided: equal probabilities")
        )
    return handles


def boundaries(result: Result) -> list[Figure]:
    """Draw the predictions over the plane, one row for each framework.

    Args:
        result: of the experiment; its data are classes in the plane.

    Returns:
        Figures of at most `COLUMNS` arms.
    """
    return [_boundaries(result, arms) for arms in groups(result.arms, COLUMNS)]


def _boundaries(result: Result, arms: Any) -> Figure:
    figure, axes = panels(len(arms), len(result.backends), square=True)
    undecided = False
    for column, arm in enumerate(arms):
        train = arm.arm.data.parts(arm.arm.recipe.loss)["train"]
        for row, backend in enumerate(result.backends):
            panel = axes[row][column]
            undecided |= _regions(panel, arm, backend, loop.grid(train.x))
            scatter(panel, train.x, class_labels(train.y))
            if row == 0:
                panel.set_title(shown(arm.arm.name))
            if row == len(result.backends) - 1:
                panel.set_xlabel("first input")
            if column == 0:
                panel.set_ylabel(f"{LABELS[backend]}\nsecond input")
    legend(figure, class_legend(arms[0].arm, undecided=undecided))
    return figure


def _regions(panel: Axes, arm: ArmResult, backend: str, points: Curve) -> bool:
    """Shade the plane; return whether a part of it is undecided."""
    grid = arm.records[backend][0].grid
    assert grid is not None
    if not np.isfinite(grid).all():
        show_text(panel, "diverged")
        return False
    classes = arm.arm.data.source.class_count or 2
    extent = (*points[[0, -1], 0], *points[[0, -1], 1])
    return bool(shade(panel, grid, extent, classes).any())
