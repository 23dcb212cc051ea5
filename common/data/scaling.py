"""Scaling of features and targets, fitted on the training part only.

Numbers are scaled in float64, a block of rows at a time, and rounded once to
the requested precision, so that a large data set is never held in float64 in
addition to the precision of training.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import Discriminator, Tag

from framework_parity.common.data.splits import RowIndices
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.node import (
    Number,
    Positive,
    SpecNode,
    TaggedUnion,
)

# The number of elements that are scaled at once: 32 MiB in float64.
BLOCK = 2**22


class Normalize(SpecNode):
    """Bring values to [0, 1], then subtract a mean and divide by a deviation.

    The range is that of the whole training part, not of each feature. For
    images this is torchvision's ToTensor and Normalize.
    """

    mean: Number
    deviation: Positive


def _scaling_form(written: Any) -> str:
    named = isinstance(written, dict | Normalize) or written == "normalize"
    return "mapping" if named else "word"


Word = Literal["none", "standardize", "min_max", "symmetric"]
Scaling = Annotated[
    Annotated[Word, Tag("word")]
    | Annotated[Normalize, TaggedUnion(), Tag("mapping")],
    Discriminator(_scaling_form),
]
Scale: TypeAlias = Callable[[Array], Array]


def fitted(
    scaling: Word | Normalize, values: Array, rows: RowIndices
) -> Scale:
    """Return a scaling that is fitted on some rows.

    Args:
        scaling: the kind of scaling; see `common.data.spec.Data`.
        values: array (n, *shape) of any numeric dtype.
        rows: the indices of the rows to fit on.

    Returns:
        A function from float64 samples (m, *shape) to scaled ones.
    """
    if scaling == "none":
        return lambda x: x
    if isinstance(scaling, Normalize):
        low = min(block.min() for block in blocks(values, rows))
        high = max(block.max() for block in blocks(values, rows))
        mean, deviation = scaling.mean, scaling.deviation
        return lambda x: ((x - low) / (high - low) - mean) / deviation
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    scaler = {
        "standardize": StandardScaler(),
        "min_max": MinMaxScaler((0.0, 1.0)),
        "symmetric": MinMaxScaler((-1.0, 1.0)),
    }[scaling]
    for block in blocks(values, rows):
        scaler.partial_fit(block.reshape(len(block), -1))
    return lambda x: scaler.transform(x.reshape(len(x), -1)).reshape(x.shape)


def scaled(scale: Scale, values: Array, rows: RowIndices, dtype: str) -> Array:
    """Return some rows, scaled.

    Args:
        scale: the function that `fitted` returned.
        values: array (n, *shape) of any numeric dtype.
        rows: the indices of the rows to return.
        dtype: the dtype of the result: `float64`, `float32`, or `int64` for
            token ids.

    Returns:
        An array of shape (len(rows), *shape).
    """
    result = np.empty((len(rows), *values.shape[1:]), dtype)
    first = 0
    for block in blocks(values, rows):
        result[first : first + len(block)] = scale(block)
        first += len(block)
    return result


def blocks(values: Array, rows: RowIndices) -> Iterator[Array]:
    """Yield blocks of some rows in float64, of about `BLOCK` elements.

    Args:
        values: array (n, *shape) of any numeric dtype.
        rows: the indices of the rows.

    Yields:
        Arrays (m, *shape), in the order of `rows`.
    """
    numbers = max(1, values[:1].size)
    step = max(1, BLOCK // numbers)
    for first in range(0, len(rows), step):
        yield values[rows[first : first + step]].astype(np.float64)
