"""What the differences between two files' training have in common."""

from typing import Any

from framework_parity.common.live.records import TrainingFound
from framework_parity.common.spec.conventions import CONVENTIONS
from framework_parity.comparisons.compare.result import Difference, Place

SLUGS = {row.field: row.name for row in CONVENTIONS}

RATES = 1e-6
"""Relative difference of learning rates that float32 explains."""

Found = dict[str, TrainingFound]
"""What each framework's file has for training."""


def slug_of(kind: str, name: str) -> str:
    """Return the name of a convention, or one of a kind and a field.

    Args:
        kind: of an element of the language, or of a node.
        name: of the field.
    """
    return SLUGS.get(f"{kind}.{name}", f"{kind}_{name}")


def place_of(function: str, found: Found) -> Place:
    """Return where both files define a function.

    Args:
        function: its name.
        found: what both files have for training.
    """
    return Place(
        *(
            f"{function} ({each.defined.get(function)})"
            for each in found.values()
        )
    )


def differing_fields(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return the names of the fields that differ, in order.

    Args:
        one: the fields of a loss, a clipping or an optimiser.
        other: those of another one.
    """
    return sorted(
        name
        for name in one.keys() | other.keys()
        if one.get(name) != other.get(name)
    )


def field_difference(
    slug: str,
    place: Place,
    what: str,
    values: tuple[Any, Any],
    name: str,
    part: str,
    *,
    inherent: bool = False,
) -> Difference:
    """Return the difference of one field.

    Args:
        slug: the name of the difference.
        place: where the field is in both files.
        what: the field in a sentence.
        values: PyTorch's and Keras's.
        name: the field.
        part: of the training, as in `Difference`.
        inherent: whether no argument changes it.
    """
    return Difference.of_training(
        slug,
        place,
        f"{what} is {values[0]!r} in PyTorch and {values[1]!r} in Keras",
        f"set Keras's to {values[0]!r}, or PyTorch's to {values[1]!r}",
        part=part,
        field=name,
        inherent=inherent,
    )
