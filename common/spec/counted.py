"""Counted nouns for messages: `1 seed`, `2 seeds`."""

ES = ("s", "x", "z", "ch", "sh")
VOWELS = "aeiou"


def counted(count: float, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun, in the number that the count asks for.

    Args:
        count: how many; thousands are set off by commas, and of a mean three
            digits are shown.
        noun: in the singular.
        plural: of the noun, where it does not follow the rule.

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
    # A ch that is spoken as k takes an s alone.
    if noun.endswith(ES) and not noun.endswith("epoch"):
        return f"{noun}es"
    return f"{noun}s"
