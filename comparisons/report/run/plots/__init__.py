"""The gallery: a function for each picture that an experiment asks for.

It takes a result and the picture's own words (`common/spec/plots.py`) and
returns a figure, or the rows of a table. PyTorch and Keras have their
colours everywhere (`comparisons/report/style.py`).
"""

from importlib import import_module
from typing import Any

from matplotlib.figure import Figure

from framework_parity.comparisons.report.style import Rows
from framework_parity.comparisons.run.result import Result

MODULES = (
    *("bars", "steps", "tables", "functions", "valleys"),
    *("fits", "final_weights", "epochs", "maps", "samples"),
    "depth",
)
"""The files of this folder, each with some of the functions."""


def draw(result: Result, picture: Any) -> Figure | Rows:
    """Draw what an experiment asks for, or put it in a table.

    Raises:
        LookupError: if nobody can draw it; names the file to edit.
    """
    for module in MODULES:
        found = import_module(
            f"framework_parity.comparisons.report.run.plots.{module}"
        )
        function = getattr(found, picture.kind(), None)
        if function is not None:
            drawn: Figure | Rows = function(result, picture)
            return drawn
    raise LookupError(
        f"comparisons/report/run/plots has no '{picture.kind()}'; write a "
        f"function of that name in one of its files: {', '.join(MODULES)}"
    )
