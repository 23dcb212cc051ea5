"""Each kind of file that users have is read, or refused with a remedy.

The kinds are those of a trial with files of users: what pandas, R, Excel,
NumPy, Keras and scikit-learn write, and what remains in such files.
"""

import gzip
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from framework_parity.common.data.tables import TableDataset
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.load import parse

ROWS = 30
VALUES = [round(0.37 * (row * 7 % ROWS) - 3, 2) for row in range(ROWS)]
LABELS = [row % 3 for row in range(ROWS)]
NAMES = ["setosa", "versicolor", "virginica"]
X = np.stack([VALUES, VALUES[::-1]], axis=1)
Y = np.array(LABELS)


def csv(
    columns: Mapping[str, Iterable[Any]], between: str = ",", end: str = "\n"
) -> str:
    """Return a table as the text of a file."""
    lines = [list(columns), *zip(*columns.values(), strict=True)]
    return "".join(between.join(map(str, line)) + end for line in lines)


def with_cell(cell: str) -> str:
    """Return a valid file, except for one cell of `b`, in line 5."""
    return csv({"a": VALUES, "b": [*VALUES[:3], cell, *VALUES[4:]], "y": Y})


GOOD = csv({"a": VALUES, "b": VALUES[::-1], "y": LABELS})
FEATURES = {"a": VALUES, "b": VALUES[::-1]}


def saved(file: Path, content: Any) -> None:
    """Write text, bytes, or arrays."""
    if isinstance(content, dict):
        with file.open("wb") as opened:
            np.savez(opened, **content)
    elif isinstance(content, str):
        file.write_bytes(content.encode())
    else:
        file.write_bytes(content)


def written(file: Path, fields: dict[str, Any]) -> Experiment:
    table = {"file": str(file), "classes": 3, **fields}
    if ".csv" in file.name.lower() and "target" not in table:
        table["target"] = "y"
    classes = table["classes"]
    units = classes if isinstance(classes, int) else len(classes or [1])
    loss = "mean_squared_error" if classes is None else "cross_entropy"
    return parse(
        {
            "name": "kinds",
            "dialect": "torch",
            "data": {"table": table, "scaling": "none"},
            "recipe": {"loss": loss, "optimizer": {"sgd": 0.1}, "epochs": 1},
            "arms": {"a": ["flatten", {"dense": units}]},
        }
    )


class Read(NamedTuple):
    """A file that is read.

    Attributes:
        id: the id of the test.
        name: of the file.
        content: text, bytes, or arrays by name.
        x: its samples.
        y: its targets.
        fields: of the table, beside the file.
        notice: part of the notice about it.
    """

    id: str
    name: str
    content: Any
    x: Any = X
    y: Any = Y
    fields: dict[str, Any] = {}  # noqa: RUF012 - is never changed
    notice: str = ""


INDEX = "without a name, numbers the rows and is left out"
IMAGES = np.arange(ROWS * 3 * 6 * 5, dtype=np.uint8).reshape(ROWS, 3, 6, 5)
NAMED = {"classes": NAMES}
READ = [
    Read("plain", "t.csv", GOOD),
    Read("bom_crlf", "t.csv", "\ufeff" + GOOD.replace("\n", "\r\n")),
    Read("carriage_returns", "t.csv", GOOD.replace("\n", "\r")),
    Read("capital_end", "T.CSV", GOOD),
    Read("packed", "t.csv.gz", gzip.compress(GOOD.encode())),
    Read("blank_lines", "t.csv", GOOD.replace("\n", "\n\n")),
    Read(
        "quoted",
        "t.csv",
        '"' + GOOD.replace(",", '","')[:-1].replace("\n", '"\n"') + '"\n',
    ),
    Read("spaces_beside", "t.csv", GOOD.replace(",", " , ")),
    Read("savetxt_header", "t.csv", "# " + GOOD),
    Read("no_last_newline", "t.csv", GOOD.rstrip()),
    Read(
        "pandas_index",
        "t.csv",
        csv({"": list(range(ROWS)), **FEATURES, "y": LABELS}),
        notice=INDEX,
    ),
    Read(
        "r_row_names",
        "t.csv",
        csv({'""': [f'"{n + 1}"' for n in range(ROWS)], **FEATURES, "y": Y}),
        notice=INDEX,
    ),
    Read(
        "shuffled_index",
        "t.csv",
        csv({"": [n * 7 % 31 for n in range(ROWS)], **FEATURES, "y": Y}),
        notice=INDEX,
    ),
    Read(
        "read_and_written_again",
        "t.csv",
        csv({"Unnamed: 0": list(range(ROWS)), **FEATURES, "y": LABELS}),
        notice="called 'Unnamed: 0', numbers the rows and is left out",
    ),
    Read(
        "trailing_comma",
        "t.csv",
        GOOD.replace("\n", ",\n"),
        notice="the 4th column, without a name, is empty and is left out",
    ),
    Read(
        "numbered_by_a_name",
        "t.csv",
        csv({"Id": [n + 1 for n in range(ROWS)], "b": VALUES, "y": LABELS}),
        np.stack([np.arange(ROWS) + 1, VALUES], axis=1),
        notice="'Id' counts the rows from 1 on and is taken as a feature",
    ),
    Read(
        "booleans",
        "t.csv",
        csv({"a": [n % 2 == 0 for n in range(ROWS)], "b": VALUES, "y": Y}),
        np.stack([(np.arange(ROWS) + 1) % 2, VALUES], axis=1),
    ),
    Read(
        "names_sorted",
        "t.csv",
        csv({**FEATURES, "y": [NAMES[n] for n in LABELS]}),
        notice="numbered 0 setosa, 1 versicolor, 2 virginica",
    ),
    Read(
        "names_in_an_order",
        "t.csv",
        csv({**FEATURES, "y": [NAMES[n] for n in LABELS]}),
        y=2 - Y,
        fields={"classes": NAMES[::-1]},
        notice="numbered 0 virginica, 1 versicolor, 2 setosa",
    ),
    Read("names_of_numbers", "t.csv", GOOD, fields=NAMED),
    Read(
        "labels_from_1",
        "t.csv",
        csv({**FEATURES, "y": [n + 1 for n in LABELS]}),
        fields={"classes": [1, 2, 3]},
    ),
    Read(
        "negative_labels",
        "t.csv",
        csv({**FEATURES, "y": [2 * (n % 2) - 1 for n in range(ROWS)]}),
        y=np.arange(ROWS) % 2,
        fields={"classes": [-1, 1]},
    ),
    Read(
        "gaps_in_labels",
        "t.csv",
        csv({**FEATURES, "y": [[0, 2, 5][n] for n in LABELS]}),
        fields={"classes": [0, 2, 5]},
    ),
    Read(
        "float_labels", "t.csv", csv({**FEATURES, "y": [float(n) for n in Y]})
    ),
    Read(
        "boolean_labels",
        "t.csv",
        csv({**FEATURES, "y": [n % 2 == 1 for n in range(ROWS)]}),
        y=np.arange(ROWS) % 2,
        fields={"classes": 2},
        notice="numbered 0 False, 1 True",
    ),
    Read(
        "cards",
        "t.csv",
        csv({**FEATURES, "y": [["10", "J", "K"][n] for n in LABELS]}),
        notice="numbered 0 10, 1 J, 2 K",
    ),
    Read(
        "a_class_without_samples",
        "t.csv",
        GOOD,
        fields={"classes": 4},
        notice="class 3 has no sample",
    ),
    Read("number", "t.csv", GOOD, fields={"classes": None}),
    Read(
        "large_numbers",
        "t.csv",
        csv({**FEATURES, "y": [50_000 * n for n in LABELS]}),
        y=50_000 * Y,
        fields={"classes": None},
        notice="'target_scaling: standardize' scales it",
    ),
    Read("npz", "t.npz", {"x": X, "y": Y}),
    Read("npz_column", "t.npz", {"x": X, "y": Y[:, np.newaxis]}),
    Read(
        "npz_float16", "t.npz", {"x": X.astype("f2"), "y": Y}, X.astype("f2")
    ),
    Read(
        "npz_big_endian", "t.npz", {"x": X.astype(">f8"), "y": Y.astype(">i2")}
    ),
    Read("npz_booleans", "t.npz", {"x": X > 0, "y": Y}, X > 0),
    Read(
        "npz_names",
        "t.npz",
        {"x": X, "y": np.array(NAMES)[Y]},
        notice="numbered 0 setosa",
    ),
    Read(
        "npz_bytes",
        "t.npz",
        {"x": X, "y": np.array(NAMES, "S")[Y]},
        notice="numbered 0 setosa",
    ),
    Read("npz_digits_as_text", "t.npz", {"x": X, "y": Y.astype(str)}),
    Read(
        "npz_channels_first",
        "t.npz",
        {"x": IMAGES, "y": Y},
        IMAGES.transpose(0, 2, 3, 1),
        fields={"channels": "first"},
    ),
    Read(
        "npz_channels_last",
        "t.npz",
        {"x": IMAGES.transpose(0, 2, 3, 1), "y": Y},
        IMAGES.transpose(0, 2, 3, 1),
    ),
    Read(
        "npz_channels_said_last",
        "t.npz",
        {"x": IMAGES, "y": Y},
        IMAGES,
        fields={"channels": "last"},
    ),
    Read(
        "keras_names",
        "t.npz",
        {"x_train": X, "y_train": Y, "x_test": X[:9], "y_test": Y[:9]},
        np.concatenate([X, X[:9]]),
        np.concatenate([Y, Y[:9]]),
    ),
    Read(
        "three_parts",
        "t.npz",
        {"x_train": X, "y_train": Y, "x_test": X[:9], "y_test": Y[:9]}
        | {"x_val": X[3:9], "y_val": Y[3:9]},
        np.concatenate([X, X[3:9], X[:9]]),
        np.concatenate([Y, Y[3:9], Y[:9]]),
    ),
]


@pytest.mark.parametrize("case", READ, ids=lambda case: case.id)
def test_a_file_is_read(case: Read, tmp_path: Path) -> None:
    file = tmp_path / case.name
    saved(file, case.content)
    data = written(file, case.fields).data
    x, y = data.source.draw(0)
    np.testing.assert_array_equal(x, case.x)
    np.testing.assert_array_equal(y, case.y)
    assert y.dtype == (np.float64 if data.source.class_count is None else int)
    notices = data.notices()
    assert len(notices) == bool(case.notice)
    assert all(case.notice in notice for notice in notices)
    # The complete dump means the same.
    again = type(data).model_validate(data.model_dump(mode="json"))
    assert again == data


class Refused(NamedTuple):
    """A file that is refused: with which field, and which words."""

    id: str
    name: str
    content: Any
    field: str
    messages: tuple[str, ...]
    fields: dict[str, Any] = {}  # noqa: RUF012 - is never changed


def cell(name: str, text: str, *messages: str) -> Refused:
    return Refused(f"cell_{name}", "t.csv", with_cell(text), "file", messages)


def target(
    name: str, values: list[Any], *messages: str, **fields: Any
) -> Refused:
    content = csv({**FEATURES, "y": values})
    return Refused(
        f"target_{name}", "t.csv", content, "classes", messages, fields
    )


WHERE = "in line 5 of column 'b'"
ONE_HOT = np.eye(3)[Y]
REFUSED = [
    Refused("empty", "t.csv", "", "file", ("is empty",)),
    Refused("header_alone", "t.csv", "a,y\n", "file", ("but no samples",)),
    Refused(
        "semicolons",
        "t.csv",
        GOOD.replace(".", "~").replace(",", ";").replace("~", ","),
        "file",
        ("has ';' between its columns", "sep=';', decimal=','"),
    ),
    Refused(
        "semicolons_and_points",
        "t.csv",
        GOOD.replace(",", ";"),
        "file",
        ("has ';' between its columns", "sep=';').to_csv"),
    ),
    Refused("tabs", "t.csv", GOOD.replace(",", "\t"), "file", (r"sep='\t'",)),
    Refused("bars", "t.csv", GOOD.replace(",", "|"), "file", ("sep='|'",)),
    Refused("blanks", "t.csv", GOOD.replace(",", " "), "file", ("between",)),
    Refused(
        "no_header",
        "t.csv",
        GOOD.partition("\n")[2],
        "file",
        ("has no header", "put a line before it with a name for each column"),
    ),
    Refused(
        "twice_a_name",
        "t.csv",
        csv({"a": VALUES, "a ": VALUES, "y": Y}),
        "file",
        ("two columns that are called 'a', the 1st and the 2nd", "its own"),
    ),
    Refused(
        "row_names_of_text",
        "t.csv",
        csv({"": [f"row{n}" for n in range(ROWS)], **FEATURES, "y": Y}),
        "file",
        ("in place 1 a column without a name", "give it a name"),
    ),
    Refused(
        "row_names_without_a_head",
        "t.csv",
        GOOD.replace("\n", "\n7,").removesuffix("7,"),
        "file",
        ("has 4 cells in line 2, but the header names 3", "name the first"),
    ),
    Refused(
        "comma_at_an_end",
        "t.csv",
        GOOD + "1,2,0,\n",
        "file",
        ("in line 32", "take the comma at the end of the line away"),
    ),
    Refused("short_line", "t.csv", GOOD + "1,2\n", "file", ("in line 32",)),
    Refused("line_of_commas", "t.csv", GOOD + ",,\n", "file", ("in line 32",)),
    Refused(
        "latin_1",
        "t.csv",
        GOOD.encode() + "1,é,0\n".encode("latin-1"),
        "file",
        ("byte 0xe9 in line 32", "save it as 'CSV UTF-8'"),
    ),
    Refused("utf_16", "t.csv", GOOD.encode("utf-16"), "file", ("UTF-16",)),
    Refused("html", "t.csv", "<!DOCTYPE html>", "file", ("a web page",)),
    Refused("excel", "t.csv", b"PK\x03\x04xx", "file", ("Excel workbook",)),
    Refused("parquet", "t.csv", b"PAR1xx", "file", ("a Parquet file",)),
    Refused(
        "gzip", "t.csv", gzip.compress(b"a,y"), "file", ("call it .csv.gz",)
    ),
    Refused(
        "cut",
        "t.csv.gz",
        gzip.compress(GOOD.encode())[:-9],
        "file",
        ("packed, and damaged",),
    ),
    Refused(
        "git_lfs", "t.csv", "version https://git-lfs.x", "file", ("git lfs",)
    ),
    cell("empty", "", "has '' for a missing value", WHERE, "fill it in"),
    *(
        cell(name, name, "for a missing value", WHERE)
        for name in ("NA", "nan", "NULL", "?", "N/A", "None")
    ),
    cell("infinite", "-inf", "'-inf'", WHERE, "a finite number"),
    cell("overflow", "1e999", "'1e999'", WHERE, "a finite number"),
    cell(
        "thousands", '"1,234"', "'1,234'", WHERE, "nothing between thousands"
    ),
    cell("decimal_comma", '"0,5"', "'0,5'", WHERE, "write a decimal point"),
    cell("date", "2020-01-31", WHERE, "a date or a time"),
    cell("american_date", "1/31/2020", WHERE, "a date or a time"),
    cell("time", "12:30", WHERE, "a date or a time"),
    cell("percent", "50%", WHERE, "write the number alone"),
    cell("currency", "$5.00", WHERE, "write the number alone"),
    cell("unit", "5 kg", WHERE, "write the number alone"),
    cell("complex", "1+2j", WHERE, "expected a number"),
    cell("hexadecimal", "0x1f", WHERE, "expected a number"),
    cell("underscore", "1_000", WHERE, "expected a number"),
    cell("word", "many", WHERE, "expected a number"),
    Refused(
        "categories",
        "t.csv",
        csv({"a": VALUES, "hue": ["red", "green"] * 15, "y": Y}),
        "file",
        ("'red' in line 2 of column 'hue'", "green, red", "get_dummies"),
    ),
    Refused(
        "free_text",
        "t.csv",
        csv({"a": VALUES, "who": [f"p{n}" for n in range(ROWS)], "y": Y}),
        "file",
        ("'p0' in line 2 of column 'who'", "take the column out"),
    ),
    Refused(
        "empty_column",
        "t.csv",
        csv({"a": VALUES, "b": [""] * ROWS, "y": Y}),
        "file",
        ("has no value in column 'b'",),
    ),
    Refused(
        "misspelt", "t.csv", GOOD, "target", ("a, b, y",), {"target": "z"}
    ),
    Refused(
        "capital_target",
        "t.csv",
        GOOD,
        "target",
        ("did you mean 'y'?",),
        {"target": "Y"},
    ),
    Refused(
        "unsaid_target",
        "t.csv",
        GOOD,
        "target",
        ("a, b, y", "as 'target: y'"),
        {"target": None},
    ),
    Refused(
        "channels_of_columns",
        "t.csv",
        GOOD,
        "channels",
        ("only a .npz file has images",),
        {"channels": "first"},
    ),
    target(
        "text_unsaid",
        [NAMES[n] for n in LABELS],
        "'setosa' in line 2 of column 'y', which is text",
        "'classes: [setosa, versicolor, virginica]'",
        "'classes: 3'",
        classes=None,
    ),
    target(
        "booleans_unsaid",
        [n % 2 == 0 for n in range(ROWS)],
        '\'classes: ["False", "True"]\'',
        classes=None,
    ),
    target(
        "more_names", [f"n{n % 4}" for n in range(ROWS)], "has 4 different"
    ),
    target(
        "another_name",
        [NAMES[n] for n in LABELS],
        "'virginica' in line 4 of column 'y'",
        "did you mean 'virginca'?",
        classes=["setosa", "versicolor", "virginca"],
    ),
    target("from_1", [n + 1 for n in LABELS], "'classes: [1, 2, 3]'"),
    target("gaps", [[0, 2, 5][n] for n in LABELS], "'classes: [0, 2, 5]'"),
    target("halves", [n / 2 for n in LABELS], "got 0.5", "line 3"),
    target("too_few", [n % 5 for n in range(ROWS)], "there are 5 different"),
    Refused(
        "target_missing",
        "t.csv",
        csv({**FEATURES, "y": ["", *LABELS[1:]]}),
        "file",
        ("'' for a missing value in line 2 of column 'y'",),
    ),
    Refused(
        "name_missing",
        "t.csv",
        csv({**FEATURES, "y": ["NA", *(NAMES[n] for n in LABELS[1:])]}),
        "file",
        ("'NA' for a missing value in line 2 of column 'y'",),
    ),
    Refused(
        "target_mistyped",
        "t.csv",
        csv({**FEATURES, "y": ["O", *LABELS[1:]]}),
        "file",
        ("'O' in line 2 of column 'y', expected a number",),
    ),
    Refused(
        "npz_capitals",
        "t.npz",
        {"X": X, "Y": Y},
        "file",
        ("holds X, Y", "x=...['X'], y=...['Y']"),
    ),
    Refused(
        "npz_capital_parts",
        "t.npz",
        {"X_train": X, "y_train": Y},
        "file",
        ("no 'x_train' beside it; write 'X_train' in small letters",),
    ),
    Refused(
        "npz_unnamed",
        "t.npz",
        {"arr_0": X, "arr_1": Y},
        "file",
        ("saved without names", "x=..., y=..."),
    ),
    Refused(
        "npz_other_names",
        "t.npz",
        {"data": X, "target": Y},
        "file",
        ("x=...['data'], y=...['target']",),
    ),
    Refused(
        "npz_valid",
        "t.npz",
        {"x_train": X, "y_train": Y, "x_valid": X, "y_valid": Y},
        "file",
        ("call the validation part 'x_val' and 'y_val'",),
    ),
    Refused(
        "npz_half_a_part",
        "t.npz",
        {"x_train": X, "y_train": Y, "x_test": X},
        "file",
        ("holds 'x_test', but no 'y_test'",),
    ),
    Refused(
        "npz_twice",
        "t.npz",
        {"x": X, "y": Y, "x_train": X, "y_train": Y},
        "file",
        ("both 'x' and 'x_train'",),
    ),
    Refused(
        "npz_parts_unlike",
        "t.npz",
        {"x_train": X, "y_train": Y, "x_test": X[:, :1], "y_test": Y},
        "file",
        ("test samples of shape (1,)", "have (2,)"),
    ),
    *(
        Refused(
            f"npz_one_hot_{kind.__name__}",
            "t.npz",
            {"x": X, "y": ONE_HOT.astype(kind)},
            "file",
            ("one-hot", "y.argmax(axis=1)", "'classes: 3'"),
        )
        for kind in (float, int, bool)
    ),
    Refused(
        "npz_several_targets",
        "t.npz",
        {"x": X, "y": X},
        "file",
        ("one target a sample",),
    ),
    Refused(
        "npz_lengths", "t.npz", {"x": X, "y": Y[1:]}, "file", ("(29,)", "30")
    ),
    Refused(
        "npz_one_axis",
        "t.npz",
        {"x": X[:, 0], "y": Y},
        "file",
        ("x.reshape(-1, 1)",),
    ),
    Refused(
        "npz_nan",
        "t.npz",
        {"x": np.where(np.isin(X, X[4, 1]), np.nan, X), "y": Y},
        "file",
        ("has nan in row", "of x, at x[", "leave their samples out"),
    ),
    Refused(
        "npz_infinite",
        "t.npz",
        {"x": X, "y": np.where(np.arange(ROWS) == 7, -np.inf, Y)},
        "file",
        ("has -inf in row 8 of y, at y[7]",),
    ),
    Refused(
        "npz_complex", "t.npz", {"x": X + 1j, "y": Y}, "file", ("complex128",)
    ),
    Refused(
        "npz_text", "t.npz", {"x": X.astype(str), "y": Y}, "file", ("type <U",)
    ),
    Refused(
        "npz_objects",
        "t.npz",
        {"x": X, "y": np.array(NAMES, object)[Y]},
        "file",
        ("of Python objects", "y.astype(str)"),
    ),
    Refused(
        "npz_names_unsaid",
        "t.npz",
        {"x": X, "y": np.array(NAMES)[Y]},
        "classes",
        ("'setosa' in row 1 of y", "'classes: [setosa, versicolor"),
        {"classes": None},
    ),
    Refused(
        "npz_columns",
        "t.npz",
        {"x": X, "y": Y},
        "target",
        ("leave 'target' out",),
        {"target": "y"},
    ),
    *(
        Refused(
            f"npz_channels_{name}",
            "t.npz",
            {"x": np.zeros((ROWS, *shape)), "y": Y},
            "channels",
            ("use 'channels: first', or 'channels: last' if an image", remedy),
        )
        for name, shape, remedy in (
            ("first", (3, 6, 5), "looks as if"),
            ("grey", (1, 8, 8), "looks as if"),
            ("opacity", (4, 6, 7), "looks as if"),
            ("two", (2, 8, 8), "looks as if"),
            ("many", (16, 7, 7), "looks as if"),
            ("either", (3, 3, 3), "may stand first or last"),
            ("a_line", (1, 9, 1), "may stand first or last"),
        )
    ),
    Refused(
        "npz_no_channels",
        "t.npz",
        {"x": X, "y": Y},
        "channels",
        ("have no channels", "leave 'channels' out"),
        {"channels": "first"},
    ),
    *(
        Refused(
            f"end_{name}",
            f"t.{name}",
            b"x",
            "file",
            (f"t.{name} is neither", remedy),
        )
        for name, remedy in (
            ("npy", "numpy.savez"),
            ("parquet", "to_csv"),
            ("xlsx", "to_csv"),
            ("tsv", "to_csv"),
            ("txt", "to_csv"),
            ("pkl", "numpy.savez"),
            ("h5", "numpy.savez"),
            ("zip", "unpack it"),
            ("png", "numpy.savez"),
        )
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_a_file_is_refused_with_a_remedy(
    case: Refused, tmp_path: Path
) -> None:
    file = tmp_path / case.name
    saved(file, case.content)
    with pytest.raises(SpecError) as caught:
        written(file, case.fields)
    assert caught.value.field == f"data.table.{case.field}"
    assert file.name in caught.value.message
    for message in case.messages:
        assert message in caught.value.message
    assert len(caught.value.message.replace(str(file), "")) < 330


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="is a folder") as caught:
        written(tmp_path, {})
    assert caught.value.field == "data.table.file"


def test_missing_file_is_reported_with_the_searched_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path / "flowers.CSV", GOOD)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as caught:
        written(Path("flowers.csv"), {})
    assert f"no such file in {tmp_path}" in caught.value.message
    assert "the folder that the command runs in" in caught.value.message
    assert "did you mean 'flowers.CSV'?" in caught.value.message
    with pytest.raises(SpecError, match="there is no folder"):
        written(Path("nowhere/flowers.csv"), {})


@pytest.mark.parametrize(
    "content", [GOOD, {"x": X, "y": Y}], ids=["csv", "npz"]
)
def test_target_without_classes_for_cross_entropy_is_refused(
    content: Any, tmp_path: Path
) -> None:
    end = "csv" if isinstance(content, str) else "npz"
    file = tmp_path / f"t.{end}"
    saved(file, content)
    table = {"file": str(file)} | ({"target": "y"} if end == "csv" else {})
    spec = {
        "name": "kinds",
        "dialect": "torch",
        "data": {"table": table},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "epochs": 1,
        },
        "arms": {"a": [{"dense": 3}]},
    }
    with pytest.raises(SpecError, match="'classes: 3', beside 'file'"):
        parse(spec)


def test_class_with_one_sample_is_reported_with_its_line(
    tmp_path: Path,
) -> None:
    file = tmp_path / "t.csv"
    labels = [0, 1] * 14 + [0, 2]
    saved(file, csv({**FEATURES, "y": labels}))
    with pytest.raises(SpecError) as caught:
        written(file, {"classes": ["a", "b", "c"]})
    assert caught.value.field == "data.split"
    assert "class 2 (c) has a single sample" in caught.value.message
    assert "line 31 of column 'y' of" in caught.value.message


def test_part_may_be_a_separate_file(tmp_path: Path) -> None:
    """Its columns are found by name, in whatever order."""
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    saved(train, csv({"": list(range(ROWS)), **FEATURES, "y": LABELS}))
    saved(test, csv({"y": [2, 0], "b": [5, 6], "a": [7, 8]}))
    data = written(train, {"test_file": str(test)}).data
    x, y = data.source.draw(0)
    assert x[-2:].tolist() == [[7, 5], [8, 6]]
    assert y[-2:].tolist() == [2, 0]
    assert data.part_sizes() == {"train": 24, "validation": 6, "test": 2}
    assert data.test == 0.0
    validated = written(
        train, {"test_file": str(test), "validation_file": str(test)}
    ).data
    assert validated.part_sizes() == {
        "train": 30,
        "validation": 2,
        "test": 2,
    }
    assert validated.validation == 0.0
    assert isinstance(validated.source, TableDataset)
    assert isinstance(data.source, TableDataset)
    assert validated.source.sha256 != data.source.sha256


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (csv({"a": [1], "y": [0]}), "has no column 'b'"),
        (csv({"a": [1], "b": [1], "c": [1], "y": [0]}), "has a column 'c'"),
        (csv({"a": [1], "b": [1]}), "but got 'y'"),
        (csv({"a": [1], "b": ["x"], "y": [0]}), "'x' in line 2"),
        (csv({"a": [1], "b": [1], "y": ["z"]}), "text in the test part"),
    ],
)
def test_error_in_the_file_of_a_part_names_this_file(
    content: str, message: str, tmp_path: Path
) -> None:
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    saved(train, GOOD)
    saved(test, content)
    with pytest.raises(SpecError) as caught:
        written(train, {"test_file": str(test)})
    assert caught.value.field == "data.table.test_file"
    assert "test.csv has" in caught.value.message
    assert message in caught.value.message


def test_wrong_label_of_the_test_part_is_reported_with_its_file(
    tmp_path: Path,
) -> None:
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    saved(train, GOOD)
    saved(test, csv({"a": [1, 2], "b": [1, 2], "y": [0, 7]}))
    with pytest.raises(SpecError) as caught:
        written(train, {"test_file": str(test)})
    assert "test.csv has in line 3 of column 'y'" in caught.value.message


def test_part_is_given_once(tmp_path: Path) -> None:
    file, more = tmp_path / "t.npz", tmp_path / "more.npz"
    arrays = {"x_train": X, "y_train": Y, "x_test": X, "y_test": Y}
    saved(file, arrays)
    saved(more, {"x": X, "y": Y})
    with pytest.raises(SpecError, match="leave one of the two out"):
        written(file, {"test_file": str(more)})


def test_parts_in_a_file_are_used_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "t.npz"
    arrays = {"x_train": X, "y_train": Y, "x_test": X[:9], "y_test": Y[:9]}
    saved(file, arrays | {"x_val": X[3:9], "y_val": Y[3:9]})
    experiment = written(file, {})
    parts = experiment.data.parts(experiment.recipe.loss)
    for name, rows in (
        ("train", slice(None)),
        ("validation", slice(3, 9)),
        ("test", slice(9)),
    ):
        np.testing.assert_array_equal(parts[name].x, X[rows])
        np.testing.assert_array_equal(parts[name].y, Y[rows])


def test_a_large_file_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its samples are read when they are drawn, in the file's own type."""
    from framework_parity.common.data import table_files

    file = tmp_path / "t.npz"
    saved(file, {"x": X.astype(np.float32), "y": Y})
    monkeypatch.setattr(table_files, "KEPT", 0)
    source = written(file, {}).data.source
    assert isinstance(source, TableDataset)
    assert source._contents().kept is None
    x, y = source.draw(0)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x, X.astype(np.float32))
    np.testing.assert_array_equal(y, Y)
