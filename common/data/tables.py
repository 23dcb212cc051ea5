"""Samples that somebody brings along, in the spec itself or in a file."""

from typing import Annotated, Any

import numpy as np
from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from framework_parity.common.data.base import Dataset, Labels
from framework_parity.common.data.class_labels import numbered, wrong_label
from framework_parity.common.data.sheet import TableError
from framework_parity.common.data.table_files import (
    Channels,
    Contents,
    read,
    samples,
)
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.errors import SpecError, shown
from framework_parity.common.spec.layer import Array, Shape
from framework_parity.common.spec.node import Number, refuse

ClassCount = Annotated[int, Field(strict=True, ge=2)]
Row = Annotated[tuple[Number, ...], Field(min_length=1)]

SAY_CLASSES = (
    "; if it is a class, say how many there are, as 'classes: {}', beside '{}'"
)


def _expect_names(written: Any) -> Any:
    """Refuse names that are not text or whole numbers, or stand twice."""
    for name in written if isinstance(written, list | tuple) else ():
        if isinstance(name, bool):
            raise PydanticCustomError(
                "class_name",
                "{text}",
                {
                    "text": f"got {str(name).lower()} for the name of a "
                    "class, as YAML reads yes, no, true and false; put the "
                    'names into quotes: ["no", "yes"]'
                },
            )
        if not isinstance(name, str | int):
            raise PydanticCustomError(
                "class_name",
                "{text}",
                {
                    "text": f"got {shown(name)} for the name of a class, "
                    "expected text or a whole number"
                },
            )
    texts = [str(n) for n in written] if isinstance(written, list) else []
    for name in texts:
        if texts.count(name) > 1:
            raise PydanticCustomError(
                "class_name", "{text}", {"text": f"{shown(name)} stands twice"}
            )
    return written


ClassNames = Annotated[
    tuple[str | int, ...], Field(min_length=2), BeforeValidator(_expect_names)
]


def _form(written: Any) -> str:
    return "names" if isinstance(written, list | tuple) else "count"


Classes = Annotated[
    Annotated[ClassCount | None, Tag("count")]
    | Annotated[ClassNames, Tag("names")],
    Discriminator(_form),
]


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
    classes: ClassCount | None = None

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

    @property
    def target_deviation(self) -> float | None:
        return None if self.classes else _deviation(np.array(self.y))

    @property
    def way_to_classes(self) -> str:
        return SAY_CLASSES.format(_count(np.array(self.y)), "y")

    def labels(self, seed: int) -> Labels | None:
        return self.draw(seed)[1] if self.classes else None

    def draw(self, seed: int) -> tuple[Array, Labels]:
        y = np.array(self.y, np.int64 if self.classes else np.float64)
        return np.array(self.x, np.float64), y


class Table(Dataset):
    """A file of one's own: `{table: {file: iris.csv, target: kind}}`.

    A `.csv` file (or `.csv.gz`) has a header; `target` is one of its
    columns, all others are features, and every cell of those is a number,
    or true or false. A first column without a name that numbers the rows,
    as pandas writes it, is left out. A `.npz` file has the samples as `x`,
    of one to three axes behind the first, and the targets as `y`; or
    `x_train` and `y_train`, beside which `x_val`, `y_val` and `x_test`,
    `y_test` are the validation and the test part. An image is (height,
    width, channels), as Keras has it, unless `channels` says otherwise.
    Whether a target is a class is said, never guessed.

    Attributes:
        file: its path, from the folder that one works in.
        test_file: a file of the same kind that is the test part; its
            columns may stand in another order.
        validation_file: likewise, of the validation part.
        target: the column to predict; of a `.csv` file alone.
        classes: how many classes there are, where the target is their
            number from 0 on, or text, whose values are then numbered in
            their alphabetical order. Or a list of what stands in the file
            for each class, in the order of their numbers: `[no, yes]` in
            quotes, `[-1, 1]`. None where the target is a number to predict.
        channels: where the channels of images (n, a, b, c) stand in a
            `.npz` file: `last`, (n, height, width, channels), or `first`,
            (n, channels, height, width), as PyTorch has it. Where it is not
            said, `last`; what looks like the other is refused.
        sha256: of the file, or of all files one after the other, the first
            16 hex digits. It is filled in, so that a complete spec means
            these very samples; where it is said, the file has to be that
            one.
    """

    file: str
    test_file: str | None = None
    validation_file: str | None = None
    target: str | None = None
    classes: Classes = None
    channels: Channels | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None

    @model_validator(mode="after")
    def _says_what_the_file_holds(self) -> "Table":
        try:
            found = self._contents()
            _, classes = self._targets(found)
        except SpecError as error:
            refuse((error.field.rpartition(".")[2],), error.message)
        # Written to a frozen record at its birth alone.
        self.__dict__["sha256"] = found.sha256
        self.__dict__["classes"] = classes
        if len(found.shape) == 3 and self.channels is None:
            self.__dict__["channels"] = "last"
        return self

    def _files(self) -> dict[str, str]:
        """Return the path of each part's file."""
        said = {
            "train": self.file,
            "validation": self.validation_file,
            "test": self.test_file,
        }
        return {part: path for part, path in said.items() if path is not None}

    def _contents(self) -> Contents:
        """Return what the files hold now, if they are what is meant."""
        try:
            found = read(self._files(), self.target, self.channels)
            if self.sha256 not in (None, found.sha256):
                raise TableError(
                    "sha256",
                    "is not the file that is meant: its digest is "
                    f"{found.sha256}; leave 'sha256' out to take it as it is",
                )
        except TableError as error:
            raise self._refusal(error) from error
        return found

    def _targets(self, found: Contents) -> tuple[Array, Any]:
        column = f"column {shown(self.target)}" if self.target else "y"
        try:
            return numbered(found.y, self.classes, found.place, column)
        except TableError as error:
            raise self._refusal_of_target(found, column, error) from error

    def _refusal_of_target(
        self, found: Contents, column: str, error: TableError
    ) -> SpecError:
        """Return the refusal of a target, naming the file that it is in."""
        path = self.file
        for part, rows in found.rows().items():

            def place(row: int, first: int = rows.start) -> str:
                return found.place(first + row)

            try:
                numbered(found.y[rows], self.classes, place, column)
            except TableError as own:
                error, path = own, self._files().get(part, self.file)
                break
        return SpecError(
            f"data.table.{error.field}", f"{_end_of(path)} {error.text}"
        )

    def _refusal(self, error: TableError) -> SpecError:
        fields = {
            "train": "file",
            "test": "test_file",
            "validation": "validation_file",
        }
        path = self._files().get(error.field, self.file)
        field = fields.get(error.field, error.field)
        return SpecError(
            f"data.table.{field}", f"{_end_of(path)} {error.text}"
        )

    @property
    def shape(self) -> Shape:
        return self._contents().shape

    @property
    def class_count(self) -> int | None:
        return (
            len(self.classes)
            if isinstance(self.classes, tuple)
            else self.classes
        )

    @property
    def class_names(self) -> tuple[str, ...] | None:
        if not isinstance(self.classes, tuple):
            return None
        return tuple(map(str, self.classes))

    @property
    def size(self) -> int:
        return sum(self._contents().sizes.values())

    @property
    def test_size(self) -> int:
        return self._contents().sizes["test"]

    @property
    def validation_size(self) -> int:
        return self._contents().sizes["validation"]

    @property
    def target_deviation(self) -> float | None:
        if self.classes is not None:
            return None
        return _deviation(self._targets(self._contents())[0])

    @property
    def way_to_classes(self) -> str:
        return SAY_CLASSES.format(_count(self._contents().y), "file")

    def place(self, row: int) -> str:
        return f"{self._contents().place(row)} of {_end_of(self.file)}"

    def notices(self) -> list[str]:
        found = self._contents()
        y, _ = self._targets(found)
        told = [f"{_end_of(self.file)}: {each}" for each in found.notices]
        names = self.class_names
        if names and found.y.dtype.kind == "U":
            pairs = ", ".join(f"{n} {name}" for n, name in enumerate(names))
            told.append(
                f"{_end_of(self.file)}: the classes are numbered {pairs}"
            )
        for number in range(self.class_count or 0):
            if not (y == number).any():
                called = f" ({names[number]})" if names else ""
                told.append(
                    f"{_end_of(self.file)}: class {number}{called} has no "
                    "sample"
                )
        return told

    def labels(self, seed: int) -> Labels | None:
        if self.classes is None:
            return None
        return self._targets(self._contents())[0].astype(np.int64)

    def draw(self, seed: int) -> tuple[Array, Labels]:
        y, classes = self._targets(self._contents())
        x = samples(self._files(), self.target, self.channels)
        return x, y.astype(np.float64 if classes is None else np.int64)


def _count(y: Array) -> int:
    """Return how many classes there would be, if y holds their numbers."""
    whole = y.dtype.kind == "f" and (y == np.floor(y)).all() and y.min() >= 0
    return max(2, int(y.max()) + 1) if whole and y.max() < 1000 else 2


def _end_of(path: str) -> str:
    """Return a path as it is quoted in a sentence: its end says which."""
    return path if len(path) <= 100 else f"...{path[-97:]}"


def _deviation(y: Array) -> float:
    """Return a standard deviation; infinite where squares overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = float(np.std(y.astype(np.float64)))
    return found if found == found else float("inf")
