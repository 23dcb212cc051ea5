"""Pictures of the data before training."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from framework_parity.common.data.spec import Data, Part
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.losses import class_labels
from framework_parity.comparisons.report.run.plots.fits import truth_of
from framework_parity.comparisons.report.run.plots.planes import (
    class_legend,
    class_names,
    scatter,
)
from framework_parity.comparisons.report.style import (
    GREY,
    legend,
    line,
    panels,
    shown,
)
from framework_parity.comparisons.run.result import Result

# Maximum number of data sets that are drawn, and of images in a row.
MOST, IMAGES = 3, 10

# In inches: the side of an image.
IMAGE = 0.9

# Maximum number of points in the plane.
POINTS = 1000


def data_sets(result: Result) -> list[tuple[str, Arm]]:
    """Return the data sets that can be drawn, each with an arm's names.

    Args:
        result: of the experiment.

    Returns:
        For each of at most `MOST` different data sets, the names of the arms
        that are trained on it ("" if all are), and the first of them.
    """
    known: list[tuple[Data, list[Arm]]] = []
    for arm in result.arms:
        same = [arms for data, arms in known if data == arm.arm.data]
        if same:
            same[0].append(arm.arm)
        else:
            known.append((arm.arm.data, [arm.arm]))
    several = len(known) > 1
    return [
        (", ".join(shown(a.name) for a in arms) if several else "", arms[0])
        for data, arms in known
        if _kind(data)
    ][:MOST]


def _kind(data: Data) -> str:
    """Return how a data set is drawn: "" if it is not."""
    source = data.source
    if source.kind() == "points":
        return ""
    if data.target == "inputs":
        return ""
    if source.class_count is not None:
        if source.shape == (2,):
            return "plane"
        square = len(source.shape) == 3 and source.shape[-1] in (1, 3)
        return "images" if square else ""
    return "curve" if source.shape == (1,) else ""


def data_caption(result: Result) -> str:
    """Return the caption: what is drawn, and the size of each part."""
    sizes = {str(arm.data.part_sizes()) for _, arm in data_sets(result)}
    counts = ""
    if len(sizes) == 1:
        parts = data_sets(result)[0][1].data.part_sizes()
        words = {"train": "training", "validation": "validation"}
        listed = ", ".join(
            f"{counted(number, f'{words.get(part, part)} sample')}"
            for part, number in parts.items()
            if number
        )
        counts = f": {listed}"
    kinds = {_kind(arm.data) for _, arm in data_sets(result)}
    what = (
        "the first images of each class"
        if kinds == {"images"}
        else ("the training samples")
    )
    return f"The data before training{counts}. Drawn: {what}"


def data(result: Result) -> Figure:
    """Draw the data sets of an experiment before training.

    Args:
        result: of an experiment with data that can be drawn; see
            `data_sets`.
    """
    sets = data_sets(result)
    kinds = [_kind(arm.data) for _, arm in sets]
    if kinds[0] == "images":
        return _images(sets[0][1])
    figure, axes = panels(len(sets), 1, square=kinds[0] == "plane")
    for panel, (names, arm), kind in zip(axes[0], sets, kinds, strict=True):
        train = arm.data.parts(arm.recipe.loss)["train"]
        unit = "" if arm.data.scaling == "none" else ", scaled"
        if kind == "plane":
            part = train.some(min(POINTS, len(train)))
            scatter(panel, part.x, class_labels(part.y))
            panel.set_xlabel(f"first input{unit}")
            panel.set_ylabel(f"second input{unit}")
        elif kind == "curve":
            _curve(panel, arm, train)
            panel.set_xlabel(f"input{unit}")
            panel.set_ylabel("target")
        else:
            panel.set_axis_off()
        panel.set_title(names, size=9)
    handles = [line("training sample", GREY, 0, marker=".")]
    if kinds[0] == "plane":
        handles = class_legend(sets[0][1])
    elif hasattr(sets[0][1].data.source, "noise"):
        handles.append(line("function without noise", "black", 1.5, ":"))
    legend(figure, handles)
    return figure


def _curve(panel: Axes, arm: Arm, train: Part) -> None:
    """Draw the training samples, and the function without noise."""
    panel.plot(train.x[:, 0], train.y[:, 0], ".", color=GREY, markersize=4)
    if hasattr(arm.data.source, "noise"):
        panel.plot(*truth_of(arm.data, arm.recipe.loss), ":", color="black")


def _images(arm: Arm) -> Figure:
    """Draw the first training images of each class, a column a class."""
    train = arm.data.parts(arm.recipe.loss)["train"]
    labels, names = class_labels(train.y), class_names(arm)
    columns = min(len(names), IMAGES)
    rows = max(1, min(2, len(train) // max(columns, 1)))
    figure = Figure(
        figsize=(IMAGE * columns, IMAGE * rows + 0.3), layout="constrained"
    )
    axes: Any = figure.subplots(rows, columns, squeeze=False)
    images = train.x.astype(float)
    low, high = images.min(), images.max()
    images = (images - low) / (high - low or 1.0)
    for column in range(columns):
        for row, sample in enumerate(np.flatnonzero(labels == column)[:rows]):
            image = images[sample]
            plane = image[..., 0] if image.shape[-1] == 1 else image
            axes[row][column].imshow(plane, cmap="Greys", vmin=0, vmax=1)
        axes[0][column].set_title(names[column], size=8)
    for panel in axes.flat:
        panel.set_axis_off()
    return figure
