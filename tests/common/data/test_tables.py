"""Files of a user: read as they are, or refused with a message."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framework_parity.common.data.spec import Data
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.layer import TokenShape
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.losses import CrossEntropy, MeanSquaredError
from tests.common.written import experiment

GOOD = "a,b,y\n1,2,0\n3,4,1\n5,6.5,2\n"

X, Y = np.arange(12.0).reshape(6, 2), np.arange(6) % 2


def drawn(file: Path, **fields: Any) -> Any:
    table = {"file": str(file), **fields}
    data = Data.model_validate(
        {"table": table, "test": 0.0, "validation": 0.0}
    )
    return data.source.draw(0)


def refusal(file: Path, **fields: Any) -> SpecError:
    table = {"file": str(file), **fields}
    with pytest.raises(SpecError) as caught:
        parse(experiment(data={"table": table}))
    assert str(caught.value).isprintable()
    assert file.name in caught.value.message
    return caught.value


def test_a_csv_file_is_its_columns(tmp_path: Path) -> None:
    file = tmp_path / "my.csv"
    file.write_text('\ufeffa, "the y",b\n1,0, 2\n\n-3e1,1,4.5\n', "utf-8")
    x, y = drawn(file, target="the y")
    assert x.tolist() == [[1, 2], [-30, 4.5]]
    assert y.tolist() == [0, 1]
    assert (x.dtype, y.dtype) == (np.float64, np.float64)
    assert drawn(file, target="the y", classes=2)[1].dtype == np.int64


@pytest.mark.parametrize(
    "x",
    [X, X.astype(np.uint8), X.reshape(6, 2, 1), X.reshape(6, 2, 1, 1), X > 3],
    ids=lambda x: f"{x.dtype}{x.shape}",
)
@pytest.mark.parametrize("y", [Y, Y.reshape(6, 1), Y.astype(np.float32)])
def test_an_npz_file_is_its_arrays(x: Any, y: Any, tmp_path: Path) -> None:
    file = tmp_path / "my.npz"
    np.savez(file, x=x, y=y, more=x)
    data = Data.model_validate(
        {"table": {"file": str(file), "classes": 2}, "scaling": "none"}
        | {"test": 0.5, "validation": 0.0, "split": "random"}
    )
    result = data.source.draw(0)
    np.testing.assert_array_equal(result[0], x)
    np.testing.assert_array_equal(result[1], Y)
    assert (data.source.shape, data.source.size) == (x.shape[1:], 6)
    parts = data.parts(CrossEntropy())
    assert parts["train"].x.shape == (3, *x.shape[1:])
    assert parts["train"].x.dtype == np.float64


def test_regression_target_is_a_column(tmp_path: Path) -> None:
    file = tmp_path / "my.csv"
    file.write_text(GOOD)
    table = {"file": str(file), "target": "a"}
    data = Data.model_validate({"table": table, "test": 0.0})
    assert data.source.class_count is None
    assert data.parts(MeanSquaredError())["train"].y.shape == (2, 1)


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ("", "file", "is empty"),
        ("\n\n", "file", "has no header"),
        ("a,a,y\n1,2,0\n", "file", "two columns that are called 'a'"),
        ("a,,y\n1,2,0\n", "file", "in place 2 a column without a name"),
        ("a;b;y\n1;2;0\n", "file", "has ';' between its columns"),
        (GOOD + "1,2,setosa\n", "file", "'setosa' in line 5 of column 'y'"),
        ("a,b,z\n1,2,0\n", "target", "the columns a, b, z, but got 'y'"),
        ("a,b,Y\n1,2,0\n", "target", "but got 'y'"),
        ("y\n1\n", "file", "no column beside its target"),
        ("a,b,y\n", "file", "has a header, but no samples"),
        (
            GOOD + "1,2\n",
            "file",
            "has 2 cells in line 5, but the header names 3",
        ),
        (GOOD + "1,2,0,1\n", "file", "has 4 cells in line 5"),
        (GOOD + "1,red,0\n", "file", "'red' in line 5 of column 'b'"),
        (
            GOOD + "1,,0\n",
            "file",
            "'' for a missing value in line 5 of column 'b'",
        ),
        (
            GOOD + "nan,2,0\n",
            "file",
            "'nan' for a missing value in line 5 of column 'a'",
        ),
        (GOOD + "1,2,inf\n", "file", "'inf' in line 5 of column 'y'"),
        (GOOD + "1_0,2,0\n", "file", "'1_0' in line 5"),
        (
            GOOD + "1,2,3\n",
            "classes",
            "in line 5 of column 'y' a target that is none",
        ),
        (GOOD + "1,2,-1\n", "classes", "got -1, expected the number of one"),
        (GOOD + "1,2,0.5\n", "classes", "got 0.5"),
    ],
)
def test_a_malformed_csv_file_is_refused(
    text: str, field: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "my.csv"
    file.write_text(text)
    error = refusal(file, target="y", classes=3)
    assert error.field == f"data.table.{field}"
    assert message in error.message


def test_csv_file_without_a_target_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "my.csv"
    file.write_text(GOOD)
    error = refusal(file)
    assert error.field == "data.table.target"
    assert "has the columns a, b, y, but no target is given" in error.message


def with_nan(values: Any) -> Any:
    values = values.astype(float)
    values.flat[0] = np.nan
    return values


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, "holds 'x', but no 'y' beside it"),
        ({"x": X, "y": Y[1:]}, "has y of shape (5,) for 6 samples"),
        ({"x": X, "y": np.eye(6)}, "has y of shape (6, 6) for 6 samples"),
        ({"x": X[:, 0], "y": Y}, "has x of shape (6,), expected samples of"),
        ({"x": X.reshape(6, 2, 1, 1, 1), "y": Y}, "of one to 3 axes"),
        ({"x": X[:0], "y": Y[:0]}, "has x of shape (0, 2)"),
        ({"x": X[:, :0], "y": Y}, "has x of shape (6, 0)"),
        (
            {"x": with_nan(X), "y": Y},
            "has nan in row 1 of x, at x[0, 0], expected",
        ),
        (
            {"x": X, "y": with_nan(Y)},
            "has nan in row 1 of y, at y[0], expected",
        ),
        ({"x": X.astype(str), "y": Y}, "has x of type <U32, expected numbers"),
        ({"x": X + 1j, "y": Y}, "has x of type complex128"),
        ({"x": X.astype(object), "y": Y}, "array 'x' that is damaged, or of"),
        ({"x": X, "y": Y.astype(object)}, "array 'y' that is damaged, or of"),
    ],
)
def test_a_malformed_npz_file_is_refused(
    arrays: Any, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "my.npz"
    np.savez(file, **arrays)
    error = refusal(file)
    assert error.field == "data.table.file"
    assert message in error.message


def test_a_target_that_is_no_class_is_refused_in_an_npz_file(
    tmp_path: Path,
) -> None:
    file = tmp_path / "my.npz"
    np.savez(file, x=X, y=Y + 1)
    error = refusal(file, classes=2)
    assert error.field == "data.table.classes"
    assert "in row 2 of y a target that is none: got 2" in error.message


def test_target_column_of_an_npz_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "my.npz"
    np.savez(file, x=X, y=Y)
    assert refusal(file, target="y").field == "data.table.target"


class Trap:
    """What would be called if a pickle were read."""

    def __reduce__(self) -> Any:
        return os.abort, ()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("my.npz", b"", "is no archive of arrays"),
        ("my.npz", b"PK\x03\x04 and no more", "is no archive of arrays"),
        ("my.npz", pickle.dumps(Trap()), "is no archive of arrays"),
        ("my.csv", b"a,y\n\xff,1\n", "is not text in UTF-8"),
        ("my.csv", b'a,y\n"1,1\n' + b"1" * 200_000, "larger than field limit"),
        ("my.txt", b"a,y\n1,1\n", "is neither a .csv nor a .npz file"),
    ],
    ids=["empty", "cut", "pickled", "bytes", "endless", "suffix"],
)
def test_file_of_another_format_is_refused(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    target = {"target": "y"} if name.endswith("csv") else {}
    error = refusal(file, **target)
    assert error.field == "data.table.file"
    assert message in error.message


def test_npy_file_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "my.npy", X)
    file = (tmp_path / "my.npy").rename(tmp_path / "my.npz")
    assert "holds no named arrays" in refusal(file).message


def test_a_damaged_array_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "my.npz"
    np.savez(file, x=X, y=Y)
    content = bytearray(file.read_bytes())
    content[content.index(X.tobytes()) + 20] ^= 1
    file.write_bytes(content)
    assert "array 'x' that is damaged" in refusal(file).message


@pytest.mark.parametrize("name", ["none.csv", "none.npz"])
def test_a_missing_file_is_refused(name: str, tmp_path: Path) -> None:
    error = refusal(tmp_path / name)
    assert error.field == "data.table.file"
    assert f"no such file in {tmp_path}" in error.message


def test_complete_spec_is_bound_to_the_content_of_its_file(
    tmp_path: Path,
) -> None:
    file = tmp_path / "my.csv"
    file.write_text(GOOD)
    table = {"file": str(file), "target": "y"}
    data = Data.model_validate({"table": table, "test": 0.0})
    again = Data.model_validate(data.model_dump(mode="json"))
    assert again == data
    file.write_text(GOOD.replace("6.5", "6.6"))
    dumped = data.model_dump(mode="json")["table"]
    error = refusal(file, **{k: v for k, v in dumped.items() if k != "file"})
    assert error.field == "data.table.sha256"
    # A file that changes before the training is noticed there as well.
    with pytest.raises(
        SpecError, match="is not the file of the specification"
    ):
        data.parts(MeanSquaredError())
    file.unlink()
    with pytest.raises(SpecError, match="cannot be read") as caught:
        data.parts(MeanSquaredError())
    assert caught.value.field == "data.table.file"


def test_token_ids_of_a_file_stay_whole_numbers(tmp_path: Path) -> None:
    file = tmp_path / "ids.npz"
    ids = np.array([[0, 3, 2], [4, 4, 1], [2, 0, 0], [1, 1, 1]])
    np.savez(file, x=ids, y=[0, 1, 0, 1])
    table = {"file": str(file), "classes": 2, "tokens": 5}
    data = Data.model_validate(
        {"table": table, "test": 0.5, "validation": 0.0, "split": "last"}
    )
    assert data.source.shape == TokenShape((3,), 5)
    parts = data.parts(CrossEntropy(), dtype="float32")
    assert parts["train"].x.dtype == np.int64
    assert parts["train"].x.tolist() == ids[:2].tolist()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[0, 1], [5, 1]], "has 5 at step 1, expected whole numbers"),
        ([[0, 1], [1, -1]], "has -1 at step 2, expected whole numbers"),
        ([[0, 1.5], [1, 1]], "has 1.5 at step 2, expected whole numbers"),
        ([[[0], [1]], [[1], [1]]], "expected sequences of ids"),
    ],
)
def test_what_is_no_token_id_is_refused(
    x: Any, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "ids.npz"
    np.savez(file, x=np.array(x, np.float64), y=[0, 1])
    error = refusal(file, classes=2, tokens=5)
    assert message in error.message
    assert error.field == "data.table.tokens"
