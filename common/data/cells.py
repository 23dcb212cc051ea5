"""Diagnosis of table cells that are not numbers."""

import math
import re
from collections.abc import Callable, Sequence

from framework_parity.common.data.sheet import is_missing, one_of
from framework_parity.common.spec.errors import shown

# A column of text with at most this many values is called categorical.
CATEGORIES = 20

FORMS = {
    r"[-+]?\d+([.,]\d+)*,\d+(\.\d+)?": "a number with a comma in it; write "
    "a decimal point, and nothing between thousands",
    r"\d{4}-\d\d?(-\d\d?)?([T ].*)?|\d\d?[./-]\d\d?[./-]\d{2,4}([T ].*)?"
    r"|\d\d?:\d\d(:\d\d)?": "a date or a time; write it as a number, such "
    "as the days since a day",
    r"[^\w\s.+-]\s*[-+]?[\d.,]+|[-+]?\d[\d.,]*\s*[^\d\s.,]{1,4}": "a number "
    "with a sign or a unit beside it; write the number alone",
}
"""Regular expressions of cells → what they are, and the remedy."""


def number_of(cell: str) -> float:
    """Return the number of a cell, or NaN if it is not a finite number.

    >>> number_of("1e3"), number_of("1_000")
    (1000.0, nan)
    """
    try:
        # Python would parse 1_000, which no other program does.
        number = float(cell.replace("_", "?"))
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def wrong_cell(
    column: str, cells: Sequence[str], place: Callable[[int], str]
) -> str:
    """Return the message about a column that should hold numbers.

    Args:
        column: the name of the column in the message.
        cells: the cells of the column; at least one is not a number.
        place: a function from the index of a row, from 0, to its position,
            such as "line 5 of column 'a'".

    Returns:
        A message with the first such cell, what it probably is, and the
        remedy.
    """
    odd = [row for row, c in enumerate(cells) if math.isnan(number_of(c))]
    missing = [row for row in odd if is_missing(cells[row])]
    if len(missing) == len(cells):
        return f"has no value in {column}; take it out of the file"
    values = {cells[row] for row in odd} - {cells[row] for row in missing}
    if not values:
        row = missing[0]
        many = f", and in {len(missing) - 1} more" if missing[1:] else ""
        return (
            f"has {shown(cells[row])} for a missing value in {place(row)}"
            f"{many}; fill it in, or leave the line out"
        )
    row = next(row for row in odd if cells[row] in values)
    message = f"has {shown(cells[row])} in {place(row)}"
    for form, meaning in FORMS.items():
        if re.fullmatch(form, cells[row]):
            return f"{message}, {meaning}"
    if re.fullmatch(r"[-+]?(inf(inity)?|\d.*e\+?\d+)", cells[row].lower()):
        return f"{message}, expected a finite number"
    if 2 * len(odd) < len(cells):
        return f"{message}, expected a number"
    if len(values) > CATEGORIES:
        return f"{message}, which is text; take the column out of the file"
    return (
        f"{message}, which is text (one of {one_of(sorted(values))}); put in "
        "its place a column of 0 and 1 for each value, as "
        "pandas.get_dummies does, or leave it out"
    )
