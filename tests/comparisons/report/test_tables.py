"""Tables break lines between words, at every width."""

import io
import re
from collections.abc import Sequence

import pytest
from rich.console import Console
from rich.text import Text

from framework_parity.comparisons.report.table import Cell, print_table

SWITCHES = (
    ("convention", "alone", "last", "loss", "drift", "step", "evaluated"),
    [
        ("dense_kernel_initializer", *["+1.0e-05"] * 4, "1,234", "1.3e-01"),
        ("batch_norm_running_variance", "−0.011", "0", *["—"] * 4),
    ],
)
CLAIMS = (
    ("claim", "PyTorch", "Keras", "verdict"),
    [
        (
            "exploding_clipped.train_accuracy > exploding.train_accuracy",
            "undecided: 0.9639 against 0.9578, in 3 of 5",
            "holds: 0.9639 against 0.9578, in 5 of 5",
            "undecided at 5 seeds; about 10 would decide",
        ),
        ("A short one, in [brackets].", "—", "—", "holds"),
    ],
)
FOUND = (
    "gradient_norm of batch_normalization_12/running_variance is 12.3 times "
    "the floor at step 4; Keras deviates: PyTorch 0.94, Keras 1.2e+02 "
    "rounding units from the NumPy reference"
)
RUNGS = (
    ("arm", "rung", "verdict", "found"),
    [
        (
            "exploding",
            "trajectory",
            Text("disagree", "bold red"),
            FOUND,
        )
    ],
)
TABLES: dict[str, tuple[Sequence[str], Sequence[Sequence[Cell]]]] = {
    "switches": SWITCHES,
    "claims": CLAIMS,
    "rungs": RUNGS,
}


def printed(name: str, width: int, *, terminal: bool) -> str:
    heads, rows = TABLES[name]
    file = io.StringIO()
    console = Console(
        file=file, width=width, force_terminal=terminal, color_system=None
    )
    print_table(console, heads, rows, numbers=name == "switches")
    assert console.width == width
    return file.getvalue()


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "file"])
@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 200])
@pytest.mark.parametrize("name", TABLES)
def test_every_word_is_whole(name: str, width: int, *, terminal: bool) -> None:
    heads, rows = TABLES[name]
    out = printed(name, width, terminal=terminal)
    assert "…" not in out
    words = set(re.split(r"[\s─]+", out))
    cells = [*heads[1:], *(str(cell) for row in rows for cell in row)]
    for cell in cells:
        for word in cell.split():
            # Blocks have a colon after each head.
            assert word in words or f"{word}:" in words, (word, out)


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("name", TABLES)
def test_a_terminal_is_not_written_past_its_edge(
    name: str, width: int
) -> None:
    out = printed(name, width, terminal=True)
    longest = max(out.splitlines(), key=len)
    assert len(longest) <= width, longest


def test_a_table_that_fits_is_a_table() -> None:
    out = printed("switches", 100, terminal=True)
    assert re.search("dense_kernel_initializer +[+]1.0e-05", out)
    assert ":" not in out


def test_a_terminal_that_is_too_narrow_shows_blocks() -> None:
    out = printed("switches", 60, terminal=True)
    assert "\ndense_kernel_initializer\n  alone: +1.0e-05\n" in out


def test_a_file_has_no_edge() -> None:
    out = printed("switches", 60, terminal=False)
    [line] = [x for x in out.splitlines() if "dense_kernel_init" in x]
    assert len(line) > 60
    assert line.split() == list(SWITCHES[1][0])
