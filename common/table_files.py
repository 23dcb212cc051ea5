"""Files of samples that somebody brings along, read and refused well."""

import csv
import hashlib
import io
import math
import re
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from common.errors import closest, nearest, shown
from common.layer import Array

# So many axes the samples of a file may have, the first one aside.
MOST_AXES = 3


@dataclass(frozen=True)
class Rows:
    """What a file holds: samples, targets (n,), and the file's digest."""

    x: Array
    y: Array
    sha256: str


class TableError(ValueError):
    """A file that cannot be meant.

    Attributes:
        field: of the spec, which says what the file should be.
        text: what is wrong, to be read behind the file's name.
    """

    def __init__(self, field: str, text: str) -> None:
        self.field, self.text = field, text
        super().__init__(text)


def read(file: str, target: str | None) -> Rows:
    """Return what a `.csv` or `.npz` file holds, and keep it in mind.

    Args:
        file: its path.
        target: the column to predict; None for a `.npz` file.

    Raises:
        TableError: if it is missing or malformed.
    """
    try:
        now = Path(file).stat()
        return _read(file, target, now.st_mtime_ns, now.st_size)
    except (OSError, ValueError, csv.Error) as error:
        if isinstance(error, TableError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise TableError("file", f"cannot be read: {reason}") from error


@lru_cache(maxsize=4)
def _read(file: str, target: str | None, changed: int, length: int) -> Rows:
    content = Path(file).read_bytes()
    kind = Path(file).suffix
    if kind == ".csv":
        x, y = _from_csv(_text(content), target)
    elif kind == ".npz":
        x, y = _from_npz(content, target)
    else:
        raise TableError("file", "is neither a .csv nor a .npz file")
    return Rows(x, y, hashlib.sha256(content).hexdigest()[:16])


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError("file", "is not text in UTF-8") from error


def _from_csv(text: str, target: str | None) -> tuple[Array, Array]:
    lines = list(
        csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    )
    header = [name.strip() for name in lines[0]] if lines else []
    if not header or len(set(header)) < len(header) or "" in header:
        raise TableError("file", "has no header that names each column once")
    if len(header) == 1 and (other := re.search(r"[;\t|]", header[0])):
        raise TableError(
            "file", f"has {other[0]!r} between its columns, expected ','"
        )
    if target not in header:
        got = "no target is said" if target is None else f"got {shown(target)}"
        raise TableError(
            "target",
            f"has the columns {closest(target, header)}, but {got}"
            + nearest(target, header),
        )
    if len(header) < 2:
        raise TableError("file", "has no column beside its target")
    rows = []
    for number, line in enumerate(filter(None, lines[1:]), 1):
        if len(line) != len(header):
            raise TableError(
                "file",
                f"has {len(line)} cells in row {number}, but {len(header)} "
                "columns",
            )
        named = zip(header, line, strict=True)
        rows.append(
            [
                _number(cell, name, number, is_target=name == target)
                for name, cell in named
            ]
        )
    if not rows:
        raise TableError("file", "has a header, but no samples")
    table = np.array(rows, np.float64)
    column = header.index(target)
    return np.delete(table, column, axis=1), table[:, column]


def _number(cell: str, column: str, row: int, *, is_target: bool) -> float:
    try:
        # Python would take 1_000, which no other program does.
        number = float(cell.replace("_", "?"))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise TableError(
            "file",
            f"has {shown(cell)} in row {row} of column {shown(column)}, "
            "expected a finite number"
            + ("; number the classes from 0 on" if is_target else ""),
        )
    return number


def _from_npz(content: bytes, target: str | None) -> tuple[Array, Array]:
    if target is not None:
        raise TableError(
            "target", "has its targets in 'y'; only a .csv file has columns"
        )
    try:
        file = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise TableError("file", "is no archive of arrays") from error
    held = getattr(file, "files", ())
    if not {"x", "y"} <= set(held):
        raise TableError(
            "file",
            f"holds {', '.join(map(repr, held)) or 'no named arrays'}, "
            "expected the arrays 'x' and 'y'",
        )
    x, y = (_array(file, name) for name in "xy")
    if not 2 <= x.ndim <= 1 + MOST_AXES or not x.size:
        raise TableError(
            "file",
            f"has x of shape {x.shape}, expected samples of one to "
            f"{MOST_AXES} axes",
        )
    if y.shape not in ((len(x),), (len(x), 1)):
        raise TableError(
            "file",
            f"has y of shape {y.shape} for {len(x)} samples, expected "
            f"{(len(x),)}",
        )
    return x, y.ravel()


def _array(file: Any, name: str) -> Array:
    try:
        found = file[name]
    except (
        ValueError,
        OSError,
        EOFError,
        zlib.error,
        zipfile.BadZipFile,
    ) as error:
        raise TableError(
            "file",
            f"has an array {name!r} that is damaged, or of Python "
            "objects, which are not read",
        ) from error
    if found.dtype.kind not in "iufb":
        raise TableError(
            "file", f"has {name} of type {found.dtype}, expected numbers"
        )
    found = found.astype(np.float64)
    if not np.isfinite(found).all():
        raise TableError("file", f"has numbers in {name} that are not finite")
    return np.asarray(found)


def wrong_label(y: Any, classes: int | None) -> tuple[int, str] | None:
    """Return the first target that is no class, and what is wrong with it.

    None where all are, or where there are no classes.
    """
    if classes is None:
        return None
    good = (y >= 0) & (y < classes) & (y == np.floor(y))
    if good.all():
        return None
    row = int(np.flatnonzero(~good)[0])
    return row, (
        f"got {y[row]:g}, expected the number of one of {classes} classes, "
        f"0 to {classes - 1}"
    )
