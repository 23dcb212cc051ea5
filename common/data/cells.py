"""Cells of a table that hold no number: what they seem to be."""

import math
import re
from collections.abc import Callable, Sequence

from framework_parity.common.data.sheet import is_missing, one_of
from framework_parity.common.spec.errors import shown

# So many values a column of text may have to be called one of categories.
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
"""What a cell seems to be that is no number, and what to do about it."""


def number_of(cell: str) -> float:
    """Return the number of a cell, or NaN where it is no finite one.

    >>> number_of("1e3"), number_of("1_000")
    (1000.0, nan)
    """
    try:
        # Python would take 1_000, which no other program does.
        number = float(cell.replace("_", "?"))
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def wrong_cell(
    column: str, cells: Sequence[str], place: Callable[[int], str]
) -> str:
    """Return what is wrong with a column that should hold numbers.

    Args:
        column: what it is called in the sentence.
        cells: of the column; one at least is no number.
        place: from the number of a row, from 0 on, to where it stands,
            such as "line 5 of column 'a'".

    Returns:
        The first such cell, what it seems to be, and what to do.
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
    found = f"has {shown(cells[row])} in {place(row)}"
    for form, meaning in FORMS.items():
        if re.fullmatch(form, cells[row]):
            return f"{found}, {meaning}"
    if re.fullmatch(r"[-+]?(inf(inity)?|\d.*e\+?\d+)", cells[row].lower()):
        return f"{found}, expected a finite number"
    if 2 * len(odd) < len(cells):
        return f"{found}, expected a number"
    if len(values) > CATEGORIES:
        return f"{found}, which is text; take the column out of the file"
    return (
        f"{found}, which is text (one of {one_of(sorted(values))}); put in "
        "its place a column of 0 and 1 for each value, as "
        "pandas.get_dummies does, or leave it out"
    )
