"""What is handed in from outside, refused in a sentence before hours go by."""

import math
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from framework_parity.common.spec.errors import (
    SpecError,
    names,
    nearest,
    shown,
)
from framework_parity.common.spec.node import MOST

# The files of a report that have a name of their own, by command.
FILES = {
    "run": ("report.html", "result.json", "spec.yaml", "curves.csv"),
    "audit": ("report.html", "result.json", "torch.yaml", "keras.yaml"),
    "fuzz": (),
}


def one_of(name: str, got: Any, allowed: Iterable[str]) -> None:
    """Refuse what is none of some words."""
    allowed = list(allowed)
    if got not in allowed:
        raise SpecError(
            name,
            f"got {shown(got)}, expected one of: {names(allowed)}"
            + nearest(got, allowed),
        )


def some_of(name: str, got: Any, allowed: Iterable[str]) -> tuple[str, ...]:
    """Return the words that are asked for, each once, in the given order."""
    allowed = list(allowed)
    if isinstance(got, str) or not isinstance(got, Iterable):
        raise SpecError(
            name, f"got {shown(got)}, expected a list of: {names(allowed)}"
        )
    wanted = list(got)
    for each in wanted:
        one_of(name, each, allowed)
        if wanted.count(each) > 1:
            raise SpecError(name, f"{shown(each)} stands twice")
    if not wanted:
        raise SpecError(
            name,
            f"got {shown(got)}, expected at least one of: {names(allowed)}",
        )
    return tuple(each for each in allowed if each in wanted)


def whole(name: str, got: Any, least: int, most: int = MOST) -> int:
    """Return a whole number that is large enough and not too large."""
    try:
        number = None if isinstance(got, bool) else got.__index__()
    except AttributeError:
        number = None
    if number is None or not least <= number <= most:
        raise SpecError(
            name,
            f"got {shown(got)}, expected a whole number from {least} to "
            f"{most:,}",
        )
    return int(number)


def positive(name: str, got: float) -> None:
    """Refuse what is no finite number above 0."""
    if not 0.0 < got < math.inf:
        raise SpecError(
            name, f"got {shown(got)}, expected a finite number above 0"
        )


def folder(name: str, got: Any, files: Iterable[str] = ()) -> Path:
    """Make a folder, and return it where all that is meant for it fits.

    Args:
        name: what the folder was handed in as.
        got: its path.
        files: names under which files will be written into it.
    """
    if not isinstance(got, str | os.PathLike):
        raise SpecError(name, f"got {shown(got)}, expected a folder's path")
    found = Path(got)
    doing = "made"
    try:
        found.mkdir(parents=True, exist_ok=True)
        doing = "written to"
        with tempfile.NamedTemporaryFile(prefix=".parity-", dir=found) as file:
            file.write(b"x")
            file.flush()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(
            name, f"cannot be {doing}: {reason}", str(found)
        ) from error
    for each in files:
        taken = found / each
        if taken.is_dir():
            raise SpecError(
                name, f"{each} is a folder there, not a file", str(found)
            )
        if taken.exists() and not os.access(taken, os.W_OK):
            raise SpecError(
                name, f"{each} is there and cannot be written", str(found)
            )
    return found


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Let an error that names no file, as that of a full disk, name one."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(place)
        raise
