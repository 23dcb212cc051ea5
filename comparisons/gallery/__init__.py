"""The gallery: a function for each picture that an experiment asks for.

It takes a result and the picture's own words (`common/pictures.py`) and
returns a figure. PyTorch and Keras have their colours everywhere
(`comparisons/drawing.py`).
"""

from importlib import import_module
from typing import Any

from matplotlib.figure import Figure

from comparisons.result import Result

MODULES = ("bars", "depth", "steps")
"""The files of this folder, each with some of the functions."""


def draw(result: Result, picture: Any) -> Figure:
    """Draw what an experiment asks for.

    Raises:
        LookupError: if nobody can draw it; names the file to edit.
    """
    for module in MODULES:
        found = import_module(f"comparisons.gallery.{module}")
        function = getattr(found, picture.kind(), None)
        if function is not None:
            figure: Figure = function(result, picture)
            return figure
    raise LookupError(
        f"comparisons/gallery has no '{picture.kind()}'; write a function of "
        f"that name in one of its files: {', '.join(MODULES)}"
    )
