"""Reader of .csv files: a header, then a line for each sample."""

import csv
import gzip
import io
import math
import re
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from framework_parity.common.data.cells import number_of, wrong_cell
from framework_parity.common.data.sheet import (
    Sheet,
    TableError,
    nearest_of,
    one_of,
)
from framework_parity.common.spec.errors import shown
from framework_parity.common.spec.layer import Array

BOOLEANS = {"true": 1.0, "false": 0.0}

PANDAS = (
    "pandas.read_csv(file, sep={!r}{}).to_csv('table.csv', index=False) "
    "rewrites it"
)


@dataclass(frozen=True)
class _Table:
    """The cells of a file: the numbers, and the text of other columns.

    Attributes:
        header: the name of each column.
        numbers: array (rows, columns), NaN where a cell is not a number.
        text: the cells of each column that contains other cells, by index.
        lines: the line of the file on which each row ends.
    """

    header: list[str]
    numbers: Array
    text: dict[int, list[str]]
    lines: Array


def read(file: Path, target: str | None, packed: bool) -> Sheet:
    """Read a .csv file.

    Args:
        file: the path of the file.
        target: the name of the column to predict.
        packed: whether the file is compressed by gzip.

    Returns:
        The other columns as samples (n, features) in float64; the target (n,)
        in float64, or as text if one of its cells is not a number.

    Raises:
        TableError: if the file is malformed.
    """
    table = _table(file, target, packed)
    notices: list[str] = []
    left_out = _left_out(table, target, notices)
    column = _target_column(table, target, left_out)
    features = [
        index
        for index in range(len(table.header))
        if index != column and index not in left_out
    ]
    if not features:
        raise TableError("file", "has no column beside its target")
    x = table.numbers[:, features]
    for place, index in enumerate(features):
        if index in table.text:
            x[:, place] = _feature(table, index)
    notices += _counting(table, features)
    y = table.numbers[:, column].copy()
    if column in table.text:
        y = np.array(table.text[column])
    return Sheet(
        x,
        y,
        tuple(table.header[index] for index in features),
        table.lines,
        target=table.header[column],
        notices=tuple(notices),
    )


def in_order(sheet: Sheet, columns: tuple[str, ...], part: str) -> Sheet:
    """Return a sheet with its columns in a given order.

    Args:
        sheet: the sheet to reorder.
        columns: the names of the columns, in order.
        part: the part of the data in the file, for the message.

    Returns:
        The sheet with `columns`.

    Raises:
        TableError: if the sheet does not have the same columns.
    """
    if set(sheet.columns) != set(columns):
        missing = [name for name in columns if name not in sheet.columns]
        more = [name for name in sheet.columns if name not in columns]
        wrong = (
            f"has no column {shown(missing[0])}"
            if missing
            else f"has a column {shown(more[0])}"
        )
        raise TableError(
            part,
            f"{wrong}, which the file of the training part has"
            + ("" if missing else " not"),
        )
    order = [sheet.columns.index(name) for name in columns]
    return replace(sheet, x=sheet.x[:, order], columns=columns)


@contextmanager
def _opened(file: Path, packed: bool) -> Iterator[io.TextIOWrapper]:
    with file.open("rb") as raw:
        source = gzip.GzipFile(fileobj=raw) if packed else raw
        with io.TextIOWrapper(source, "utf-8-sig", newline="") as text:
            yield text


def _lines(file: Path, packed: bool) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the cells of each line that is not blank."""
    number = 0
    try:
        with _opened(file, packed) as text:
            reader = csv.reader(text, skipinitialspace=True)
            for cells in reader:
                number = reader.line_num
                if cells:
                    yield number, [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        wrong = error.object[error.start : error.start + 1]
        raise TableError(
            "file",
            f"is not text in UTF-8 (byte 0x{wrong.hex()} in line "
            f"{_undecoded(file, packed)}); save it as 'CSV UTF-8'",
        ) from error
    except csv.Error as error:
        raise TableError(
            "file", f"cannot be read: {error} after line {number}"
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TableError(
            "file", f"is packed, and damaged after line {number}"
        ) from error


def _undecoded(file: Path, packed: bool) -> int:
    """Return the number of the first line that is not UTF-8."""
    with gzip.open(file) if packed else file.open("rb") as raw:
        for number, line in enumerate(raw, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 0


def _table(file: Path, target: str | None, packed: bool) -> _Table:
    lines = _lines(file, packed)
    _, header = next(lines, (0, []))
    if not header:
        raise TableError("file", "has no header: it is empty")
    # numpy.savetxt begins its header with "# ".
    header[0] = header[0].lstrip("# ")
    _check_header(file, packed, header, target)
    numbers, places, odd = array("d"), array("q"), set[int]()
    for number, cells in lines:
        if len(cells) != len(header):
            raise TableError("file", _wrong_width(number, cells, header))
        try:
            values = [float(cell) for cell in cells]
        except ValueError:
            if not any(cells):
                raise TableError(
                    "file",
                    f"has in line {number} nothing but commas; leave the "
                    "line out",
                ) from None
            values = [number_of(cell) for cell in cells]
        if "_" in "".join(cells) or not all(map(math.isfinite, values)):
            values = [number_of(cell) for cell in cells]
            odd.update(i for i, v in enumerate(values) if math.isnan(v))
        numbers.extend(values)
        places.append(number)
    if not places:
        raise TableError("file", "has a header, but no samples")
    text: dict[int, list[str]] = {index: [] for index in sorted(odd)}
    for _, cells in _rest(_lines(file, packed)) if odd else ():
        for index, column in text.items():
            column.append(cells[index])
    table = np.array(numbers).reshape(len(places), len(header))
    return _Table(header, table, text, np.array(places))


def _rest(
    lines: Iterator[tuple[int, list[str]]],
) -> Iterator[tuple[int, list[str]]]:
    next(lines)
    return lines


def _check_header(
    file: Path, packed: bool, header: list[str], target: str | None
) -> None:
    separator = re.search(r"[;\t|]| +", header[0])
    if len(header) == 1 and separator and header != [target]:
        rows = _rest(_lines(file, packed))
        commas = any(len(cells) > 1 for _, cells in rows)
        decimal = ", decimal=','" if commas else ""
        between = r"\s+" if separator[0].startswith(" ") else separator[0]
        raise TableError(
            "file",
            f"has {separator[0]!r} between its columns, expected ','; "
            + PANDAS.format(between, decimal),
        )
    are_numbers = [not math.isnan(number_of(name)) for name in header]
    if target not in header and any(are_numbers):
        raise TableError(
            "file",
            f"has no header: its first line is {one_of(header)}; put a line "
            "before it with a name for each column, one of which is the "
            "target",
        )
    named = [name for name in header if name]
    for name in named:
        if named.count(name) > 1:
            first = header.index(name)
            again = header.index(name, first + 1)
            raise TableError(
                "file",
                f"has two columns that are called {shown(name)}, the "
                f"{_ordinal(first)} and the {_ordinal(again)}; give each a "
                "name of its own",
            )


def _ordinal(index: int) -> str:
    """Return the ordinal number of a column, counted from 1.

    >>> [_ordinal(index) for index in (0, 1, 10, 20)]
    ['1st', '2nd', '11th', '21st']
    """
    number = index + 1
    teens = 10 < number % 100 < 14
    end = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{end}"


def _wrong_width(number: int, cells: list[str], header: list[str]) -> str:
    text = (
        f"has {len(cells)} cells in line {number}, but the header names "
        f"{len(header)} columns"
    )
    if len(cells) == len(header) + 1:
        if not cells[-1]:
            return f"{text}; take the comma at the end of the line away"
        return (
            f"{text}; name the first column too if it numbers the rows, or "
            "put a cell with a comma in it into quotes"
        )
    return text


def _left_out(
    table: _Table, target: str | None, notices: list[str]
) -> set[int]:
    """Return the columns that are not features: row indices and empty ones."""
    indices = set()
    last = len(table.header) - 1
    for index, name in enumerate(table.header):
        nameless = not name or re.fullmatch(r"Unnamed: \d+", name)
        if not nameless or name == target:
            continue
        cells = table.text.get(index)
        called = f"called {shown(name)}" if name else "without a name"
        if cells is not None and not any(cells):
            where = "a comma at the end of its lines" if index == last else ""
            notices.append(
                f"the {_ordinal(index)} column, {called}, is empty and is "
                "left out" + (f" ({where})" if where else "")
            )
        elif index == 0 and cells is None and _numbers_rows(table, index):
            notices.append(
                f"the 1st column, {called}, numbers the rows and is left out;"
                " pandas writes it unless to_csv(..., index=False) is used"
            )
        else:
            raise TableError(
                "file",
                f"has in place {index + 1} a column {called} that does not "
                "merely number the rows; give it a name if it is a feature, "
                "or take it away",
            )
        indices.add(index)
    return indices


def _numbers_rows(table: _Table, index: int) -> bool:
    """Return whether a column has distinct non-negative integers."""
    values = table.numbers[:, index]
    whole = (values >= 0) & (values == np.floor(values))
    return bool(whole.all()) and len(np.unique(values)) == len(values)


def _counting(table: _Table, features: list[int]) -> list[str]:
    """Return a notice for each feature that is a row number."""
    rows = np.arange(len(table.lines))
    return [
        f"the column {shown(table.header[index])} counts the rows from "
        f"{table.numbers[0, index]:g} on and is taken as a feature; if it "
        "is no property of a sample, take it out of the file"
        for index in features
        if len(rows) > 2
        and index not in table.text
        and table.numbers[0, index] in (0, 1)
        and np.array_equal(
            table.numbers[:, index] - table.numbers[0, index], rows
        )
    ]


def _target_column(
    table: _Table, target: str | None, left_out: set[int]
) -> int:
    header = [
        name
        for index, name in enumerate(table.header)
        if index not in left_out
    ]
    if target is None:
        raise TableError(
            "target",
            f"has the columns {one_of(header)}, but no target is given; use "
            f"which is to be predicted, as 'target: {header[-1]}'",
        )
    if target not in header:
        raise TableError(
            "target",
            f"has the columns {one_of(header)}, but got {shown(target)}"
            + nearest_of(target, header),
        )
    return table.header.index(target)


def _feature(table: _Table, index: int) -> Array:
    """Return a column of true and false as 1 and 0, or raise an error."""
    cells = table.text[index]
    if all(cell.casefold() in BOOLEANS for cell in cells):
        return np.array([BOOLEANS[cell.casefold()] for cell in cells])
    raise TableError(
        "file",
        wrong_cell(
            f"column {shown(table.header[index])}",
            cells,
            lambda row: (
                f"line {table.lines[row]} of column "
                f"{shown(table.header[index])}"
            ),
        ),
    )
