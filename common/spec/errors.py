"""Error messages about invalid input, one sentence each."""

import difflib
import math
from collections.abc import Collection, Iterable

# A message lists no more names than this.
MANY = 24


class SpecError(ValueError):
    """An invalid specification.

    `str(error)` is one sentence that names the file, the field, the value,
    the allowed values and, for an unknown name, the nearest known name.
    """

    def __init__(self, field: str, message: str, file: str = "") -> None:
        # The message has one line, even if a quoted value has several.
        self.file = _one_line(file)
        self.field = _one_line(field)
        self.message = _one_line(message)
        super().__init__(str(self))

    def __str__(self) -> str:
        if not self.field and not self.file:
            return f"the whole document: {self.message}"
        place = [part for part in (self.file, self.field) if part]
        return ": ".join([*place, self.message])

    def located(self, file: str) -> "SpecError":
        """Return the same error with the name of the file."""
        return SpecError(self.field, self.message, file)

    def as_json(self) -> dict[str, str]:
        """Return the `error` object of the command line's JSON output."""
        return {
            "file": self.file,
            "field": self.field,
            "message": self.message,
        }


def _one_line(text: str) -> str:
    printable = (c if c.isprintable() else " " for c in text)
    return " ".join("".join(printable).split())


def shown(value: object) -> str:
    """Return a value as it is quoted in a message, at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def same_letters(name: str) -> str:
    """Return the letters and digits of a name, in lower case.

    >>> same_letters("BatchNorm2d") == same_letters("batch_norm_2d")
    True
    """
    return "".join(c for c in name.lower() if c.isalnum())


def nearest(name: object, allowed: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for a spelling mistake, or "".

    A spelling mistake is one letter inserted, deleted, substituted or
    transposed with the next, or two of these in long words. Words with
    another first letter, another digit or another part are no spelling
    mistakes.

    Args:
        name: the unknown name.
        allowed: the known names.

    Returns:
        The hint, or an empty string if no name, or more than two, are close.

    >>> nearest("rleu", ["relu", "tanh"])
    "; did you mean 'relu'?"
    >>> nearest("gru", ["relu"]), nearest("conv1d", ["conv2d"])
    ('', '')
    """
    words = sorted(set(allowed))
    mistakes = {word: _mistakes(str(name), word) for word in words}
    least = min(mistakes.values(), default=math.inf)
    close = [repr(word) for word in words if mistakes[word] == least]
    if least == math.inf or len(close) > 2:
        return ""
    return f"; did you mean {' or '.join(close)}?"


def _mistakes(name: str, word: str) -> float:
    """Return the number of spelling mistakes of a name in a word, or ∞."""
    letters, expected = same_letters(name), same_letters(word)
    if letters == expected:
        return 0
    if [c for c in letters if c.isdigit()] != [
        c for c in expected if c.isdigit()
    ]:
        return math.inf
    if letters[:1] != expected[:1] and letters[:2] != expected[1::-1]:
        return math.inf
    parts = list(zip(name.lower().split("_"), word.split("_"), strict=False))
    if name.count("_") != word.count("_"):
        parts = [(letters, expected)]
    total = 0
    for part, wanted in parts:
        mistakes = distance(part, wanted)
        if mistakes > (0 if len(wanted) < 3 else 1 if len(wanted) < 8 else 2):
            return math.inf
        total += mistakes
    return total if total <= 2 else math.inf


def distance(one: str, other: str) -> int:
    """Return the edit distance of two words (Damerau 1964).

    It counts insertions, deletions, substitutions and transpositions of
    adjacent letters.

    Args:
        one: a word.
        other: the word to compare with.

    Returns:
        The least number of such edits.

    >>> distance("rleu", "relu"), distance("sigmod", "sigmoid")
    (1, 1)
    """
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            least = min(
                rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b)
            )
            if i > 1 and j > 1 and (a, one[i - 2]) == (other[j - 2], b):
                least = min(least, rows[-2][j - 2] + 1)
            row.append(least)
        rows.append(row)
    return rows[-1][-1]


def names(allowed: Iterable[str]) -> str:
    """Return a sorted, comma-separated list of names."""
    return ", ".join(sorted(allowed))


def closest(name: object, allowed: Collection[str]) -> str:
    """Return the names as a list, or only the most similar of many.

    Args:
        name: the name to compare with.
        allowed: the names to list.

    Returns:
        All names if there are at most `MANY`, else the `MANY // 2` most
        similar and the number of the rest.

    >>> closest("con2d", ["conv2d", "dense"])
    'conv2d, dense'
    """
    if len(allowed) <= MANY:
        return names(allowed)
    alike = difflib.get_close_matches(str(name), list(allowed), MANY // 2, 0)
    rest = len(allowed) - len(alike)
    return f"{names(alike)} and {rest} more (see 'parity schema')"
