"""A model that a user wrote in PyTorch, and its operations."""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from framework_parity.common.layouts import Array
from framework_parity.common.live.base import BaseLiveModel
from framework_parity.common.live.graph import Graph
from framework_parity.common.live.loading import called, load
from framework_parity.common.live.trace import Trace
from framework_parity.common.spec.errors import SpecError
from framework_parity.torch_impl.live import tensors
from framework_parity.torch_impl.live.reading import read_graph
from framework_parity.torch_impl.live.trace import creation_sites, record


class LiveModel(BaseLiveModel):
    """A live PyTorch model in evaluation mode."""

    layout: ClassVar[Any] = tensors

    def __init__(self, address: str, dtype: str, seed: int) -> None:
        torch.set_default_dtype(getattr(torch, dtype))
        torch.manual_seed(seed)
        super().__init__(address, dtype)

    def built(self) -> Any:
        """Return the model that the address names.

        Raises:
            SpecError: if it is no model of PyTorch.
        """
        self.sites: dict[int, str] = {}
        with creation_sites(self.sites):
            made = load(self.address)
            if not isinstance(made, nn.Module):
                made = called(self.address, "calling it", made)
        if not isinstance(made, nn.Module):
            raise SpecError(
                self.address,
                f"got {type(made).__name__}, expected an nn.Module",
            )
        return made.to(getattr(torch, self.dtype)).eval()

    def id_limits(self) -> list[int]:
        """Return the number of ids of each embedding."""
        return [
            layer.num_embeddings
            for layer in self.model.modules()
            if isinstance(layer, nn.Embedding)
        ]

    def tensor(self, array: Array) -> Any:
        """Return an input as a tensor, in the framework's layout."""
        if array.ndim in (4, 5):
            array = np.moveaxis(array, -1, 1)
        kind = self.dtype if array.dtype.kind == "f" else "int64"
        return torch.from_numpy(np.array(array, dtype=kind, order="C"))

    def _own(self, array: Array) -> Any:
        return torch.from_numpy(np.array(array, order="C"))

    def recorded(self, inputs: list[Any]) -> tuple[Trace, Graph]:
        """Run the model once, and read its operations."""
        with torch.no_grad():
            trace = called(
                self.address, "a pass", record, self.model, inputs, self.sites
            )
        return trace, read_graph(trace)

    def repeated(self, call: Any, values: list[Any]) -> list[Any]:
        """Return the outputs of one operation for some inputs."""
        with torch.no_grad():
            outputs: list[Any] = call.repeated(values)
        return outputs
