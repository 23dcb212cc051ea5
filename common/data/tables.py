"""The user's own samples, in the specification itself or in a file."""

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

from framework_parity.common.data.base import Dataset, Labels, Samples
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
from framework_parity.common.spec.layer import Array, Shape, TokenShape
from framework_parity.common.spec.node import Number, PositiveInt, refuse

ClassCount = Annotated[int, Field(strict=True, ge=2)]
Row = Annotated[tuple[Number, ...], Field(min_length=1)]

GIVE_CLASSES = (
    "; if it is a class, give the number of classes, 'classes: {}', beside "
    "'{}'"
)


def _expect_names(written: Any) -> Any:
    """Raise an error for names that are not text or integers, or repeated."""
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
        x: the samples, lists of equal length.
        y: the target of each sample.
        classes: the number of classes, if y holds class numbers from 0; None
            for regression.
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
        return GIVE_CLASSES.format(_count(np.array(self.y)), "y")

    def labels(self, seed: int) -> Labels | None:
        return self.draw(seed)[1] if self.classes else None

    def draw(self, seed: int) -> tuple[Array, Labels]:
        y = np.array(self.y, np.int64 if self.classes else np.float64)
        return np.array(self.x, np.float64), y


class TableDataset(Dataset, title="Table"):
    """A file of one's own: `{table: {file: iris.csv, target: kind}}`.

    A `.csv` file (or `.csv.gz`) has a header; `target` is one of its columns,
    all others are features, whose cells are numbers, or true or false. A
    first column without a name that numbers the rows, as written by pandas,
    is ignored. A `.npz` file has the samples as `x`, with one to three axes
    after the first, and the targets as `y`; or `x_train` and `y_train`, and
    optionally `x_val`, `y_val` and `x_test`, `y_test`, the validation and
    the test part. An image is (height, width, channels), as in Keras, unless
    `channels` is `first`. A target is a class only if `classes` is given.

    Attributes:
        file: the path of the file, relative to the working directory.
        test_file: a file of the same kind with the test part; the order of
            its columns may differ.
        validation_file: likewise, with the validation part.
        target: the column to predict; only for a `.csv` file.
        classes: the number of classes, if the target is a class number from
            0, or text, whose values are then numbered in alphabetical order.
            Or a list of the value of each class in the file, in the order of
            their numbers: `[no, yes]` in quotes, `[-1, 1]`. None for
            regression.
        channels: the position of the channels of images (n, a, b, c) in a
            `.npz` file: `last`, (n, height, width, channels), or `first`,
            (n, channels, height, width), as in PyTorch. The default is
            `last`; shapes that look like the other are rejected.
        tokens: the number of different token ids, if the features are ids
            from 0, one for each step of a sequence; None for numbers.
        sha256: the first 16 hex digits of the digest of the file, or of all
            files one after the other. It is filled in, so that a complete
            specification identifies the samples; if it is given, the file
            has to match.
    """

    file: str
    test_file: str | None = None
    validation_file: str | None = None
    target: str | None = None
    classes: Classes = None
    channels: Channels | None = None
    tokens: PositiveInt | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None

    @model_validator(mode="after")
    def _says_what_the_file_holds(self) -> "TableDataset":
        try:
            contents = self._contents()
            _, classes = self._targets(contents)
            self._expect_tokens(contents)
        except SpecError as error:
            refuse((error.field.rpartition(".")[2],), error.message)
        # A frozen record is written to only during its validation.
        self.__dict__["sha256"] = contents.sha256
        self.__dict__["classes"] = classes
        if len(contents.shape) == 3 and self.channels is None:
            self.__dict__["channels"] = "last"
        return self

    def _expect_tokens(self, contents: Contents) -> None:
        """Raise an error if the features are not ids below `tokens`."""
        if self.tokens is None:
            return
        if len(contents.shape) != 1:
            raise SpecError(
                "data.table.tokens",
                f"{_end_of(self.file)} has samples of shape {contents.shape}, "
                "expected sequences of ids: (time,)",
            )
        x = samples(self._files(), self.target, self.channels)
        known = (x == np.floor(x)) & (x >= 0) & (x < self.tokens)
        if not known.all():
            row, step = np.argwhere(~known)[0]
            raise SpecError(
                "data.table.tokens",
                f"{self.place(int(row))} has {x[row, step]:g} at step "
                f"{step + 1}, expected whole numbers from 0 to "
                f"{self.tokens - 1}; 'tokens' is the largest id plus 1",
            )

    def _files(self) -> dict[str, str]:
        """Return the path of each part's file."""
        paths = {
            "train": self.file,
            "validation": self.validation_file,
            "test": self.test_file,
        }
        return {part: path for part, path in paths.items() if path is not None}

    def _contents(self) -> Contents:
        """Return the contents of the files, if `sha256` matches."""
        try:
            contents = read(self._files(), self.target, self.channels)
            if self.sha256 not in (None, contents.sha256):
                raise TableError(
                    "sha256",
                    "is not the file of the specification: its digest is "
                    f"{contents.sha256}; leave 'sha256' out to take it as it "
                    "is",
                )
        except TableError as error:
            raise self._refusal(error) from error
        return contents

    def _targets(self, contents: Contents) -> tuple[Array, Any]:
        column = f"column {shown(self.target)}" if self.target else "y"
        try:
            return numbered(contents.y, self.classes, contents.place, column)
        except TableError as error:
            raise self._refusal_of_target(contents, column, error) from error

    def _refusal_of_target(
        self, contents: Contents, column: str, error: TableError
    ) -> SpecError:
        """Return the error about a target, with the name of its file."""
        path = self.file
        for part, rows in contents.rows().items():

            def place(row: int, first: int = rows.start) -> str:
                return contents.place(first + row)

            try:
                numbered(contents.y[rows], self.classes, place, column)
            except TableError as cause:
                error, path = cause, self._files().get(part, self.file)
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
        shape = self._contents().shape
        return shape if self.tokens is None else TokenShape(shape, self.tokens)

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
        return GIVE_CLASSES.format(_count(self._contents().y), "file")

    def place(self, row: int) -> str:
        return f"{self._contents().place(row)} of {_end_of(self.file)}"

    def notices(self) -> list[str]:
        contents = self._contents()
        y, _ = self._targets(contents)
        notices = [
            f"{_end_of(self.file)}: {notice}" for notice in contents.notices
        ]
        names = self.class_names
        if names and contents.y.dtype.kind == "U":
            pairs = ", ".join(f"{n} {name}" for n, name in enumerate(names))
            notices.append(
                f"{_end_of(self.file)}: the classes are numbered {pairs}"
            )
        for number in range(self.class_count or 0):
            if not (y == number).any():
                called = f" ({names[number]})" if names else ""
                notices.append(
                    f"{_end_of(self.file)}: class {number}{called} has no "
                    "sample"
                )
        return notices

    def labels(self, seed: int) -> Labels | None:
        if self.classes is None:
            return None
        return self._targets(self._contents())[0].astype(np.int64)

    def draw(self, seed: int) -> tuple[Samples, Labels]:
        y, classes = self._targets(self._contents())
        x: Samples = samples(self._files(), self.target, self.channels)
        if self.tokens is not None:
            x = x.astype(np.int64)
        return x, y.astype(np.float64 if classes is None else np.int64)


def _count(y: Array) -> int:
    """Return the number of classes if y holds class numbers."""
    whole = y.dtype.kind == "f" and (y == np.floor(y)).all() and y.min() >= 0
    return max(2, int(y.max()) + 1) if whole and y.max() < 1000 else 2


def _end_of(path: str) -> str:
    """Return a path as it is quoted in a message: its last characters."""
    return path if len(path) <= 100 else f"...{path[-97:]}"


def _deviation(y: Array) -> float:
    """Return the standard deviation; infinite if the squares overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = float(np.std(y.astype(np.float64)))
    return deviation if deviation == deviation else float("inf")
