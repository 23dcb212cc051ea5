"""Class labels, given as numbers or as names."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from framework_parity.common.data.cells import number_of, wrong_cell
from framework_parity.common.data.sheet import (
    TableError,
    is_missing,
    nearest_of,
    one_of,
)
from framework_parity.common.spec.errors import shown
from framework_parity.common.spec.layer import Array

Names: TypeAlias = tuple[str | int, ...]

# A message lists at most this many labels to copy.
COPIED = 20


def numbered(
    y: Array,
    classes: int | Names | None,
    place: Callable[[int], str],
    column: str,
) -> tuple[Array, int | Names | None]:
    """Return targets as numbers, and the classes.

    Args:
        y: the targets (n,), float64 or text.
        classes: the number of classes; or the values in `y` of each class, in
            the order of their numbers; or None for regression.
        place: a function from the index of a row, from 0, to its position,
            for messages.
        column: the name of the column of the targets in messages.

    Returns:
        The targets (n,) in float64, and `classes`; if `classes` is a number
        and y is text, the sorted names instead.

    Raises:
        TableError: if a target is none of the classes.
    """
    if y.dtype.kind == "U":
        numbers = np.array([number_of(cell) for cell in y.tolist()])
        if not np.isnan(numbers).any():
            y = numbers
    if classes is None:
        if y.dtype.kind == "U":
            raise _missing_classes(y.tolist(), place, column)
        return y, None
    if isinstance(classes, int):
        if y.dtype.kind == "U":
            classes = _sorted_names(y.tolist(), classes, place, column)
        else:
            _expect_numbers(y, classes, place)
            return y, classes
    return _by_name(y, classes, place), classes


def wrong_label(y: Array, classes: int | None) -> tuple[int, str] | None:
    """Return the first target that is not a class number, or None.

    Args:
        y: the targets (n,).
        classes: the number of classes; None for regression.

    Returns:
        The index of the target and a message; None if all are valid.
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


def _expect_numbers(
    y: Array, classes: int, place: Callable[[int], str]
) -> None:
    wrong = wrong_label(y, classes)
    if wrong is None:
        return
    row, text = wrong
    values = np.unique(y)
    named = ""
    whole = bool((values == np.floor(values)).all())
    if whole and len(values) == classes and classes <= COPIED:
        labels = [f"{value:g}" for value in values]
        named = f"; to number others, use 'classes: [{', '.join(labels)}]'"
    elif whole and values[0] >= 0 and len(values) > classes:
        named = f"; there are {len(values)} different ones"
    raise TableError(
        "classes", f"has in {place(row)} a target that is none: {text}{named}"
    )


def _missing_classes(
    cells: list[str], place: Callable[[int], str], column: str
) -> TableError:
    """Return the error about text where `classes` is not specified."""
    text = [cell for cell in cells if np.isnan(number_of(cell))]
    labels = sorted({cell for cell in cells if not is_missing(cell)})
    if 2 * len(text) <= len(cells) or not 2 <= len(labels) <= COPIED:
        return TableError("file", wrong_cell(column, cells, place))
    row = cells.index(text[0])
    return TableError(
        "classes",
        f"has {shown(cells[row])} in {place(row)}, which is text; "
        "if it is a class, name the classes in the order of their numbers, "
        f"'classes: [{_listed(labels)}]', or give their number, "
        f"'classes: {len(labels)}'",
    )


def _sorted_names(
    cells: list[str], classes: int, place: Callable[[int], str], column: str
) -> Names:
    """Return the labels, sorted, if their number is that of the classes."""
    text = [cell for cell in cells if np.isnan(number_of(cell))]
    labels = sorted(set(cells))
    missing = [row for row, cell in enumerate(cells) if is_missing(cell)]
    few = 2 * len(text) <= len(cells) and len(labels) != classes
    if missing or few:
        raise TableError("file", wrong_cell(column, _odd(cells), place))
    if len(labels) != classes:
        raise TableError(
            "classes",
            f"has {len(labels)} different labels in {column} "
            f"({one_of(labels)}), but got {classes}",
        )
    return tuple(labels)


def _odd(cells: list[str]) -> list[str]:
    """Return the cells with labels replaced, so that missing ones remain."""
    if not any(map(is_missing, cells)):
        return cells
    return [cell if is_missing(cell) else "0" for cell in cells]


def _by_name(y: Array, names: Names, place: Callable[[int], str]) -> Array:
    """Return the class number of each target."""
    if y.dtype.kind == "U":
        known = {str(name): number for number, name in enumerate(names)}
        classes = np.array([known.get(cell, -1) for cell in y.tolist()])
        quoted = [shown(str(cell)) for cell in y[classes < 0][:1]]
    else:
        values = np.array([number_of(str(name)) for name in names])
        if np.isnan(values).any():
            _expect_numbers(y, len(names), place)
            return y
        order = np.argsort(values)
        places = np.searchsorted(values[order], y).clip(max=len(names) - 1)
        classes = np.where(values[order][places] == y, order[places], -1)
        quoted = [f"{value:g}" for value in y[classes < 0][:1]]
    if quoted:
        row = int(np.flatnonzero(classes < 0)[0])
        raise TableError(
            "classes",
            f"has {quoted[0]} in {place(row)}, expected one of: "
            f"{one_of([str(name) for name in names])}"
            + nearest_of(quoted[0].strip("'"), map(str, names)),
        )
    return classes.astype(np.float64)


def _listed(labels: Sequence[str]) -> str:
    """Return labels as a list of YAML, in quotes where necessary.

    >>> _listed(["a", "b c", "no", "1"])
    'a, b c, "no", "1"'
    """
    return ", ".join(_quoted(label) for label in labels)


def _quoted(label: str) -> str:
    words = ("yes", "no", "on", "off", "true", "false", "null", "y", "n")
    plain = label.replace(" ", "").replace("_", "").replace("-", "")
    safe = plain.isalnum() and not plain[0].isdigit() and label[0] != "-"
    return label if safe and label.lower() not in words else f'"{label}"'
