"""Reader of .npz files: samples as `x`, targets as `y`, or by parts."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from framework_parity.common.data.sheet import Sheet, TableError, one_of
from framework_parity.common.spec.layer import Array

# The samples have at most this many axes, without the first one.
MOST_AXES = 3

# Numbers of channels of images: grey, RGB and RGBA.
COLOURS = (1, 3, 4)

ENDS = {"train": "_train", "validation": "_val", "test": "_test"}
OTHER_ENDS = ("_valid", "_validation", "_dev")

# The number of elements that are checked at once.
BLOCK = 2**22

CALLED = {
    **dict.fromkeys(("data", "features", "inputs", "images", "samples"), "x"),
    **dict.fromkeys(("target", "targets", "labels", "label", "classes"), "y"),
}
"""Common names of the arrays."""

HOW = "numpy.savez('data.npz', x=..., y=...)"


def read(file: Path, channels: str | None, alone: bool) -> dict[str, Sheet]:
    """Read the parts of the data from a .npz file.

    The file has `x` and `y`, or `x_train` and `y_train`, and optionally
    `x_val` and `y_val`, and `x_test` and `y_test`.

    Args:
        file: the path of the file.
        channels: `first` or `last`, or None if it is not specified.
        alone: whether the file holds a single part, as `x` and `y`.

    Returns:
        `train`, and `validation` and `test` if they are in the file.

    Raises:
        TableError: if arrays are missing or invalid.
    """
    with file.open("rb") as raw:
        try:
            opened = np.load(raw, allow_pickle=False)
        except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise TableError(
                "file", f"is no archive of arrays; {HOW} writes one"
            ) from error
        if not hasattr(opened, "files"):
            raise TableError(
                "file",
                f"holds no named arrays but a single one; {HOW} names them",
            )
        with opened:
            return {
                part: _sheet(opened, *pair, channels)
                for part, pair in _pairs(opened.files, alone).items()
            }


def _pairs(held: list[str], alone: bool) -> dict[str, tuple[str, str]]:
    """Return the names of each part's arrays."""
    pairs = {
        part: (f"x{end}", f"y{end}")
        for part, end in ENDS.items()
        if {f"x{end}", f"y{end}"} & set(held)
    }
    plain = {"x", "y"} & set(held)
    if len(plain) == 2 or (plain and len(held) == 1):
        if "train" in pairs:
            raise TableError(
                "file",
                "holds both 'x' and 'x_train'; leave one of the two out",
            )
        pairs = {"train": ("x", "y"), **pairs}
    for pair in pairs.values():
        for name in pair:
            if name not in held:
                partner = pair[0] if name == pair[1] else pair[1]
                raise TableError(
                    "file",
                    f"holds {partner!r}, but no {name!r} beside it"
                    + "".join(
                        f"; write {array_name!r} in small letters"
                        for array_name in held
                        if array_name.lower() == name
                    ),
                )
    if "train" not in pairs:
        raise TableError("file", _other_names(held))
    late = [name for name in held if name.endswith(OTHER_ENDS)]
    if late:
        raise TableError(
            "file",
            f"holds {late[0]!r}; call the validation part 'x_val' and 'y_val'",
        )
    if alone:
        return {"train": pairs["train"]}
    return pairs


def _other_names(held: list[str]) -> str:
    """Return the message about the names of the arrays, with a remedy."""
    listed = one_of(held) or "no arrays"
    text = f"holds {listed}, expected the arrays 'x' and 'y'"
    if any(name.startswith("arr_") for name in held):
        return f"{text}; they were saved without names: {HOW}"
    known = {CALLED.get(name.lower(), name.lower()): name for name in held}
    if {"x", "y"} <= set(known):
        how = f"x=...[{known['x']!r}], y=...[{known['y']!r}]"
        return f"{text}; numpy.savez('data.npz', {how}) renames them"
    return f"{text}, or 'x_train' and 'y_train'; {HOW} names them"


def _sheet(
    opened: Any, name_x: str, name_y: str, channels: str | None
) -> Sheet:
    x = _numbers(opened, name_x)
    if not 2 <= x.ndim <= 1 + MOST_AXES or not x.size:
        column = f"; {name_x}.reshape(-1, 1) makes one feature of it"
        raise TableError(
            "file",
            f"has {name_x} of shape {x.shape}, expected samples of one to "
            f"{MOST_AXES} axes" + (column if x.ndim == 1 else ""),
        )
    x = _channels_last(x, name_x, channels)
    y = _targets(opened, name_y)
    if y.shape not in ((len(x),), (len(x), 1)):
        raise TableError("file", _wrong_targets(y, name_y, name_x, len(x)))
    return Sheet(x, y.ravel(), array=name_y)


def _channels_last(x: Array, name: str, channels: str | None) -> Array:
    """Return images with their channels last; raise if it is ambiguous."""
    if x.ndim != 4:
        if channels is not None:
            raise TableError(
                "channels",
                f"has samples of shape {x.shape[1:]}, which have no channels; "
                "leave 'channels' out",
            )
        return x
    if channels is None and (doubt := _doubt(x.shape[1:])):
        height, width = x.shape[1:3]
        raise TableError(
            "channels",
            f"has {name} of shape {x.shape}, {doubt}; use 'channels: first', "
            f"or 'channels: last' if an image is {height} high and {width} "
            "wide",
        )
    return x.transpose(0, 2, 3, 1) if channels == "first" else x


def _doubt(shape: tuple[int, ...]) -> str:
    """Return why the channels of an image may be first, or "".

    They probably are if the first axis, but not the last, has length 1, 3 or
    4, or if the last two axes are equal, as the sides of most images, and
    differ from the first. If both the first and the last axis have such a
    length, the shape is ambiguous.
    """
    first, rows, columns = shape
    if first in COLOURS and columns in COLOURS:
        return "where the channels may stand first or last"
    if first in COLOURS or (
        rows == columns != first and columns not in COLOURS
    ):
        return "which looks as if the channels stand first"
    return ""


def _array(opened: Any, name: str) -> Array:
    try:
        array: Array = opened[name]
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
            "objects, which are not read; of numbers, save "
            f"{name}.astype(float), of text, {name}.astype(str)",
        ) from error
    return array


def _numbers(opened: Any, name: str) -> Array:
    """Return an array of finite numbers, in its own dtype."""
    array = _array(opened, name)
    if array.dtype.kind not in "iufb":
        raise TableError(
            "file", f"has {name} of type {array.dtype}, expected numbers"
        )
    if array.dtype.kind == "f":
        _expect_finite(array, name)
    # Computations use the native byte order, and at most float64.
    if array.dtype.itemsize > 8:
        return array.astype(np.float64)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _expect_finite(array: Array, name: str) -> None:
    """Raise an error with the position of the first non-finite number."""
    rows = max(1, BLOCK // max(1, array[:1].size)) if array.ndim else 1
    blocks = range(0, len(array), rows) if array.ndim else ()
    for first in blocks:
        wrong = np.argwhere(~np.isfinite(array[first : first + rows]))
        if len(wrong):
            index = tuple(int(i) for i in wrong[0])
            value = array[first : first + rows][index]
            at = ", ".join(map(str, (first + index[0], *index[1:])))
            raise TableError(
                "file",
                f"has {value} in row {first + index[0] + 1} of {name}, at "
                f"{name}[{at}], expected a finite number; fill in such "
                "numbers, or leave their samples out",
            )


def _targets(opened: Any, name: str) -> Array:
    """Return the targets in float64, or as text."""
    array = _array(opened, name)
    if array.dtype.kind == "S":
        try:
            text: Any = np.char.decode(np.asarray(array, np.bytes_), "utf-8")
            return np.asarray(text)
        except UnicodeDecodeError as error:
            raise TableError(
                "file", f"has bytes in {name} that are not text in UTF-8"
            ) from error
    if array.dtype.kind == "U":
        return array
    return _numbers(opened, name).astype(np.float64)


def _wrong_targets(y: Array, name_y: str, name_x: str, samples: int) -> str:
    """Return the message about the shape of the targets, with a remedy."""
    text = (
        f"has {name_y} of shape {y.shape} for {samples} samples, expected "
        f"{(samples,)}"
    )
    if y.ndim == 2 and len(y) == samples:
        hot = y.dtype.kind == "f" and np.isin(y, (0, 1)).all()
        if hot and (y.sum(1) == 1).all():
            return (
                f"{text}: a class is one-hot there; save its number, "
                f"{name_y}.argmax(axis=1), and use 'classes: {y.shape[1]}'"
            )
        return f"{text}: one target a sample"
    return f"{text}: {name_x} and {name_y} have one row each for a sample"
