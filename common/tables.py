"""Samples that somebody brings along, in the spec itself or in a file."""

from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from common.counted import counted
from common.dataset import Dataset, Labels
from common.element import Number, refuse
from common.errors import SpecError
from common.layer import Array, Shape
from common.table_files import Rows, TableError, read, wrong_label

Classes = Annotated[int, Field(strict=True, ge=2)] | None
Row = Annotated[tuple[Number, ...], Field(min_length=1)]


class Points(Dataset):
    """Samples that are said one by one: `{x: [[0, 1], ...], y: [1, ...]}`.

    Attributes:
        x: the samples, each a list of as many numbers.
        y: a target for each.
        classes: how many classes there are, where y holds their numbers
            from 0 on; None where y is a number to predict.
    """

    x: Annotated[tuple[Row, ...], Field(min_length=1)]
    y: tuple[Number, ...]
    classes: Classes = None

    @model_validator(mode="after")
    def _fits_together(self) -> "Points":
        for index, row in enumerate(self.x):
            if len(row) != len(self.x[0]):
                refuse(
                    ("x", index),
                    f"got {counted(len(row), 'number')}, but the first "
                    "sample has "
                    f"{len(self.x[0])}",
                )
        if len(self.y) != len(self.x):
            refuse(
                ("y",),
                f"got {counted(len(self.y), 'target')} for "
                f"{counted(len(self.x), 'sample')}",
            )
        if wrong := wrong_label(np.array(self.y), self.classes):
            refuse(("y", wrong[0]), wrong[1])
        return self

    @property
    def shape(self) -> Shape:
        return (len(self.x[0]),)

    @property
    def class_count(self) -> int | None:
        return self.classes

    @property
    def size(self) -> int:
        return len(self.x)

    def draw(self, seed: int) -> tuple[Array, Labels]:
        y = np.array(self.y, np.int64 if self.classes else np.float64)
        return np.array(self.x, np.float64), y


class Table(Dataset):
    """A file of one's own: `{table: {file: iris.csv, target: kind}}`.

    A `.csv` file has a header; `target` is one of its columns, all others
    are features, and every cell is a number. A `.npz` file has the samples
    as `x`, of one to three axes behind the first, and the targets as `y`.
    Whether a target is a class is said, never guessed.

    Attributes:
        file: its path, from the folder that one works in.
        target: the column to predict; of a `.csv` file alone.
        classes: how many classes there are, where the target is their
            number from 0 on; None where it is a number to predict.
        sha256: of the file, the first 16 hex digits. It is filled in, so
            that a complete spec means these very samples; where it is said,
            the file has to be that one.
    """

    file: str
    target: str | None = None
    classes: Classes = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None

    @model_validator(mode="after")
    def _says_what_the_file_holds(self) -> "Table":
        try:
            rows = self._rows()
        except SpecError as error:
            refuse((error.field.rpartition(".")[2],), error.message)
        # Written to a frozen record at its birth alone.
        self.__dict__["sha256"] = rows.sha256
        return self

    def _rows(self) -> Rows:
        """Return what the file holds now, if it is what is meant."""
        try:
            rows = read(self.file, self.target)
            if self.sha256 not in (None, rows.sha256):
                raise TableError("sha256", "is not the file that is meant")
            if wrong := wrong_label(rows.y, self.classes):
                raise TableError(
                    "classes",
                    f"has in row {wrong[0] + 1} a target that is "
                    f"none: {wrong[1]}",
                )
        except TableError as error:
            raise SpecError(
                f"data.table.{error.field}",
                f"{_end_of(self.file)} {error.text}",
            ) from error
        return rows

    @property
    def shape(self) -> Shape:
        return self._rows().x.shape[1:]

    @property
    def class_count(self) -> int | None:
        return self.classes

    @property
    def size(self) -> int:
        return len(self._rows().x)

    def draw(self, seed: int) -> tuple[Array, Labels]:
        rows = self._rows()
        return rows.x, rows.y.astype(np.int64 if self.classes else np.float64)


def _end_of(path: str) -> str:
    """Return a path as it is quoted in a sentence: its end says which."""
    return path if len(path) <= 100 else f"...{path[-97:]}"
