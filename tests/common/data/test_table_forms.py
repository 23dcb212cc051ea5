"""A table is read as the same numbers from every form of its file."""

import gzip
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from framework_parity.common.data.tables import TableDataset

NUMBERS = st.one_of(
    st.floats(-1e9, 1e9, allow_subnormal=False),
    st.integers(-1000, 1000).map(float),
)
LABELS = st.sampled_from([["a", "b"], ["no", "yes"], ["0", "1"], ["-1", "1"]])


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, bytes, Any, Any, Any]:
    """Draw a file's name and content, and its x, y and classes."""
    rows = draw(st.integers(4, 12))
    columns = draw(st.integers(1, 4))
    x = [[draw(NUMBERS) for _ in range(columns)] for _ in range(rows)]
    names = draw(LABELS)
    y = [row % 2 for row in range(rows)]
    head = [f"c{index}" for index in range(columns)]
    at = draw(st.integers(0, columns))
    lines = [[*map(repr, line)] for line in x]
    for line, label in zip(lines, y, strict=True):
        line.insert(at, names[label])
    head.insert(at, "the target")
    if draw(st.booleans()):
        first = draw(st.sampled_from([0, 1]))
        head.insert(0, draw(st.sampled_from(["", "Unnamed: 0"])))
        for number, line in enumerate(lines, first):
            line.insert(0, str(number))
    quote = draw(st.sampled_from(["", '"']))
    between = draw(st.sampled_from([",", ", "]))
    comma = draw(st.sampled_from(["", ","]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
    text = end.join(
        between.join(f"{quote}{cell}{quote}" for cell in line) + comma
        for line in [head, *lines]
    )
    content = (draw(st.sampled_from(["", "\ufeff"])) + text + end).encode()
    name = draw(st.sampled_from(["t.csv", "T.CSV", "t.csv.gz"]))
    if name.endswith(".gz"):
        content = gzip.compress(content)
    return name, content, x, y, names


@settings(deadline=None, max_examples=150, derandomize=True)
@given(tables())
def test_the_form_of_a_table_changes_nothing(drawn: Any) -> None:
    name, content, x, y, names = drawn
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(content)
        table = TableDataset(
            file=str(file), target="the target", classes=names
        )
        result = table.draw(0)
    np.testing.assert_array_equal(result[0], x)
    np.testing.assert_array_equal(result[1], y)
    assert table.class_names == tuple(names)


@st.composite
def arrays(draw: st.DrawFn) -> tuple[dict[str, Any], Any, Any, str | None]:
    """Draw arrays to save, and the expected x, y and channels."""
    rows = draw(st.integers(2, 9))
    channels = draw(st.sampled_from([None, "first", "last"]))
    sides = draw(st.lists(st.integers(1, 5), min_size=1, max_size=2))
    if channels:
        sides = [draw(st.integers(1, 7)) for _ in range(3)]
    rng = np.random.Generator(np.random.Philox(draw(st.integers(0, 99))))
    kind = draw(st.sampled_from(["u1", "i4", ">i8", "f2", "f4", ">f8", "?"]))
    x = rng.integers(0, 2, (rows, *sides)).astype(kind)
    y = np.arange(rows) % 2
    saved_y = draw(
        st.sampled_from([y, y[:, np.newaxis], y.astype("f4"), y == 1])
    )
    expected = x.transpose(0, 2, 3, 1) if channels == "first" else x
    return {"x": x, "y": saved_y}, expected, y, channels


@settings(deadline=None, max_examples=100, derandomize=True)
@given(arrays())
def test_the_types_and_the_layout_of_arrays_change_nothing(drawn: Any) -> None:
    saved, x, y, channels = drawn
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.npz"
        np.savez(file, **saved)
        table = TableDataset(file=str(file), classes=2, channels=channels)
        result = table.draw(0)
        assert table.shape == x.shape[1:]
    np.testing.assert_array_equal(result[0], x)
    np.testing.assert_array_equal(result[1], y)
