"""Splits of a data set into training, validation and test part.

The rows of each part are in the order of the source, whichever split was
used, so that `shuffle: never` is the order of the file.

The sizes of the parts are those of the functions that each split stands for.
`stratified` and `random` are scikit-learn's `train_test_split`, which holds
out ⌈n f⌉ of n samples for a share f. `last` is the `validation_split` of
Keras's `Model.fit`, which trains on ⌊n (1 - f)⌋ samples and holds out the
rows after them; `first` holds out as many rows at the beginning. Both
products are computed in floating point, as in these functions: of 10 samples
and a share of 0.3, both hold out 3, but of 50 samples and 0.14 `random` holds
out 8 and `last` 7.
"""

import math
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from framework_parity.common.data.base import Labels

Split: TypeAlias = Literal["stratified", "random", "last", "first"]
RowIndices: TypeAlias = npt.NDArray[np.int64]


def count(split: Split, samples: int, share: float) -> int:
    """Return the number of samples that a share holds out.

    Args:
        split: the kind of split; see the module for the rule of each.
        samples: the number of samples.
        share: the share to hold out, in [0, 1).

    Returns:
        A number from 0 to `samples`.

    >>> count("random", 50, 0.14), count("last", 50, 0.14)
    (8, 7)
    """
    if split in ("last", "first"):
        return samples - math.floor(samples * (1.0 - share))
    return math.ceil(samples * share)


def hold_out(
    split: Split, rows: RowIndices, size: int, seed: int, labels: Labels | None
) -> tuple[RowIndices, RowIndices]:
    """Return the rows that stay, and the rows that are held out.

    Args:
        split: the kind of split.
        rows: the row indices to choose from, in the order of the source.
        size: the number of rows to hold out.
        seed: the seed of a random split.
        labels: the class of each of `rows`; None for regression, where
            `stratified` is the same as `random`.

    Returns:
        The indices of both, in the order of the source.
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
    """Return the rarest class, its number of samples and its first index."""
    classes, first, counts = np.unique(
        labels, return_index=True, return_counts=True
    )
    least = counts.argmin()
    return int(classes[least]), int(counts[least]), int(first[least])
