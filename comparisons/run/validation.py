"""Validate the arguments of a command before training starts."""

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

# The files of a report with fixed names, by command.
FILES = {
    "run": ("report.html", "result.json", "spec.yaml", "curves.csv"),
    "overview": ("index.html", "catalogue.md"),
    "audit": ("report.html", "result.json", "torch.yaml", "keras.yaml"),
    "compare": ("report.html", "result.json"),
    "fuzz": (),
}


def one_of(name: str, got: Any, allowed: Iterable[str]) -> None:
    """Raise an error if a value is not allowed.

    Args:
        name: name of the argument.
        got: its value.
        allowed: the allowed values.

    Raises:
        SpecError: if the value is none of them.
    """
    allowed = list(allowed)
    if got not in allowed:
        raise SpecError(
            name,
            f"got {shown(got)}, expected one of: {names(allowed)}"
            + nearest(got, allowed),
        )


def some_of(name: str, got: Any, allowed: Iterable[str]) -> tuple[str, ...]:
    """Return a validated list of distinct values.

    Args:
        name: name of the argument.
        got: its value.
        allowed: the allowed elements.

    Returns:
        The elements in the order of `allowed`.

    Raises:
        SpecError: if it is no list, is empty, or has an element twice or one
            that is not allowed.
    """
    allowed = list(allowed)
    if isinstance(got, str) or not isinstance(got, Iterable):
        raise SpecError(
            name, f"got {shown(got)}, expected a list of: {names(allowed)}"
        )
    wanted = list(got)
    for value in wanted:
        one_of(name, value, allowed)
        if wanted.count(value) > 1:
            raise SpecError(name, f"{shown(value)} stands twice")
    if not wanted:
        raise SpecError(
            name,
            f"got {shown(got)}, expected at least one of: {names(allowed)}",
        )
    return tuple(value for value in allowed if value in wanted)


def whole(name: str, got: Any, least: int, most: int = MOST) -> int:
    """Return a validated integer.

    Args:
        name: name of the argument.
        got: its value.
        least: the smallest allowed value.
        most: the largest allowed value.

    Returns:
        The value as an `int`.

    Raises:
        SpecError: if it is no integer or out of range.
    """
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
    """Raise an error if a value is not positive and finite.

    Args:
        name: name of the argument.
        got: its value.

    Raises:
        SpecError: if it is not positive and finite.
    """
    if not 0.0 < got < math.inf:
        raise SpecError(
            name, f"got {shown(got)}, expected a finite number above 0"
        )


def folder(name: str, got: Any, files: Iterable[str] = ()) -> Path:
    """Create a folder, and check that files can be written to it.

    Args:
        name: name of the argument.
        got: path of the folder.
        files: names of the files that will be written.

    Returns:
        The path.

    Raises:
        SpecError: if the folder or one of the files cannot be written.
    """
    if not isinstance(got, str | os.PathLike):
        raise SpecError(name, f"got {shown(got)}, expected a folder's path")
    path = Path(got)
    if path.exists() and not path.is_dir():
        raise SpecError(name, "is a file, not a folder", str(path))
    doing = "made"
    try:
        path.mkdir(parents=True, exist_ok=True)
        doing = "written to"
        with tempfile.NamedTemporaryFile(prefix=".parity-", dir=path) as file:
            file.write(b"x")
            file.flush()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(
            name, f"cannot be {doing}: {reason}", str(path)
        ) from error
    for file_name in files:
        taken = path / file_name
        if taken.is_dir():
            raise SpecError(
                name, f"{file_name} is a folder there, not a file", str(path)
            )
        if taken.exists() and not os.access(taken, os.W_OK):
            raise SpecError(
                name, f"{file_name} is there and cannot be written", str(path)
            )
    return path


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Add a path to an `OSError` without one, such as that of a full disk.

    Args:
        place: the path to add.

    Raises:
        OSError: as the block does.
    """
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(place)
        raise
