"""Say what is wrong with an input, in one sentence."""

import difflib
import math
from collections.abc import Collection, Iterable

# More names than that are no help in a sentence.
MANY = 24


class SpecError(ValueError):
    """A specification that cannot be meant.

    `str(error)` is one sentence that names the file, the field, what was
    got, what is allowed, and the nearest name where a name is off.
    """

    def __init__(self, field: str, message: str, file: str = "") -> None:
        # A sentence has one line, whatever was quoted into it.
        self.file = _one_line(file)
        self.field = _one_line(field)
        self.message = _one_line(message)
        super().__init__(str(self))

    def __str__(self) -> str:
        place = self.field or "the whole document"
        prefix = f"{self.file}: " if self.file else ""
        return f"{prefix}{place}: {self.message}"

    def located(self, file: str) -> "SpecError":
        """Return the same error, naming the file it was found in."""
        return SpecError(self.field, self.message, file)

    def as_json(self) -> dict[str, str]:
        """Return the `error` object of the command line's contract."""
        return {
            "file": self.file,
            "field": self.field,
            "message": self.message,
        }


def _one_line(text: str) -> str:
    printable = (c if c.isprintable() else " " for c in text)
    return " ".join("".join(printable).split())


def shown(value: object) -> str:
    """Return a value as it is quoted in a sentence: never much of it."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def same_letters(name: str) -> str:
    """Return a name's letters and digits, without capitals.

    >>> same_letters("BatchNorm2d") == same_letters("batch_norm_2d")
    True
    """
    return "".join(c for c in name.lower() if c.isalnum())


def nearest(name: object, allowed: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for a spelling mistake, or nothing.

    A mistake is one letter too many, too few, wrong, or changed with the
    next; in long words two. Words that begin otherwise, or differ in a digit
    or in a whole part, mean something else.

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
    """Return how many spelling mistakes make a name of a word, or ∞."""
    one, other = same_letters(name), same_letters(word)
    if one == other:
        return 0
    if [c for c in one if c.isdigit()] != [c for c in other if c.isdigit()]:
        return math.inf
    if one[:1] != other[:1] and one[:2] != other[1::-1]:
        return math.inf
    parts = list(zip(name.lower().split("_"), word.split("_"), strict=False))
    if name.count("_") != word.count("_"):
        parts = [(one, other)]
    total = 0
    for part, wanted in parts:
        found = distance(part, wanted)
        if found > (0 if len(wanted) < 3 else 1 if len(wanted) < 8 else 2):
            return math.inf
        total += found
    return total if total <= 2 else math.inf


def distance(one: str, other: str) -> int:
    """Return how many letters are wrong (Damerau 1964).

    A letter may be too many, too few, another, or changed with the next.

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
    """Return a list of names, or of many only those that are most like one.

    >>> closest("con2d", ["conv2d", "dense"])
    'conv2d, dense'
    """
    if len(allowed) <= MANY:
        return names(allowed)
    alike = difflib.get_close_matches(str(name), list(allowed), MANY // 2, 0)
    rest = len(allowed) - len(alike)
    return f"{names(alike)} and {rest} more (see 'parity schema')"
