"""Record the operations of a function of tensors, and call them again."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode


class _Recorder(TorchDispatchMode):
    """Writes each operation on tensors to a graph, with its arguments.

    Tensors are known by their identity, so all of them are kept until the
    recording ends. A tensor that no operation has made, and that is no input,
    is a constant of the graph.
    """

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        super().__init__()
        self.graph, self.constants = fx.Graph(), nn.Module()
        self.nodes: dict[int, fx.Node] = {}
        self.kept: list[Tensor] = []
        for number, tensor in enumerate(inputs):
            self._name(tensor, self.graph.placeholder(f"input_{number}"))

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        given = pytree.tree_map_only(Tensor, self.node, (args, kwargs or {}))
        made = func(*args, **(kwargs or {}))
        node = self.graph.call_function(func, *given)
        if isinstance(made, Tensor):
            self._name(made, node)
        elif isinstance(made, tuple | list):
            for place, each in enumerate(made):
                if isinstance(each, Tensor):
                    item = (operator.getitem, (node, place))
                    self._name(each, self.graph.call_function(*item))
        return made

    def node(self, tensor: Tensor) -> fx.Node:
        """Return the node that made a tensor."""
        if id(tensor) not in self.nodes:
            name = f"constant_{len(self.kept)}"
            self.constants.register_buffer(name, tensor)
            self._name(tensor, self.graph.get_attr(name))
        return self.nodes[id(tensor)]

    def _name(self, tensor: Tensor, node: fx.Node) -> None:
        self.nodes[id(tensor)] = node
        self.kept.append(tensor)


def record(
    function: Callable[..., Any], arguments: Any
) -> Callable[[Any], Any]:
    """Call a function once, and return its operations as a function.

    Backward passes and `vmap` inside are recorded as the operations that they
    call. The shapes of the tensors are those of this call.

    Args:
        function: a function of any number of arguments.
        arguments: lists, tuples and dictionaries of tensors.

    Returns:
        A function of arguments of the same structure, to what the function
        returns.
    """
    inputs, structure = pytree.tree_flatten(arguments)
    recorder = _Recorder(inputs)
    with recorder:
        results = function(*arguments)
    outputs, form = pytree.tree_flatten(results)
    recorder.graph.output(tuple(map(recorder.node, outputs)))
    module = fx.GraphModule(recorder.constants, recorder.graph)

    @torch.no_grad()
    def again(given: Any) -> Any:
        values, same = pytree.tree_flatten(given)
        assert same == structure
        return pytree.tree_unflatten(module(*values), form)

    return again
