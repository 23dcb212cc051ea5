"""The layout of a tensor: which axis is what, in a framework and here.

A layout is a pattern of einops, such as `units inputs ->
inputs units`: on the left the
axes of the framework's own tensor, on the right those of the neutral one.
Each backend has a table of the layouts of its layers, `live/layouts.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from einops import rearrange

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Layout:
    """How one neutral tensor is stored in a layer of a framework.

    Attributes:
        neutral: name of the neutral tensor, such as `kernel`.
        own: names of the framework's tensors that it consists of.
        axes: the pattern, from the own axes to the neutral ones, of which
            none is composed of several.
        sizes: sizes of axes that the shape of the tensor does not show.
        gates: for the neutral axis `gate`, the position of each of its
            gates in the framework's own order.
        several: how several own tensors make one: stacked along a first
            axis, or added.
    """

    neutral: str
    own: tuple[str, ...]
    axes: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    gates: tuple[int, ...] = ()
    several: Literal["stack", "add"] = "stack"

    def to_neutral(self, values: Sequence[Array]) -> Array:
        """Return the neutral tensor.

        Args:
            values: the own tensors, in the order of `own`.
        """
        value = values[0]
        if len(values) > 1:
            value = np.stack(values)
            value = value.sum(0) if self.several == "add" else value
        value = rearrange(value, self.axes, **self.sizes)
        return np.array(self._with_gates(value, self.gates))

    def from_neutral(
        self, value: Array, shapes: Sequence[tuple[int, ...]]
    ) -> list[Array]:
        """Return the own tensors; of an added pair, the second is zero.

        Args:
            value: the neutral tensor.
            shapes: the shape of each own tensor.
        """
        order = [self.gates.index(gate) for gate in range(len(self.gates))]
        value = self._with_gates(value, tuple(order))
        left, _, right = self.axes.partition(" -> ")
        value = rearrange(value, f"{right} -> {left}")
        if len(self.own) == 1:
            return [value.reshape(shapes[0])]
        if self.several == "stack":
            pairs = zip(value, shapes, strict=True)
            return [each.reshape(shape) for each, shape in pairs]
        return [value, *(np.zeros(shape) for shape in shapes[1:])]

    def _with_gates(self, value: Array, gates: tuple[int, ...]) -> Array:
        names = self.axes.partition(" -> ")[2].split()
        if not gates:
            return value
        return np.take(value, gates, axis=names.index("gate"))


Layouts: TypeAlias = Callable[[Any], tuple[Layout, ...]]
"""From a live layer to the layouts of its tensors."""
