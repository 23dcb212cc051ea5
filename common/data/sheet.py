"""What a file of samples comes to, and how one is refused."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from framework_parity.common.spec.errors import nearest, shown
from framework_parity.common.spec.layer import Array

PARTS = ("train", "validation", "test")

# Of so many names, those that are least alike are left out of a sentence.
MANY = 12

# What people write where there is no value.
MISSING = frozenset(
    ("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "?", "-", "--")
)


class TableError(ValueError):
    """A file that cannot be meant.

    Attributes:
        field: `file`, another field of the spec, or the part whose file it
            is.
        text: what is wrong, to be read behind the file's name.
    """

    def __init__(self, field: str, text: str) -> None:
        self.field, self.text = field, text
        super().__init__(text)


@dataclass(frozen=True)
class Sheet:
    """One part of the data, as it stands in a file.

    Attributes:
        x: the samples (n, *shape), channels last, in the file's own type.
        y: the targets (n,): float64, or text.
        columns: the names of the features; none where they have no names.
        lines: the line of the file that each sample ends on, in a `.csv`.
        array: what y is called in a `.npz` file.
        target: the column that y is in a `.csv` file.
        notices: what was read in a way that should be known.
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
        """Return where the target of a row stands, for a sentence."""
        if len(self.lines):
            return f"line {self.lines[row]} of column {shown(self.target)}"
        return f"row {row + 1} of {self.array}"


def one_of(allowed: Collection[str]) -> str:
    """Return names as a list in their order, or the first of many.

    >>> one_of(["b", "a"])
    'b, a'
    """
    first = [shown(name)[1:-1] for name in list(allowed)[:MANY]]
    rest = len(allowed) - len(first)
    return ", ".join(first) + (f" and {rest} more" if rest else "")


def nearest_of(name: str, allowed: Iterable[str]) -> str:
    """Return a hint to the nearest name, capitals or not, or nothing."""
    by_small = {each.casefold(): each for each in allowed}
    if name.casefold() in by_small:
        return f"; did you mean {shown(by_small[name.casefold()])}?"
    return nearest(name, by_small.values())


def is_missing(text: str) -> bool:
    """Return whether a cell says that there is no value."""
    return text.strip().casefold() in MISSING
