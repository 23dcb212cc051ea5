"""Record the operations of a live PyTorch model.

Modules of PyTorch are recorded as one operation each; the user's own modules
are looked into, so that functions of PyTorch that they call are recorded as
well. Every operation can be repeated on other inputs.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._pytree import (
    tree_flatten,
    tree_map_only,
    tree_unflatten,
)

from framework_parity.common.live.graph import Edge
from framework_parity.common.live.sites import user_site
from framework_parity.common.live.trace import Call, Source, Trace
from framework_parity.torch_impl.live.stacked import (
    is_stacked,
    joined,
    layers_of,
    stacked,
)

LIBRARY = (f"{Path(torch.__file__).parent}/", __file__)
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.GLU)
OPENED = "torch.nn.modules.transformer"
"""A file of PyTorch whose modules consist of others, and are looked into."""


def record(
    model: nn.Module,
    inputs: list[Tensor],
    sites: dict[int, str] | None = None,
    training: bool = False,
) -> Trace:
    """Run a model once and return its operations.

    Args:
        model: the model.
        inputs: the arguments of `forward`.
        sites: lines that created the modules, for those that the library
            calls.
        training: whether it runs in training mode.

    Returns:
        The trace.
    """
    model.train(training)
    recorder = _Recorder(model, sites or {})
    for number, value in enumerate(inputs):
        recorder.source("input", f"input {number + 1}", value)
    with recorder:
        result = model(*inputs)
    trace = recorder.trace
    trace.outputs = tuple(recorder.edge(value) for value in _tensors(result))
    flat, structure = tree_flatten(result)
    places = [n for n, value in enumerate(flat) if isinstance(value, Tensor)]

    def rebuilt(values: list[Any]) -> Any:
        filled = list(flat)
        for place, value in zip(places, values, strict=True):
            filled[place] = value
        return tree_unflatten(filled, structure)

    trace.result = rebuilt
    return trace


class _Recorder(TorchFunctionMode):
    """Record calls of functions, and of modules by patching `__call__`."""

    def __init__(self, model: nn.Module, sites: dict[int, str]) -> None:
        super().__init__()
        self.trace = Trace()
        self.sites = sites
        self.names = {
            id(module): name
            for name, module in model.named_modules(remove_duplicate=False)
        }
        self.own = {
            id(value): name
            for name, value in (
                *model.named_buffers(),
                *model.named_parameters(),
            )
        }
        self.edges: dict[int, Edge] = {}
        # Identities are unique only as long as the tensors exist.
        self.kept: list[Any] = []
        self.stack: list[str] = []
        self.inside = 0
        # The layers of stacks, and of their last states the one of each.
        self.layers: dict[int, list[Any]] = {}
        self.states: dict[int, list[Tensor]] = {}

    def source(self, kind: str, name: str, value: Tensor) -> Edge:
        self.trace.events.append(Source(kind, name, value))
        self.kept.append(value)
        edge = (len(self.trace.events) - 1, 0)
        self.edges[id(value)] = edge
        return edge

    def edge(self, value: Tensor) -> Edge:
        """Return the edge of a tensor, which may be a new constant."""
        if id(value) in self.edges:
            return self.edges[id(value)]
        return self.source("constant", self.own.get(id(value), ""), value)

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if self.inside:
            return function(*args, **kwargs)
        if function is Tensor.__getitem__ and id(args[0]) in self.states:
            args = self._of_one_layer(*args)
        with torch._C.DisableTorchFunction():
            given = self._given(args, kwargs)
        result = function(*args, **kwargs)
        with torch._C.DisableTorchFunction():
            name = resolve_name(function) or function.__name__
            properties = (".T.__get__", ".mT.__get__")
            read = name.endswith(".__get__") and not name.endswith(properties)
            if getattr(function, "__name__", "") == "__setitem__":
                self._add(function, name, None, given, args[0])
            elif _tensors(result) and not read:
                self._add(function, name, None, given, result)
        return result

    def _of_one_layer(self, state: Tensor, place: Any) -> tuple[Any, Any]:
        """Return one layer's last state, and the place in it."""
        states = self.states[id(state)]
        if not isinstance(place, int):
            return state, place
        layer, inside = divmod(place % len(state), len(states[0]))
        return states[layer], inside

    def _given(self, args: Any, kwargs: Any) -> tuple[list[Any], Any, Any]:
        """Flatten arguments, and return the edges of the tensors."""
        flat, structure = tree_flatten((tuple(args), dict(kwargs)))
        edges = {
            place: self.edge(value)
            for place, value in enumerate(flat)
            if isinstance(value, Tensor)
        }
        return flat, structure, edges

    def _add(
        self, function: Any, name: str, layer: Any, given: Any, result: Any
    ) -> None:
        flat, structure, edges = given
        outputs = _tensors(result)
        self.trace.events.append(
            Call(
                function=_on_copies(function),
                name=name,
                layer=layer,
                flat=flat,
                rebuilt=lambda flat: tree_unflatten(flat, structure),
                inputs=edges,
                outputs=[value.detach().clone() for value in outputs],
                site=user_site(sys._getframe(1), LIBRARY)
                or self.sites.get(id(layer)),
                path="/".join(self.stack),
            )
        )
        self.kept.append((flat, outputs))
        for port, value in enumerate(outputs):
            self.edges[id(value)] = (len(self.trace.events) - 1, port)

    def __enter__(self) -> "_Recorder":
        self.plain, self.glu = nn.Module.__call__, nn.functional.glu
        nn.functional.glu = _gated
        recorder = self

        def call(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            return recorder._called(module, args, kwargs)

        nn.Module.__call__ = call  # type: ignore[method-assign]
        super().__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        nn.Module.__call__ = self.plain  # type: ignore[method-assign]
        nn.functional.glu = self.glu
        super().__exit__(*error)

    def _called(self, module: nn.Module, args: Any, kwargs: Any) -> Any:
        if self.inside:
            return self.plain(module, *args, **kwargs)
        name = self.names.get(id(module), type(module).__name__)
        if is_stacked(module, args, kwargs):
            return self._stacked(module, name, args[0])
        if not is_leaf(module):
            self.stack.append(name)
            try:
                return self.plain(module, *args, **kwargs)
            finally:
                self.stack.pop()
        with torch._C.DisableTorchFunction():
            given = self._given(args, kwargs)
            self.inside += 1
            try:
                # Without the mode, a module takes the fast path it would
                # take without a recorder.
                result = self.plain(module, *args, **kwargs)
            finally:
                self.inside -= 1
            again = partial(self.plain, module)
            self._add(again, name, module, given, result)
        return result

    def _stacked(self, module: Any, name: str, x: Tensor) -> Any:
        """Record a stack of recurrent layers as one after the other."""
        if id(module) not in self.layers:
            with torch._C.DisableTorchFunction():
                self.layers[id(module)] = layers_of(module)
        parts = self.layers[id(module)]
        for depth, part in enumerate(parts):
            self.names[id(part)] = f"{name}.l{depth}"
        output, states = stacked(
            module, parts, x, lambda part, x: self._called(part, (x,), {})
        )
        last = joined(states)
        if isinstance(last, Tensor):
            self.states[id(last)] = states
        else:
            for place, whole in enumerate(last):
                self.states[id(whole)] = [state[place] for state in states]
        self.kept.append((last, states))
        return output, last


def _gated(input: Tensor, dim: int = -1) -> Tensor:  # noqa: A002 - PyTorch's
    """Return a gated linear unit, whose operations are recorded."""
    value, gate = input.chunk(2, dim)
    return value * torch.sigmoid(gate)


def is_leaf(layer: nn.Module) -> bool:
    """Return whether a module is recorded as one operation."""
    kind = type(layer).__module__
    library = kind.startswith("torch.nn") and kind != OPENED
    return library and not isinstance(layer, CONTAINERS)


def _on_copies(function: Callable[..., Any]) -> Callable[..., list[Tensor]]:
    """Return a function that returns tensors and changes no argument."""

    def again(*args: Any, **kwargs: Any) -> list[Tensor]:
        args, kwargs = tree_map_only(Tensor, Tensor.clone, (args, kwargs))
        result = _tensors(function(*args, **kwargs))
        return result or [args[0]]  # `x[i] = y` changes x

    return again


def _tensors(value: Any) -> list[Tensor]:
    return [
        each for each in tree_flatten(value)[0] if isinstance(each, Tensor)
    ]
