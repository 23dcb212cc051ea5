"""Conversion between NumPy arrays and PyTorch tensors."""

from typing import Any

import numpy as np
import torch

from framework_parity.common.spec.layer import Shape


def to_tensor(array: np.ndarray, dtype: str) -> torch.Tensor:
    """Return an array as a tensor; labels keep their dtype.

    The tensor may share the array's memory, so the array must not be
    changed.

    Args:
        array: samples or labels, channels last.
        dtype: the dtype of the tensor, for floating-point arrays.

    Translation: images are moved from channels last to channels first, the
    only layout that PyTorch computes in. Sequences stay (n, time, channels),
    the layout of `batch_first=True`.
    """
    if array.ndim == 4:
        array = np.moveaxis(array, -1, 1)
    kind = dtype if array.dtype.kind == "f" else array.dtype
    tensor = torch.from_numpy(np.asarray(array, dtype=kind, order="C"))
    return tensor.to(torch.get_default_device())


def to_tensors(arrays: np.ndarray, dtype: str) -> torch.Tensor:
    """Return an array of batches as one tensor.

    Args:
        arrays: the batches, of shape (steps, batch, ...), channels last.
        dtype: the dtype of the tensor, for floating-point arrays.
    """
    flat = to_tensor(arrays.reshape(-1, *arrays.shape[2:]), dtype)
    tensor: torch.Tensor = flat.unflatten(0, arrays.shape[:2])
    return tensor


def to_array(tensor: Any) -> np.ndarray:
    """Return a copy of a tensor as an array, channels last.

    Translation: NumPy has no bfloat16; float32 represents all its values.
    """
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    array = np.array(tensor.detach().cpu().numpy())
    return np.moveaxis(array, 1, -1) if array.ndim == 4 else array


def stored_axis(axis: int, shape: Shape) -> int:
    """Return the axis of a batch that holds an axis of a sample.

    Args:
        axis: the axis of the sample, channels last.
        shape: the shape of the sample, channels last.

    Translation: the batch axis is first, the channels of an image are
    second. The axes of a sequence are counted from the last.
    """
    if len(shape) == 2:
        return axis - 2
    return 1 if axis == len(shape) - 1 else axis + 2
