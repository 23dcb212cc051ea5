"""Counted nouns for messages: `1 seed`, `2 seeds`."""

ES = ("s", "x", "z", "ch", "sh")
VOWELS = "aeiou"


def counted(count: float, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun in the singular or plural.

    Args:
        count: the count; an integer has commas between thousands, a float
            three significant digits.
        noun: the noun in the singular.
        plural: the plural, if it is irregular.

    Returns:
        The count and the noun, such as `1,149 images`.

    >>> counted(1, "convention"), counted(0, "seed"), counted(1149, "image")
    ('1 convention', '0 seeds', '1,149 images')
    >>> counted(2.5, "epoch"), counted(1.0, "epoch")
    ('2.5 epochs', '1 epoch')
    >>> counted(2, "class"), counted(2, "accuracy"), counted(2, "epoch")
    ('2 classes', '2 accuracies', '2 epochs')
    """
    shown = f"{count:,}" if isinstance(count, int) else f"{count:.3g}"
    return f"{shown} {noun if count == 1 else plural or plural_of(noun)}"


def plural_of(noun: str) -> str:
    """Return the plural of a regular noun.

    >>> plural_of("batch"), plural_of("array"), plural_of("class name")
    ('batches', 'arrays', 'class names')
    """
    if noun.endswith("y") and noun[-2] not in VOWELS:
        return f"{noun[:-1]}ies"
    # The ch of "epoch" is spoken as k, which takes only an s.
    if noun.endswith(ES) and not noun.endswith("epoch"):
        return f"{noun}es"
    return f"{noun}s"
