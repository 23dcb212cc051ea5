"""Splits: which rows of a data set train, validate and test.

The rows of each part stand in the order of the source, whichever way they
were chosen, so that `shuffle: never` is the order of the file.

The four ways to choose count as the functions that they stand for.
`stratified` and `random` are scikit-learn's `train_test_split`, which holds
out ⌈n f⌉ of n samples for a share f. `last` is the `validation_split` of
Keras's `Model.fit`, which trains on ⌊n (1 - f)⌋ samples and holds out the
rows after them; `first` holds out as many rows at the beginning. Both
products are computed in floating point, as they are there: of 10 samples
and a share of 0.3, either way holds out 3, but of 50 samples and 0.14
`random` holds out 8 and `last` 7.
"""

import math
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from framework_parity.common.data.base import Labels

Split: TypeAlias = Literal["stratified", "random", "last", "first"]
Rows: TypeAlias = npt.NDArray[np.int64]


def count(split: Split, samples: int, share: float) -> int:
    """Return how many of so many samples a share holds out.

    Args:
        split: how they are chosen; see the module for how each counts.
        samples: how many there are.
        share: of them to hold out, from 0 to below 1.

    Returns:
        A number from 0 to `samples`.

    >>> count("random", 50, 0.14), count("last", 50, 0.14)
    (8, 7)
    """
    if split in ("last", "first"):
        return samples - math.floor(samples * (1.0 - share))
    return math.ceil(samples * share)


def hold_out(
    split: Split, rows: Rows, size: int, seed: int, labels: Labels | None
) -> tuple[Rows, Rows]:
    """Return the rows that stay, and the rows that are held out.

    Args:
        split: how they are chosen.
        rows: the rows to choose from, in the order of the source.
        size: how many to hold out.
        seed: of the choice, where it is random.
        labels: the class of each of `rows`; None where the target is a
            number, and `stratified` chooses as `random` does.

    Returns:
        Both in the order of the source.
    """
    if split == "last":
        return rows[:-size], rows[-size:]
    if split == "first":
        return rows[size:], rows[:size]
    from sklearn.model_selection import train_test_split

    stay, held = train_test_split(
        rows,
        test_size=size,
        random_state=seed,
        stratify=labels if split == "stratified" else None,
    )
    return np.sort(stay), np.sort(held)


def rarest(labels: Labels) -> tuple[int, int, int]:
    """Return the class with the fewest samples, how many, and its first."""
    found, first, counts = np.unique(
        labels, return_index=True, return_counts=True
    )
    least = counts.argmin()
    return int(found[least]), int(counts[least]), int(first[least])
