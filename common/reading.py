"""Reading: from a live object back to what it means.

The other way round from the phrase book: a backend's `reading` package has a
function for each element, which takes a live object and returns the spec, or
None if the object is not of that kind. To read is to ask them all.
"""

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from common.canonical import canonical


def readers(book: ModuleType) -> dict[str, Callable[[Any], Any]]:
    """Return a file's functions by the kind that each reads.

    The module is the registry: what is public and its own is a reader.
    """
    return {
        name: value
        for name, value in vars(book).items()
        if callable(value)
        and not name.startswith("_")
        and value.__module__ == book.__name__
    }


def recognized(books: Iterable[ModuleType], live: Any) -> Any:
    """Return what a live object means, in canonical form.

    Args:
        books: the files whose functions may know it.
        live: the object.

    Raises:
        LookupError: if none knows it; names its class and the files.
    """
    books = tuple(books)
    for book in books:
        for read in readers(book).values():
            spec = read(live)
            if spec is not None:
                return canonical(spec)
    raise unknown(live, *(book.__name__ for book in books))


def unknown(live: Any, *files: str) -> LookupError:
    """Return the error for an object that no reader knows.

    Args:
        live: the object.
        files: modules in which a reader would stand, likeliest last.
    """
    paths = " or ".join(f"{file.replace('.', '/')}.py" for file in files)
    kind = f"{type(live).__module__}.{type(live).__qualname__}"
    return LookupError(
        f"got {live!r} of class {kind}, whose meaning no reader knows; write "
        f"a function that returns its spec in {paths}"
    )


def shortest(of: Callable[[float], float], value: float, near: float) -> float:
    """Return the shortest decimal that a function turns into `value`.

    A live object may keep a number only as part of another: the end of a
    cosine as a rate and not as a share of it, a share as 1 - itself. Dividing
    would be off by a rounding; of the numbers that give that value, people
    mean the one with the fewest digits. With up to 15 of them it is the only
    one.

    Args:
        of: what was done to the number.
        value: what came of it.
        near: the number, give or take a rounding.

    >>> 0.1 * 0.7 / 0.1
    0.6999999999999998
    >>> shortest(lambda share: 0.1 * share, 0.1 * 0.7, 0.1 * 0.7 / 0.1)
    0.7
    """
    tried = (float(f"{near:.{digits}g}") for digits in range(1, 18))
    return next((each for each in tried if of(each) == value), near)
