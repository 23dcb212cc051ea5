"""The layout of a tensor: which axis is what, in a framework and here.

A layout is a pattern of einops, such as `units inputs ->
inputs units`: on the left the
axes of the framework's own tensor, on the right those of the neutral one.
Each backend has a table of the layouts of its layers, `layouts.py`.
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

    def each_to_neutral(self, rows: Array, shape: tuple[int, ...]) -> Array:
        """Return stacked tensors of one kind in neutral layout.

        The position of each element is computed once for all of them.

        Args:
            rows: of shape (n, *own), the own tensors.
            shape: the shape of the neutral tensor.

        Returns:
            An array of shape (n, *shape).
        """
        numbers = np.arange(rows[0].size).reshape(rows.shape[1:])
        places = self.to_neutral([numbers]).reshape(-1)
        flat = rows.reshape(len(rows), -1)
        return np.array(flat[:, places].reshape(-1, *shape))

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


def matching(layer: Any, table: Mapping[type, Layouts]) -> tuple[Layout, ...]:
    """Return the layouts of a layer's tensors, without those it has not.

    Args:
        layer: a live layer.
        table: of a backend; the first class that matches is used.

    Returns:
        The layouts; empty where the class is not known.
    """
    for kind, rule in table.items():
        if isinstance(layer, kind):
            return tuple(
                layout
                for layout in rule(layer)
                if all(own is not None for own in own_tensors(layer, layout))
            )
    return ()


def own_tensors(layer: Any, layout: Layout) -> list[Any]:
    """Return the tensors of a layer that make a neutral one.

    Args:
        layer: a live layer.
        layout: of the neutral tensor.

    Returns:
        The framework's tensors; None for one that the layer has not.
    """
    return [_at(layer, name) for name in layout.own]


def read_tensors(
    layer: Any,
    layouts: Sequence[Layout],
    to_array: Callable[[Any], Array],
) -> dict[str, Array]:
    """Return copies of a layer's tensors by neutral name.

    Args:
        layer: the layer.
        layouts: of its tensors.
        to_array: from a framework's tensor to an array.
    """
    return {
        layout.neutral: layout.to_neutral(
            [to_array(tensor) for tensor in own_tensors(layer, layout)]
        )
        for layout in layouts
    }


def write_tensors(
    layer: Any,
    layouts: Sequence[Layout],
    values: Mapping[str, Array],
    assign: Callable[[Any, Array], None],
) -> None:
    """Set a layer's tensors.

    Args:
        layer: the layer.
        layouts: of its tensors.
        values: by neutral name; what is missing is left as it is.
        assign: sets a framework's tensor.
    """
    for layout in layouts:
        if layout.neutral in values:
            own = own_tensors(layer, layout)
            shapes = [tuple(tensor.shape) for tensor in own]
            arrays = layout.from_neutral(values[layout.neutral], shapes)
            for tensor, array in zip(own, arrays, strict=True):
                assign(tensor, array)


def _at(layer: Any, path: str) -> Any:
    """Return the object at a path of attributes, or None."""
    for name in path.split("."):
        layer = getattr(layer, name, None)
    return layer
