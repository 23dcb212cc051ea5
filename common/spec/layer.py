"""The interface of every layer: shapes, tensors and initial values."""

from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic_core import PydanticCustomError

from framework_parity.common.spec.node import SpecNode

Array: TypeAlias = npt.NDArray[np.float64]
Shape: TypeAlias = tuple[int, ...]


Mode: TypeAlias = Literal["training", "evaluation"]
"""How a layer works that differs between training and evaluation."""


class TokenShape(tuple[int, ...]):
    """The shape of a sample that consists of token ids, (time,).

    >>> TokenShape((2,), 5) == (2,), TokenShape((2,), 5) == TokenShape((2,), 5)
    (False, True)

    Attributes:
        vocabulary: the number of ids, which are 0 to vocabulary - 1.
    """

    vocabulary: int

    def __new__(cls, shape: Shape, vocabulary: int) -> "TokenShape":
        """Make the shape of ids.

        Args:
            shape: (time,).
            vocabulary: the number of ids.
        """
        made = super().__new__(cls, shape)
        made.vocabulary = vocabulary
        return made

    def __eq__(self, other: object) -> bool:
        """Return whether the other one is a shape of as many of these ids.

        A shape of numbers is never equal, so that ids are not drawn as the
        points of a plane.
        """
        if not isinstance(other, TokenShape):
            return False
        same = tuple(self) == tuple(other)
        return same and self.vocabulary == other.vocabulary

    def __hash__(self) -> int:
        """Return a hash by the shape and the vocabulary."""
        return hash((tuple(self), self.vocabulary))

    def __getnewargs__(self) -> tuple[Shape, int]:
        """Return what pickle and copy make it from."""
        return tuple(self), self.vocabulary


class LayerSpec(SpecNode):
    """A layer; by default it keeps the shape and has no parameters.

    Shapes are those of one sample, without the batch.
    """

    takes_tokens: ClassVar[bool] = False
    """Whether samples are token ids; all other layers take numbers."""

    def takes_padding(self) -> bool:
        """Return whether the layer can follow an embedding with padding.

        It can if it computes each step of a sequence by itself, or leaves
        out the steps that are padding.
        """
        return False

    def output_shape(self, shape: Shape) -> Shape:
        """Return the output shape of the layer for one sample.

        Args:
            shape: the input shape of one sample, without the batch.

        Returns:
            The output shape, without the batch.

        Raises:
            PydanticCustomError: if the layer cannot take such a sample.
        """
        return shape

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shape of each trainable tensor, by its own name."""
        return {}

    def state(self, shape: Shape) -> dict[str, Shape]:
        """Return the shape of each non-trainable tensor, by its own name."""
        return {}

    def mask_shape(self, shape: Shape) -> Shape | None:
        """Return the shape of a step's random mask for one sample, or None."""
        return None

    def draw_mask(self, rng: np.random.Generator, shape: Shape) -> Array:
        """Draw the random mask of one step.

        Args:
            rng: the generator.
            shape: the shape of the mask, `(batch, *mask_shape)`.

        Returns:
            A float64 array of this shape.
        """
        raise NotImplementedError(f"{self.kind()} draws nothing")

    def blocks(self) -> "dict[str, tuple[Any, ...]]":
        """Return the layers of each parallel block inside, by role."""
        return {}

    def merged(self, shapes: dict[str, Shape]) -> Shape:
        """Return the shape of the merged outputs of the blocks, by role."""
        raise NotImplementedError(f"{self.kind()} has no blocks")

    def after(self) -> tuple[Any, ...] | None:
        """Return the layers that are applied to the merged blocks.

        They are None where the layer cannot have any, and an empty tuple
        where it has none.
        """
        return None

    def freezes(self) -> Mode | None:
        """Return how batch norms inside work in training, if it freezes them.

        None if the layer does not freeze the layers inside.
        """
        return None

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return `fan_in` and `fan_out` of the layer's kernel."""
        raise NotImplementedError(f"{self.kind()} has no fans")

    def initializer_of(self, name: str) -> Any:
        """Return the initialiser of a tensor, by its own name, or None."""
        return getattr(self, self.initializer_field(name), None)

    def initializer_field(self, name: str) -> str:
        """Return the field with the initialiser of a tensor, if it has one.

        Args:
            name: the tensor's own name, such as `kernel`.
        """
        return f"{name}_initializer"

    def fans_of(self, name: str, shape: Shape) -> tuple[int, int]:
        """Return the fans by which a tensor is drawn.

        Args:
            name: the tensor's own name, such as `kernel`.
            shape: the input shape of one sample, without the batch.
        """
        drawn = self.initializer_of(name)
        if drawn is not None and drawn.kind() == "units_uniform":
            units = self.output_shape(shape)[-1]
            return units, units
        return self.fans(shape)

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> Array:
        """Draw the initial values of one tensor.

        Args:
            name: the tensor's own name, such as `kernel`.
            rng: the generator.
            shape: the input shape of one sample, without the batch.

        Returns:
            A float64 array of the tensor's shape.
        """
        initializer = self.initializer_of(name)
        values: Array = initializer.sample(
            rng, self.parameters(shape)[name], *self.fans_of(name, shape)
        )
        return values


def refused(text: str) -> PydanticCustomError:
    """Return the error for a layer that cannot take its input."""
    return PydanticCustomError("shape", "{text}", {"text": text})


def expect_image(kind: str, shape: Shape) -> None:
    """Raise an error if samples are not images.

    Args:
        kind: the kind of the layer, for the message.
        shape: shape of one sample, without the batch.

    Raises:
        PydanticCustomError: if the shape does not have three axes.
    """
    if len(shape) != 3:
        remedy = (
            "leave it out, or use 'dense'"
            if len(shape) == 1
            else "put a 'flatten' before a 'dense' instead, or give the "
            "samples a third axis"
        )
        raise refused(
            f"{kind} got samples of shape {shape}, expected images: height, "
            f"width, channels; {remedy}"
        )


def expect_sequence(kind: str, shape: Shape) -> None:
    """Raise an error if samples are not sequences.

    Args:
        kind: the kind of the layer, for the message.
        shape: shape of one sample, without the batch.

    Raises:
        PydanticCustomError: if the shape does not have two axes.
    """
    if len(shape) != 2:
        raise refused(
            f"{kind} got samples of shape {shape}, expected sequences: time, "
            "channels"
        )
