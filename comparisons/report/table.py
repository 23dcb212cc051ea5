"""Tables for the terminal, which break lines only between words."""

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

# Number of spaces between two columns, and at both ends of a line together.
GAP, EDGES = 2, 2


def print_table(
    console: Console,
    heads: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    numbers: bool = True,
) -> None:
    """Print a table whose cells are broken only between words.

    If a terminal is too narrow for the longest words of all columns, each
    row is printed as a block with a line for each cell. Output to a file has
    no maximum width.

    Args:
        console: what to print to.
        heads: headers of the columns.
        rows: one cell for each column; text is not interpreted as markup.
        numbers: whether the columns between the first and the last are
            numbers, which are aligned to the right.
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
    """Return the widths of the columns of a line.

    The widest column is narrowed first, down to its longest word.

    Args:
        room: total width of all columns, in characters.
        least: length of the longest word of each column.
        widest: length of the longest cell of each column.

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
    """Print each row as a block of lines, one `header: cell` a line."""
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
