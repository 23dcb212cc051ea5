"""What happened in one pass through a live model of either framework."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from framework_parity.common.live.graph import Edge

Arguments: TypeAlias = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and named arguments of a call."""


@dataclass
class Source:
    """A tensor that no operation made: an input, a parameter or a constant.

    Attributes:
        kind: `input` or `constant`.
        name: its name in the model; empty for a constant in the code.
        value: the tensor.
        first: whether it has its channels first; None where its number of
            axes says it.
    """

    kind: str
    name: str
    value: Any
    first: bool | None = None


@dataclass
class Call:
    """One operation that was recorded.

    Attributes:
        function: repeats it, from the arguments; it returns the tensors.
        name: path of the layer in the model, or name of the function.
        layer: the layer, or None for a function.
        flat: positional and named arguments, flattened.
        rebuilt: from the flattened arguments to `Arguments`.
        inputs: for each flattened argument that is a tensor, its position
            and the edge that it comes from.
        outputs: the tensors that it returned.
        site: file and line of the user's code.
        path: the names of the modules around it.
        attributes: values of an operation that are no arguments.
    """

    function: Callable[..., list[Any]]
    name: str
    layer: Any
    flat: list[Any]
    rebuilt: Callable[[list[Any]], Arguments]
    inputs: dict[int, Edge]
    outputs: list[Any]
    site: str | None
    path: str
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def arguments(self) -> Arguments:
        """The arguments of the call."""
        return self.rebuilt(self.flat)

    @property
    def first(self) -> tuple[Any, Edge]:
        """The first tensor among the arguments, and its edge."""
        place, edge = next(iter(self.inputs.items()))
        return self.flat[place], edge

    def argument(self, position: int, name: str, default: Any = None) -> Any:
        """Return an argument by its position or its name.

        Args:
            position: from 0.
            name: of the argument.
            default: if it was not given.
        """
        args, keywords = self.arguments
        if name in keywords:
            return keywords[name]
        return args[position] if position < len(args) else default

    def edges(self, *values: Any) -> tuple[Edge, ...]:
        """Return the edges of some tensors among the arguments.

        Args:
            values: the tensors, in the order of the edges; an array of the
                code has none.
        """
        found = []
        for value in values:
            same = (p for p in self.inputs if self.flat[p] is value)
            place = next(same, None)
            if place is not None:
                found.append(self.inputs[place])
        return tuple(found)

    def repeated(self, values: list[Any]) -> list[Any]:
        """Return the outputs for other values of the input tensors.

        Args:
            values: in the order of `inputs`.
        """
        flat = list(self.flat)
        for place, value in zip(self.inputs, values, strict=True):
            flat[place] = value
        args, keywords = self.rebuilt(flat)
        return self.function(*args, **keywords)


@dataclass
class Trace:
    """The operations of one pass, in the order in which they ran.

    Attributes:
        events: sources and calls; the first number of an edge is the
            position of one of them.
        outputs: the edges of the tensors that the model returned.
        result: from the values of `outputs` to what the model returns.
    """

    events: list[Source | Call] = field(default_factory=list)
    outputs: tuple[Edge, ...] = ()
    result: Callable[[list[Any]], Any] = list

    def is_fixed(self, position: int) -> bool:
        """Return whether an event has the same value in each pass."""
        event = self.events[position]
        if isinstance(event, Source):
            return event.kind == "constant"
        sources = [source for source, _ in event.inputs.values()]
        return event.layer is None and all(map(self.is_fixed, sources))
