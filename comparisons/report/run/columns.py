"""Two scripts in two columns, with the lines aligned."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

import numpy as np

# Two lines are aligned if they are at least so similar, from 0 to 1.
SIMILAR = 0.35

# Blocks with more pairs of lines than this are aligned from the top.
MOST_PAIRS = 4000


@dataclass(frozen=True)
class ArmScripts:
    """The plain scripts of one arm.

    Attributes:
        arm: the name of the arm.
        torch: the PyTorch script.
        keras: the Keras script.
    """

    arm: str
    torch: str
    keras: str


@dataclass(frozen=True)
class LinePair:
    """A line of either script, beside each other.

    Attributes:
        torch: the line of the PyTorch script; None where only Keras has one.
        keras: the line of the Keras script; None where only PyTorch has one.
    """

    torch: str | None
    keras: str | None

    @property
    def same(self) -> bool:
        """Whether both lines are the same."""
        return self.torch == self.keras


def side_by_side(torch: str, keras: str) -> list[LinePair]:
    """Align the lines of two scripts.

    Equal lines stand beside each other. Between them, lines that are similar
    do, in their order, and the others stand alone.

    Args:
        torch: the PyTorch script.
        keras: the Keras script.

    Returns:
        Pairs of lines; the left lines without None are those of `torch`, in
        their order, and the right ones those of `keras`.

    >>> for pair in side_by_side("a = 1\\nb(2)\\n", "a = 1\\nx\\nb(3)\\n"):
    ...     print(pair.torch, "|", pair.keras)
    a = 1 | a = 1
    None | x
    b(2) | b(3)
    """
    left, right = torch.splitlines(), keras.splitlines()
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    pairs: list[LinePair] = []
    for _, i, j, k, m in matcher.get_opcodes():
        pairs += _aligned(left[i:j], right[k:m])
    return pairs


def _aligned(left: Sequence[str], right: Sequence[str]) -> list[LinePair]:
    """Align two blocks so that the sum of the similarities is largest."""
    if list(left) == list(right) or len(left) * len(right) > MOST_PAIRS:
        return [LinePair(*pair) for pair in zip_longest(left, right)]
    scores = np.zeros((len(left) + 1, len(right) + 1))
    likeness = np.array(
        [[_similarity(a, b) for b in right] for a in left]
    ).reshape(len(left), len(right))
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            scores[i, j] = max(
                scores[i + 1, j + 1] + likeness[i, j],
                scores[i + 1, j],
                scores[i, j + 1],
            )
    pairs, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        together = scores[i + 1, j + 1] + likeness[i, j]
        if likeness[i, j] > 0 and scores[i, j] == together:
            pairs.append(LinePair(left[i], right[j]))
            i, j = i + 1, j + 1
        elif scores[i, j] == scores[i + 1, j]:
            pairs.append(LinePair(left[i], None))
            i += 1
        else:
            pairs.append(LinePair(None, right[j]))
            j += 1
    pairs += [LinePair(line, None) for line in left[i:]]
    return pairs + [LinePair(None, line) for line in right[j:]]


def _similarity(one: str, other: str) -> float:
    """Return how similar two lines are; 0 below `SIMILAR`.

    Empty lines are similar to empty lines only, and comments to comments.
    """
    one, other = one.strip(), other.strip()
    if not one or not other:
        return float(one == other)
    if one.startswith("#") != other.startswith("#"):
        return 0.0
    ratio = SequenceMatcher(None, one, other, autojunk=False).ratio()
    return ratio if ratio >= SIMILAR else 0.0
