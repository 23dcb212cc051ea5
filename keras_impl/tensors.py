"""Arrays in and out of Keras."""

from typing import Any

import keras
import numpy as np

from framework_parity.common.spec.layer import Shape


def to_tensor(array: np.ndarray, dtype: str) -> Any:
    """Return an array as a tensor; labels keep their type.

    It may share the array's memory, so the array must not be changed.

    Translation: images stay channels last, the layout that Keras computes
    in on every device.
    """
    kind = dtype if array.dtype.kind == "f" else array.dtype
    array = np.asarray(array, dtype=kind, order="C")
    return keras.ops.convert_to_tensor(array)


def to_tensors(arrays: np.ndarray, dtype: str) -> Any:
    """Return an array of batches, (steps, batch, ...), as one tensor."""
    return to_tensor(arrays, dtype)


def to_array(tensor: Any) -> np.ndarray:
    """Return a tensor as an array of its own, images channels last.

    Translation: NumPy has no bfloat16; float32 holds each of its numbers.
    """
    if keras.backend.standardize_dtype(tensor.dtype) == "bfloat16":
        tensor = keras.ops.cast(tensor, "float32")
    return np.array(keras.ops.convert_to_numpy(tensor))


def stored_axis(axis: int, shape: Shape) -> int:
    """Return where an axis of a sample stands in a batch.

    Translation: behind the batch, channels last, which is -1.
    """
    return -1 if axis == len(shape) - 1 else axis + 1
