"""Arrays in and out of PyTorch."""

from typing import Any

import numpy as np
import torch


def to_tensor(array: np.ndarray, dtype: str) -> torch.Tensor:
    """Return an array as a tensor; labels keep their type.

    It may share the array's memory, so the array must not be changed.

    Translation: images go from channels last to channels first, the only
    layout that PyTorch computes in.
    """
    if array.ndim == 4:
        array = array.transpose(0, 3, 1, 2)
    kind = dtype if array.dtype.kind == "f" else array.dtype
    tensor = torch.from_numpy(np.asarray(array, dtype=kind, order="C"))
    return tensor.to(torch.get_default_device())


def to_tensors(arrays: np.ndarray, dtype: str) -> torch.Tensor:
    """Return an array of batches, (steps, batch, ...), as one tensor."""
    flat = arrays.reshape(-1, *arrays.shape[2:])
    return to_tensor(flat, dtype).unflatten(0, arrays.shape[:2])


def to_array(tensor: Any) -> np.ndarray:
    """Return a tensor as an array of its own, images channels last.

    Translation: NumPy has no bfloat16; float32 holds each of its numbers.
    """
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    array = np.array(tensor.detach().cpu().numpy())
    return array.transpose(0, 2, 3, 1) if array.ndim == 4 else array
