"""A model that a user wrote in PyTorch, and its operations."""

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, ClassVar

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from framework_parity.common.layouts import Array
from framework_parity.common.live.base import BaseLiveModel
from framework_parity.common.live.graph import Graph
from framework_parity.common.live.loading import called, load
from framework_parity.common.live.trace import Source, Trace
from framework_parity.common.spec.errors import SpecError
from framework_parity.torch_impl.live import tensors
from framework_parity.torch_impl.live.creation import creation_sites
from framework_parity.torch_impl.live.reading import read_graph
from framework_parity.torch_impl.live.tensors import from_array, to_array
from framework_parity.torch_impl.live.trace import record


class LiveModel(BaseLiveModel):
    """A live PyTorch model in evaluation mode."""

    layout: ClassVar[Any] = tensors
    misfits: ClassVar[tuple[type[Exception], ...]] = (
        RuntimeError,
        ValueError,
        LookupError,
    )

    def __init__(
        self,
        address: Any,
        dtype: str,
        seed: int,
        orders: dict[int, tuple[int, ...]] | None = None,
    ) -> None:
        self.before = torch.get_default_dtype(), torch.get_rng_state()
        torch.set_default_dtype(getattr(torch, dtype))
        torch.manual_seed(seed)
        super().__init__(address, dtype, orders)

    def built(self) -> Any:
        """Return the model that the address names.

        Raises:
            SpecError: if it is no model of PyTorch.
        """
        self.sites: dict[int, str] = {}
        if self.live is not None:
            copied = copy.deepcopy(self.live)
            return copied.to(getattr(torch, self.dtype)).eval()
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

    def close(self) -> None:
        """Give a live object, and the framework, their state back."""
        dtype, draws = self.before
        torch.set_default_dtype(dtype)
        torch.set_rng_state(draws)

    def load_file(self, file: Path) -> None:
        """Load the model's weights.

        Raises:
            SpecError: if the file cannot be read, or has other tensors.
        """
        try:
            if file.suffix == ".safetensors":
                state = load_file(file)
            else:
                # Never executes code of a pickle.
                state = torch.load(file, "cpu", weights_only=True)
            self.model.load_state_dict(state.get("state_dict", state))
        except UnpicklingError as error:
            text = "it has objects other than tensors, which may run code"
            raise SpecError(str(file), f"is refused: {text}") from error
        except Exception as error:
            text = str(error).strip().partition("\n")[0]
            raise SpecError(str(file), f"cannot be loaded: {text}") from error

    def save_file(self, file: Path) -> None:
        """Save the model's weights, in the form that the name says."""
        state = self.model.state_dict()
        if file.suffix == ".safetensors":
            save_file({k: v.contiguous() for k, v in state.items()}, file)
        else:
            torch.save(state, file)

    def size(self) -> int:
        """Return the number of elements of all tensors of the model."""
        own = [*self.model.parameters(), *self.model.buffers()]
        return sum(t.numel() for t in own if t.is_floating_point())

    def id_limits(self) -> list[int]:
        """Return the number of ids of each embedding."""
        return [
            layer.num_embeddings
            for layer in self.model.modules()
            if isinstance(layer, nn.Embedding)
        ]

    def tensor(self, array: Array, place: int) -> Any:
        """Return an input as a tensor, in the framework's layout.

        Args:
            array: the input.
            place: its number.
        """
        if place in self.orders:
            array = array.transpose(self.orders[place])
        elif array.ndim in (4, 5):
            array = np.moveaxis(array, -1, 1)
        kind = self.dtype if array.dtype.kind == "f" else "int64"
        return from_array(array.astype(kind))

    def own(self, array: Array) -> Any:
        """Return an array in the framework's layout as a tensor."""
        return from_array(array)

    def recorded(
        self, inputs: list[Any], *, training: bool
    ) -> tuple[Trace, Graph]:
        """Run the model once, and read its operations.

        Args:
            inputs: the framework's tensors.
            training: whether it runs in training mode.
        """
        with torch.no_grad():
            trace = called(
                self.address,
                "a pass",
                record,
                *(self.model, inputs, self.sites, training),
            )
        for place, source in enumerate(trace.events[: len(inputs)]):
            if isinstance(source, Source) and place in self.orders:
                number = len(self.orders[place])
                moved = (0, number - 1, *range(1, number - 1))
                source.first = self.orders[place] == moved
        return trace, read_graph(trace)

    def repeated(self, call: Any, values: list[Any]) -> list[Any]:
        """Return the outputs of one operation for some inputs."""
        outputs: list[Any] = call.repeated(values)
        return outputs

    def without_gradients(self) -> AbstractContextManager[Any]:
        """Return a context in which no derivatives are recorded."""
        return torch.no_grad()

    def channels_last(self, value: Any) -> Any:
        """Return a tensor whose channels are first with its channels last."""
        return value.movedim(1, -1) if value.ndim >= 3 else value

    def differentiable(
        self, compute: Callable[..., Any], given: list[Any]
    ) -> Any:
        """Return an operation that NumPy computes, as a tensor.

        Args:
            compute: from the tensors, as arrays, to the output, and to a
                function from the derivative of the loss by the output to
                those by the tensors.
            given: inputs of the operation, and tensors of its layer.
        """

        class InNumPy(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, *given: Any) -> Any:
                output, ctx.back = compute(*map(to_array, given))
                return from_array(output)

            @staticmethod
            def backward(ctx: Any, *slopes: Any) -> Any:
                return tuple(map(from_array, ctx.back(to_array(slopes[0]))))

        return InNumPy.apply(*given)
