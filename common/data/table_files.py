"""Reader of the user's own files of samples.

A `.csv` file is read by `common.data.csv_files`, a `.npz` file by
`common.data.npz_files`. This module detects the kind of a file and caches its
contents. The samples of a large file are not cached, so that a process holds
them once, in the precision of training.
"""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from framework_parity.common.data import csv_files, npz_files
from framework_parity.common.data.sheet import (
    PARTS,
    Sheet,
    TableError,
    nearest_of,
)
from framework_parity.common.spec.layer import Array, Shape

Channels: TypeAlias = Literal["first", "last"]

# The samples are cached up to this number of bytes, else read again.
KEPT = 2**26

NUMPY = "save its arrays with numpy.savez('data.npz', x=..., y=...)"
PANDAS = "read it with pandas and write it with to_csv(..., index=False)"
OTHERS = {
    **dict.fromkeys((".npy", ".mat", ".h5", ".hdf5", ".pt", ".pth"), NUMPY),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), NUMPY),
    **dict.fromkeys((".xls", ".xlsx", ".ods", ".parquet"), PANDAS),
    **dict.fromkeys((".feather", ".json", ".jsonl", ".arff"), PANDAS),
    **dict.fromkeys((".tsv", ".txt", ".dat", ".data", ".tab"), PANDAS),
    **dict.fromkeys((".zip", ".bz2", ".xz", ".tar", ".7z"), "unpack it"),
    **dict.fromkeys((".png", ".jpg", ".jpeg"), NUMPY),
}
"""The remedy for a file of another kind, by its suffix."""

MAGIC = {
    b"PK\x03\x04": "a zip archive, as an Excel workbook is",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "packed by gzip; call it .csv.gz, or unpack it",
    b"\x93NUMPY": "an array of numpy.save; numpy.savez writes a .npz file",
    b"version https://git-lfs": "the pointer that Git LFS leaves; fetch the "
    "file itself with 'git lfs pull'",
    b"<!DOCTYPE": "a web page; download the file itself",
    b"\xff\xfe": "text in UTF-16; save it as 'CSV UTF-8'",
    b"\xfe\xff": "text in UTF-16; save it as 'CSV UTF-8'",
    b"<html": "a web page; download the file itself",
}
"""The actual kind of a misnamed file, by its first bytes."""


@dataclass(frozen=True)
class Contents:
    """The contents of the files.

    Attributes:
        shape: shape of one sample, channels last.
        sizes: the number of samples of train, validation and test; 0 for a
            part that is not in the files.
        y: the target of each sample, (n,), in the order train, validation,
            test: float64, or text.
        places: a sheet for each part with the positions of its targets, for
            messages.
        sha256: the first 16 hex digits of the digest of the files' bytes, one
            file after the other.
        notices: notices about how the files were interpreted.
        kept: the samples in the files' own dtype, in the same order; None if
            they are not cached.
    """

    shape: Shape
    sizes: dict[str, int]
    y: Array
    places: tuple[Sheet, ...]
    sha256: str
    notices: tuple[str, ...]
    kept: Array | None = None

    def place(self, row: int) -> str:
        """Return the position of a target: "line 5", or "row 4 of y"."""
        for sheet in self.places:
            if row < len(sheet.y):
                return sheet.place(row)
            row -= len(sheet.y)
        raise IndexError(row)

    def rows(self) -> dict[str, slice]:
        """Return the rows of each part that is not empty."""
        slices, first = {}, 0
        for part, size in self.sizes.items():
            if size:
                slices[part] = slice(first, first + size)
                first += size
        return slices


def read(
    files: Mapping[str, str], target: str | None, channels: Channels | None
) -> Contents:
    """Read files of samples and cache their contents.

    Args:
        files: the path of each part's file; that of `train` may hold the
            other parts as well.
        target: the column to predict; None for a `.npz` file.
        channels: the position of the channels of images in a `.npz` file, if
            it is specified.

    Returns:
        The contents of all files.

    Raises:
        TableError: if a file is missing or malformed.
    """
    stamps = tuple(_stamp(part, path) for part, path in files.items())
    return _read(tuple(files.items()), target, channels, stamps)


def samples(
    files: Mapping[str, str], target: str | None, channels: Channels | None
) -> Array:
    """Return the samples of files, in the files' own dtype.

    Args:
        files: the path of each part's file.
        target: the column to predict; None for a `.npz` file.
        channels: the position of the channels, if it is specified.

    Returns:
        An array (n, *shape) in the order train, validation, test.

    Raises:
        TableError: if a file is missing or malformed.
    """
    contents = read(files, target, channels)
    if contents.kept is not None:
        return contents.kept
    sheets = _sheets(tuple(files.items()), target, channels)
    return _joined([sheet.x for sheet in sheets.values()])


def _stamp(part: str, path: str) -> tuple[int, int]:
    if not path:
        raise TableError(part, "names no file")
    file = Path(path).expanduser()
    try:
        now = file.stat()
    except OSError as error:
        raise TableError(part, _missing(file, error)) from error
    if file.is_dir():
        raise TableError(
            part,
            "is a folder, expected a .csv or .npz file; put what it holds "
            f"into one file, of images: {NUMPY}",
        )
    return now.st_mtime_ns, now.st_size


def _missing(file: Path, error: OSError) -> str:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"cannot be read: {error.strerror}"
    folder = file.absolute().parent
    if not folder.is_dir():
        return f"cannot be read: there is no folder {folder}"
    siblings = [entry.name for entry in folder.iterdir() if entry.is_file()]
    hint = nearest_of(file.name, sorted(siblings))
    searched = (
        ""
        if file.is_absolute()
        else "; a relative path begins in the folder that the command runs in"
    )
    return f"cannot be read: there is no such file in {folder}{searched}{hint}"


@lru_cache(maxsize=4)
def _read(
    files: tuple[tuple[str, str], ...],
    target: str | None,
    channels: Channels | None,
    stamps: tuple[tuple[int, int], ...],
) -> Contents:
    total = hashlib.sha256()
    for part, path in files:
        try:
            with Path(path).expanduser().open("rb") as file:
                while block := file.read(2**20):
                    total.update(block)
        except OSError as error:
            raise TableError(
                part, f"cannot be read: {error.strerror}"
            ) from error
    sheets = _sheets(files, target, channels)
    bytes_of_x = sum(sheet.x.nbytes for sheet in sheets.values())
    small = bytes_of_x <= KEPT
    return Contents(
        sheets["train"].x.shape[1:],
        {part: len(sheets[part]) if part in sheets else 0 for part in PARTS},
        _joined([sheet.y for sheet in sheets.values()]),
        tuple(
            replace(sheet, x=sheet.x[:0].copy()) for sheet in sheets.values()
        ),
        total.hexdigest()[:16],
        tuple(n for sheet in sheets.values() for n in sheet.notices),
        _joined([sheet.x for sheet in sheets.values()]) if small else None,
    )


def _joined(arrays: list[Array]) -> Array:
    """Return the concatenation of arrays; a single one is not copied."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _sheets(
    files: tuple[tuple[str, str], ...],
    target: str | None,
    channels: Channels | None,
) -> dict[str, Sheet]:
    """Return the sheet of each part, in the order of the parts."""
    by_part: dict[str, Sheet] = {}
    for part, path in files:
        file = Path(path).expanduser()
        try:
            sheets = _of_file(file, target, channels, alone=part != "train")
        except TableError as error:
            if error.field == "file" or part != "train":
                raise TableError(part, error.text) from error
            raise
        except (OSError, ValueError, csv.Error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise TableError(part, f"cannot be read: {reason}") from error
        first = {"train" if part == "train" else part: sheets.pop("train")}
        for name, sheet in (first | sheets).items():
            if name in by_part:
                raise TableError(
                    part,
                    f"is given, but there is a {name} part in the first file "
                    "as well; leave one of the two out",
                )
            by_part[name] = _like(sheet, by_part.get("train"), part, name)
    return {part: by_part[part] for part in PARTS if part in by_part}


def _of_file(
    file: Path, target: str | None, channels: Channels | None, alone: bool
) -> dict[str, Sheet]:
    """Return the parts in one file; a single part is called `train`."""
    ends = [end.lower() for end in file.suffixes]
    with file.open("rb") as opened:
        begin = opened.read(32)
    if ends[-1:] == [".npz"]:
        if target is not None:
            raise TableError(
                "target",
                "has its targets in 'y'; only a .csv file has columns, so "
                "leave 'target' out",
            )
        return npz_files.read(file, channels, alone)
    packed = ends[-2:] == [".csv", ".gz"]
    if not packed and ends[-1:] != [".csv"]:
        remedy = OTHERS.get(ends[-1] if ends else "", "")
        raise TableError(
            "file",
            "is neither a .csv nor a .npz file, nor a .csv.gz"
            + (f"; {remedy}" if remedy else ""),
        )
    if not begin:
        raise TableError("file", "is empty")
    for magic, meaning in MAGIC.items():
        gzipped = magic == b"\x1f\x8b"
        if begin.startswith(magic) and not (packed and gzipped):
            raise TableError("file", f"is no table of text but {meaning}")
    if channels is not None:
        raise TableError(
            "channels", "is a table of columns; only a .npz file has images"
        )
    return {"train": csv_files.read(file, target, packed)}


def _like(sheet: Sheet, train: Sheet | None, part: str, name: str) -> Sheet:
    """Return a part after a check that it matches the training part."""
    if train is None:
        return sheet
    if sheet.columns:
        sheet = csv_files.in_order(sheet, train.columns, part)
    if sheet.x.shape[1:] != train.x.shape[1:]:
        raise TableError(
            part,
            f"has {name} samples of shape {sheet.x.shape[1:]}, but those of "
            f"the training part have {train.x.shape[1:]}",
        )
    if (sheet.y.dtype.kind == "U") != (train.y.dtype.kind == "U"):
        text = name if sheet.y.dtype.kind == "U" else "training"
        raise TableError(
            part,
            f"has targets that are text in the {text} part alone; write "
            f"those of both parts alike",
        )
    return sheet
