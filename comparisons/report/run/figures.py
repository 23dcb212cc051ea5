"""Pictures of a result, as self-contained SVG text."""

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from framework_parity.common.data.image_cache import reading
from framework_parity.comparisons.report.run import plots as gallery
from framework_parity.comparisons.report.run.curves import (
    curves,
    curves_caption,
    has_curves,
)
from framework_parity.comparisons.report.run.data import (
    data,
    data_caption,
    data_sets,
)
from framework_parity.comparisons.report.run.difference_map import disagreement
from framework_parity.comparisons.report.run.differences import (
    differences,
    differences_caption,
    has_differences,
)
from framework_parity.comparisons.report.run.plots.planes import boundaries
from framework_parity.comparisons.report.style import (
    STYLE,
    ReportFigure,
    TextTable,
    svg,
)
from framework_parity.comparisons.run.result import Result

BOUNDARIES = (
    "The predicted class at each point of the input plane, first seed; the "
    "stronger the colour, the more certain"
)

# The pictures that show how well the frameworks agree, by name.
AGREEMENT = ("differences", "disagreement")


def pictures(result: Result) -> list[ReportFigure]:
    """Return all pictures that the result has data for.

    They are in the order of the report: the data, the experiment's own
    pictures, the decision boundaries, the curves, and the agreement.

    Args:
        result: of the experiment.
    """
    plots = result.experiment.plots
    with rc_context(STYLE), reading(result.settings.images):
        own = [
            _draw(result, name, spec)
            for name, spec in zip(_names(plots), plots, strict=True)
        ]
        before = [
            _figure("data", data_caption(result), [data(result)])
            for _ in data_sets(result)[:1]
        ]
        return before + own + _common(result)


def _common(result: Result) -> list[ReportFigure]:
    """Return the pictures that every experiment with their data has."""
    drawings: list[tuple[str, str, Callable[[Result], list[Figure]], bool]] = [
        (
            "boundaries",
            BOUNDARIES,
            boundaries,
            _has_boundaries(result),
        ),
        (
            "curves",
            curves_caption(result),
            lambda result: [curves(result)],
            has_curves(result),
        ),
        (
            "differences",
            differences_caption(result),
            differences,
            has_differences(result),
        ),
        (
            "disagreement",
            "Difference of the gradient norms, by tensor and step",
            disagreement,
            any(arm.ladder and arm.ladder.trajectory for arm in result.arms),
        ),
    ]
    return [
        _figure(name, caption, draw(result))
        for name, caption, draw, has_data in drawings
        if has_data
    ]


def _has_boundaries(result: Result) -> bool:
    """Return whether all arms classify points in the plane."""
    data_sets = [
        side.data
        for arm in result.arms
        for side in (arm.arm, *arm.sides.values())
    ]
    return all(
        data.source.shape == (2,) and data.class_count is not None
        for data in data_sets
    )


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
