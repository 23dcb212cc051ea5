"""Files of samples that somebody brings along: which are read, and how.

A `.csv` file is read by `common.data.csv_files`, a `.npz` file by
`common.data.npz_files`. Here stands which file is which, where it was
searched, and what is kept in mind of it: of a large file all but its samples,
so that a process holds them once, in the precision that it trains in.
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

# Bytes of samples up to which they are kept in mind; more are read again.
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
"""What to do about a file of another kind, by the end of its name."""

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
"""What a file is whose name says something else, by its first bytes."""


@dataclass(frozen=True)
class Contents:
    """What the files hold.

    Attributes:
        shape: of one sample, channels last.
        sizes: how many samples train, validation and test have; those of
            a part that does not come with the files are 0.
        y: the target of each sample in the order train, validation, test:
            float64, or text.
        places: where the targets of each part stand, for messages.
        sha256: of the files' bytes, one after the other, the first 16 hex
            digits.
        notices: what was read in a way that should be known.
        kept: the samples in the files' own type and that order; None where
            they are read again.
    """

    shape: Shape
    sizes: dict[str, int]
    y: Array
    places: tuple[Sheet, ...]
    sha256: str
    notices: tuple[str, ...]
    kept: Array | None = None

    def place(self, row: int) -> str:
        """Return where a target stands: "line 5", or "row 4 of y"."""
        for sheet in self.places:
            if row < len(sheet.y):
                return sheet.place(row)
            row -= len(sheet.y)
        raise IndexError(row)

    def rows(self) -> dict[str, slice]:
        """Return the rows of each part that is there."""
        found, first = {}, 0
        for part, size in self.sizes.items():
            if size:
                found[part] = slice(first, first + size)
                first += size
        return found


def read(
    files: Mapping[str, str], target: str | None, channels: Channels | None
) -> Contents:
    """Return what some files hold, and keep it in mind.

    Args:
        files: the path of each part's file; that of `train` may hold the
            others as well.
        target: the column to predict; None for a `.npz` file.
        channels: where the channels of images stand in a `.npz` file, if
            that is said.

    Raises:
        TableError: if a file is missing or malformed.
    """
    stamps = tuple(_stamp(part, path) for part, path in files.items())
    return _read(tuple(files.items()), target, channels, stamps)


def samples(
    files: Mapping[str, str], target: str | None, channels: Channels | None
) -> Array:
    """Return the samples in the files' own type; see `read`."""
    found = read(files, target, channels)
    if found.kept is not None:
        return found.kept
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
    beside = [each.name for each in folder.iterdir() if each.is_file()]
    hint = nearest_of(file.name, sorted(beside))
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
        tuple(replace(each, x=each.x[:0].copy()) for each in sheets.values()),
        total.hexdigest()[:16],
        tuple(n for sheet in sheets.values() for n in sheet.notices),
        _joined([each.x for each in sheets.values()]) if small else None,
    )


def _joined(arrays: list[Array]) -> Array:
    """Return the arrays in one: itself, where there is one alone."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _sheets(
    files: tuple[tuple[str, str], ...],
    target: str | None,
    channels: Channels | None,
) -> dict[str, Sheet]:
    """Return what is in the files, by part and in the order of the parts."""
    found: dict[str, Sheet] = {}
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
        own = {"train" if part == "train" else part: sheets.pop("train")}
        for name, sheet in (own | sheets).items():
            if name in found:
                raise TableError(
                    part,
                    f"is said, but there is a {name} part in the first file "
                    "as well; leave one of the two out",
                )
            found[name] = _like(sheet, found.get("train"), part, name)
    return {part: found[part] for part in PARTS if part in found}


def _of_file(
    file: Path, target: str | None, channels: Channels | None, alone: bool
) -> dict[str, Sheet]:
    """Return the parts that one file holds; `train` where it holds one."""
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
    """Return a part whose samples are like those of the training part."""
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
