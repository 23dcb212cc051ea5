"""Conversion between NumPy arrays and Keras tensors."""

from typing import Any

import keras
import numpy as np

from framework_parity.common.spec.layer import Shape


def to_tensor(array: np.ndarray, dtype: str) -> Any:
    """Return an array as a tensor; labels keep their dtype.

    The tensor may share the array's memory, so the array must not be
    changed.

    Args:
        array: samples or labels, channels last.
        dtype: the dtype of the tensor, for floating-point arrays.

    Translation: images stay channels last, the layout that Keras computes
    in on every device.
    """
    kind = dtype if array.dtype.kind == "f" else array.dtype
    array = np.asarray(array, dtype=kind, order="C")
    return keras.ops.convert_to_tensor(array)


def to_tensors(arrays: np.ndarray, dtype: str) -> Any:
    """Return an array of batches as one tensor.

    Args:
        arrays: the batches, of shape (steps, batch, ...), channels last.
        dtype: the dtype of the tensor, for floating-point arrays.
    """
    return to_tensor(arrays, dtype)


def to_array(tensor: Any) -> np.ndarray:
    """Return a copy of a tensor as an array, channels last.

    Translation: NumPy has no bfloat16; float32 represents all its values.
    """
    if keras.backend.standardize_dtype(tensor.dtype) == "bfloat16":
        tensor = keras.ops.cast(tensor, "float32")
    return np.array(keras.ops.convert_to_numpy(tensor))


def stored_axis(axis: int, shape: Shape) -> int:
    """Return the axis of a batch that holds an axis of a sample.

    Args:
        axis: the axis of the sample, channels last.
        shape: the shape of the sample, channels last.

    Translation: the batch axis is first; the channels are last, axis -1.
    The axes of a sequence are counted from the last.
    """
    if len(shape) == 2:
        return axis - 2
    return -1 if axis == len(shape) - 1 else axis + 1
