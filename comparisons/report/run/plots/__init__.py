"""Functions for the plots of a specification, one for each kind.

Each takes a result and the plot's specification (`common/spec/plots.py`) and
returns a figure, several of them if there are too many arms for one, or a
table. PyTorch and Keras have the same look in all of them
(`comparisons/report/style.py`).
"""

from importlib import import_module
from typing import Any

from matplotlib.figure import Figure

from framework_parity.comparisons.report.style import TextTable
from framework_parity.comparisons.run.result import Result

MODULES = (
    *("bars", "steps", "tables", "functions", "valleys"),
    *("fits", "final_weights", "epochs", "maps", "samples"),
    *("depth", "lessons", "listings"),
)
"""The modules of this package that contain the functions."""


def draw(result: Result, picture: Any) -> list[Figure] | TextTable:
    """Draw one of the plots of a specification.

    Args:
        result: of the experiment.
        picture: the plot's specification; its kind is the function's name.

    Returns:
        Figures, of which the first shows the first arms, or a table.

    Raises:
        LookupError: if there is no function for the kind; the message names
            the files to edit.
    """
    for module in MODULES:
        plots = import_module(
            f"framework_parity.comparisons.report.run.plots.{module}"
        )
        function = getattr(plots, picture.kind(), None)
        if function is not None:
            drawn: Any = function(result, picture)
            return [drawn] if isinstance(drawn, Figure) else drawn
    raise LookupError(
        f"comparisons/report/run/plots has no '{picture.kind()}'; write a "
        f"function of that name in one of its files: {', '.join(MODULES)}"
    )
