"""Tables for the terminal, whose columns are never narrower than a word."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

Cell = str | Text

# How a verdict is printed.
STYLES = {"agree": "green", "disagree": "bold red", "undecided": "yellow"}

# Blanks between two columns, and at both ends of a line together.
GAP, EDGES = 2, 2


def print_table(
    console: Console,
    heads: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    numbers: bool = True,
) -> None:
    """Print a table that breaks lines between words alone.

    A terminal that is too narrow for the longest words of all columns shows
    a row as a block, with a line for each cell. A file has no edge, and there
    the table is as wide as the words ask for.

    Args:
        console: what to print to.
        heads: of the columns.
        rows: a cell for each column; what a specification says is no markup.
        numbers: whether the columns between the first and the last are
            numbers, which stand on the right.
    """
    cells = [[_text(cell) for cell in row] for row in rows]
    columns = [
        [head, *(row[index].plain for row in cells)]
        for index, head in enumerate(heads)
    ]
    least = [max(map(_longest_word, column)) for column in columns]
    blanks = GAP * (len(heads) - 1) + EDGES
    needed = sum(least) + blanks
    width = console.width
    if needed > width and console.is_terminal:
        _print_blocks(console, heads, cells)
        return
    room = max(width, needed) - blanks
    widest = [max(map(cell_len, column)) for column in columns]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for index, (head, fits) in enumerate(
        zip(heads, shared_out(room, least, widest), strict=True)
    ):
        inner = numbers and 0 < index < len(heads) - 1
        side: Literal["left", "right"] = "right" if inner else "left"
        table.add_column(head, justify=side, min_width=fits, max_width=fits)
    for row in cells:
        table.add_row(*row)
    try:
        console.width = max(width, needed)
        console.print(table)
    finally:
        console.width = width


def shared_out(
    room: int, least: Sequence[int], widest: Sequence[int]
) -> list[int]:
    """Return the widths of columns that share a line.

    The widest is narrowed first, down to its longest word.

    Args:
        room: for all together.
        least: the longest word of each column.
        widest: the longest cell of each.

    >>> shared_out(20, [4, 8, 3], [4, 30, 3])
    [4, 13, 3]
    >>> shared_out(20, [4, 8, 3], [4, 9, 3])
    [4, 9, 3]
    """
    widths = list(widest)
    while sum(widths) > room:
        pairs = zip(widths, least, strict=True)
        wide = [i for i, (width, word) in enumerate(pairs) if width > word]
        if not wide:
            break
        widths[max(wide, key=lambda index: widths[index])] -= 1
    return widths


def _print_blocks(
    console: Console, heads: Sequence[str], rows: Sequence[Sequence[Text]]
) -> None:
    """Print each row as a block of lines, a cell behind its column's head."""
    for row in rows:
        console.print()
        for head, cell in zip(heads, row, strict=True):
            first = head == heads[0]
            lines = wrap(
                cell.plain if first else f"{head}: {cell.plain}",
                console.width,
                initial_indent="" if first else "  ",
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            text = Text("\n".join(lines), cell.style)
            console.print(text, soft_wrap=True)
    console.print()


def _text(cell: Cell) -> Text:
    return Text(cell) if isinstance(cell, str) else cell


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=0)
