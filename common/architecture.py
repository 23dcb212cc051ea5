"""Architectures: the places of a network, with their shapes and counts.

A *place* is one layer where it stands. Its name, such as `dense_2`, is its
kind and its number among layers of that kind; a parameter is named by its
place and its own name, `dense_2/kernel`. Both frameworks use these names.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from common.activations import Shape
from common.layers import Dropout, Layer


@dataclass(frozen=True)
class Place:
    """One layer where it stands; shapes are those of one sample.

    Attributes:
        name: kind and number, for example `dense_2`.
        layer: what the specification says.
        input_shape: shape of what reaches the layer.
        output_shape: shape of what leaves it.
        parameters: shape of each learnt tensor, by full name.
    """

    name: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape
    parameters: dict[str, Shape]

    @property
    def parameter_count(self) -> int:
        """How many numbers the layer learns."""
        return sum(math.prod(shape) for shape in self.parameters.values())


class ShapeError(ValueError):
    """A layer that cannot take what reaches it; `index` is its position."""

    def __init__(self, index: int, message: str) -> None:
        self.index = index
        super().__init__(message)


def places(layers: Sequence[Layer], shape: Shape) -> tuple[Place, ...]:
    """Walk the layers and return each with its name and shapes.

    Args:
        layers: the network, input first.
        shape: that of one input sample.

    Raises:
        ShapeError: if a layer cannot take what reaches it.

    >>> from common.element import speaking
    >>> from common.layers import Dense
    >>> with speaking("keras"):
    ...     network = [Dense(units=3), Dense(units=2)]
    >>> [(p.name, p.parameter_count) for p in places(network, (4,))]
    [('dense_1', 15), ('dense_2', 8)]
    """
    numbers: Counter[str] = Counter()
    found = []
    for index, layer in enumerate(layers):
        numbers[layer.kind()] += 1
        name = f"{layer.kind()}_{numbers[layer.kind()]}"
        try:
            after = layer.output_shape(shape)
        except PydanticCustomError as error:
            raise ShapeError(index, error.message()) from error
        parameters = {
            f"{name}/{key}": value
            for key, value in layer.parameters(shape).items()
        }
        found.append(Place(name, layer, shape, after, parameters))
        shape = after
    return tuple(found)


def parameter_count(layers: Sequence[Layer], shape: Shape) -> int:
    """Return how many numbers the network learns, from the spec alone."""
    return sum(place.parameter_count for place in places(layers, shape))


def masked(layers: Sequence[Layer], shape: Shape) -> tuple[Place, ...]:
    """Return the places that drop numbers and so need a mask each step."""
    return tuple(
        place
        for place in places(layers, shape)
        if isinstance(place.layer, Dropout)
    )
