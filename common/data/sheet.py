"""The samples of a file, and the error about an invalid file."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from framework_parity.common.spec.errors import nearest, shown
from framework_parity.common.spec.layer import Array

PARTS = ("train", "validation", "test")

# A message lists at most this many names.
MANY = 12

# Common notations of a missing value.
MISSING = frozenset(
    ("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "?", "-", "--")
)


class TableError(ValueError):
    """An invalid file of samples.

    Attributes:
        field: `file`, another field of the specification, or the part of the
            data in the file.
        text: the message, to be read after the file's name.
    """

    def __init__(self, field: str, text: str) -> None:
        self.field, self.text = field, text
        super().__init__(text)


@dataclass(frozen=True)
class Sheet:
    """One part of the data, as read from a file.

    Attributes:
        x: the samples (n, *shape), channels last, in the file's own dtype.
        y: the targets (n,): float64, or text.
        columns: the names of the features; empty if they have no names.
        lines: the line on which each sample ends, in a `.csv` file.
        array: the name of the array y in a `.npz` file.
        target: the name of the column y in a `.csv` file.
        notices: notices about how the file was interpreted.
    """

    x: Array
    y: Array
    columns: tuple[str, ...] = ()
    lines: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    array: str = "y"
    target: str = ""
    notices: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.y)

    def place(self, row: int) -> str:
        """Return the position of the target of a row, for a message."""
        if len(self.lines):
            return f"line {self.lines[row]} of column {shown(self.target)}"
        return f"row {row + 1} of {self.array}"


def one_of(allowed: Collection[str]) -> str:
    """Return the names as a list in their order, or the first of many.

    >>> one_of(["b", "a"])
    'b, a'
    """
    first = [shown(name)[1:-1] for name in list(allowed)[:MANY]]
    rest = len(allowed) - len(first)
    return ", ".join(first) + (f" and {rest} more" if rest else "")


def nearest_of(name: str, allowed: Iterable[str]) -> str:
    """Return a hint to the nearest name, ignoring case, or "".

    Args:
        name: the unknown name.
        allowed: the known names.

    Returns:
        "; did you mean 'x'?", or an empty string.
    """
    by_small = {word.casefold(): word for word in allowed}
    if name.casefold() in by_small:
        return f"; did you mean {shown(by_small[name.casefold()])}?"
    return nearest(name, by_small.values())


def is_missing(text: str) -> bool:
    """Return whether a cell denotes a missing value."""
    return text.strip().casefold() in MISSING
