"""Say what is wrong with an input, in one sentence."""

import difflib
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


def nearest(name: object, allowed: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest name, or nothing.

    >>> nearest("rleu", ["relu", "tanh"])
    "; did you mean 'relu'?"
    >>> nearest("convolution", ["relu", "tanh"])
    ''
    """
    close = difflib.get_close_matches(str(name), list(allowed), 1, 0.5)
    return f"; did you mean '{close[0]}'?" if close else ""


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
