"""The user's line that called an operation."""

from pathlib import Path
from types import FrameType

OURS = f"{Path(__file__).parents[2]}/"


def user_site(frame: FrameType | None, library: tuple[str, ...]) -> str | None:
    """Return file and line of the innermost frame outside the libraries.

    Args:
        frame: where to begin.
        library: the beginnings of the files that are not the user's.

    Returns:
        Such as `net.py:12`, with the name of the file alone; None if there
        is no such frame.
    """
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith((*library, "<", OURS)):
            return f"{Path(file).name}:{frame.f_lineno}"
        frame = frame.f_back
    return None
