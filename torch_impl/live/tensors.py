"""Read and write the tensors of a PyTorch layer, in neutral layout."""

from typing import Any

import numpy as np
import torch

from framework_parity.common.live.layouts import Array
from framework_parity.torch_impl.live.layouts import layouts_of


def read(layer: Any) -> dict[str, Array]:
    """Return copies of a layer's tensors by neutral name.

    Args:
        layer: the layer; of an unknown class it has none.
    """
    return {
        layout.neutral: layout.to_neutral(
            [_own(layer, name).detach().cpu().numpy() for name in layout.own]
        )
        for layout in layouts_of(layer)
    }


def write(layer: Any, values: dict[str, Array]) -> None:
    """Set a layer's tensors.

    Args:
        layer: the layer.
        values: by neutral name; what is missing is left as it is.
    """
    for layout in layouts_of(layer):
        if layout.neutral not in values:
            continue
        own = [_own(layer, name) for name in layout.own]
        shapes = [tuple(tensor.shape) for tensor in own]
        arrays = layout.from_neutral(values[layout.neutral], shapes)
        with torch.no_grad():
            for tensor, array in zip(own, arrays, strict=True):
                tensor.copy_(torch.from_numpy(np.array(array, order="C")))


def count(layer: Any) -> int:
    """Return the number of elements of all tensors that layouts describe."""
    return sum(value.size for value in read(layer).values())


def _own(layer: Any, name: str) -> Any:
    for part in name.split("."):
        layer = getattr(layer, part)
    return layer
