"""Architectures: the places of a network, with their shapes and counts.

A *place* is one layer where it stands. Its name, such as `dense_2`, is its
kind and its number among layers of that kind, counted through the whole
network, also inside of blocks; a tensor is named by its place and its own
name, `dense_2/kernel`. Both frameworks use these names.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydantic_core import PydanticCustomError

from framework_parity.common.spec.layer import LayerSpec, Shape

# Layers inside of layers: Keras breaks somewhere beyond 50.
DEEPEST = 20


@dataclass(frozen=True)
class LayerNode:
    """One layer where it stands; shapes are those of one sample.

    Attributes:
        name: kind and number, for example `dense_2`.
        layer: what the specification says.
        input_shape: shape of what reaches the layer.
        output_shape: shape of what leaves it.
        parameters: shape of each learnt tensor, by full name.
        state: shape of each tensor that is kept but not learnt, likewise.
        blocks: the places inside, side by side, by what they are for.
        after: the places inside that follow where the blocks have met;
            None where none can.
    """

    name: str
    layer: LayerSpec
    input_shape: Shape
    output_shape: Shape
    parameters: dict[str, Shape]
    state: dict[str, Shape] = field(default_factory=dict)
    blocks: "dict[str, tuple[LayerNode, ...]]" = field(default_factory=dict)
    after: "tuple[LayerNode, ...] | None" = None

    @property
    def parameter_count(self) -> int:
        """How many numbers the layer learns, without those inside it."""
        return sum(math.prod(shape) for shape in self.parameters.values())

    @property
    def mask_shape(self) -> Shape | None:
        """The shape of what a step draws for one sample, if the layer does."""
        return self.layer.mask_shape(self.input_shape)


class ShapeError(ValueError):
    """A layer that cannot take what reaches it; `path` is where it stands."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        self.path = path
        super().__init__(message)


def places(layers: Sequence[LayerSpec], shape: Shape) -> tuple[LayerNode, ...]:
    """Walk the layers and return each with its name and shapes.

    Args:
        layers: the network, input first.
        shape: that of one input sample.

    Raises:
        ShapeError: if a layer cannot take what reaches it.

    >>> from framework_parity.common.spec.node import speaking
    >>> from framework_parity.common.spec.layers import Dense
    >>> with speaking("keras"):
    ...     network = [Dense(units=3), Dense(units=2)]
    >>> [(p.name, p.parameter_count) for p in places(network, (4,))]
    [('dense_1', 15), ('dense_2', 8)]
    """
    return _places(layers, shape, Counter(), ())


def _places(
    layers: Sequence[LayerSpec],
    shape: Shape,
    numbers: Counter[str],
    path: tuple[str | int, ...],
) -> tuple[LayerNode, ...]:
    found = []
    for index, layer in enumerate(layers):
        place = _place(layer, shape, numbers, (*path, index))
        found.append(place)
        shape = place.output_shape
    return tuple(found)


def _place(
    layer: LayerSpec,
    shape: Shape,
    numbers: Counter[str],
    path: tuple[str | int, ...],
) -> LayerNode:
    kind = layer.kind()
    # Of each layer around it, the path has the kind and the role.
    if sum(isinstance(part, str) for part in path) > 2 * DEEPEST:
        raise ShapeError(path, f"is nested more than {DEEPEST} layers deep")
    numbers[kind] += 1
    name = f"{kind}_{numbers[kind]}"
    blocks = {
        role: _places(block, shape, numbers, (*path, kind, role))
        for role, block in layer.blocks().items()
    }
    try:
        if blocks:
            output = layer.merged(
                {role: _end(block, shape) for role, block in blocks.items()}
            )
        else:
            output = layer.output_shape(shape)
    except PydanticCustomError as error:
        raise ShapeError(path, error.message()) from error
    after = layer.after()
    if after is not None:
        inside = (*path, kind, "after")
        after = _places(after, output, numbers, inside)

    def full(tensors: dict[str, Shape]) -> dict[str, Shape]:
        return {f"{name}/{key}": value for key, value in tensors.items()}

    learnt, kept = layer.parameters(shape), layer.state(shape)
    end = _end(after or (), output)
    return LayerNode(
        name, layer, shape, end, full(learnt), full(kept), blocks, after
    )


def _end(block: Sequence[LayerNode], shape: Shape) -> Shape:
    """Return the shape that a block puts out, which may be empty."""
    return block[-1].output_shape if block else shape


def is_place(name: str) -> bool:
    """Whether a live layer has a place's name, or merely fills a block.

    >>> is_place("dense_2"), is_place("shortcut"), is_place("0")
    (True, False, False)
    """
    return re.fullmatch(r"[a-z]\w*_\d+", name) is not None


def walk(found: Sequence[LayerNode]) -> Iterator[LayerNode]:
    """Yield every place, those inside a block before the one around it."""
    for place in found:
        for block in place.blocks.values():
            yield from walk(block)
        yield from walk(place.after or ())
        yield place


def parameter_count(layers: Sequence[LayerSpec], shape: Shape) -> int:
    """Return how many numbers the network learns, from the spec alone."""
    found = walk(places(layers, shape))
    return sum(place.parameter_count for place in found)


def masked(layers: Sequence[LayerSpec], shape: Shape) -> tuple[LayerNode, ...]:
    """Return the places that draw something at each step, as dropouts do."""
    found = walk(places(layers, shape))
    return tuple(place for place in found if place.mask_shape is not None)
