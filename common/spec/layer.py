"""What every layer can say of itself, from the specification alone."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic_core import PydanticCustomError

from framework_parity.common.spec.node import SpecNode

Array: TypeAlias = npt.NDArray[np.float64]
Shape: TypeAlias = tuple[int, ...]


class LayerSpec(SpecNode):
    """A layer; unless it says otherwise, the shape stays, nothing is learnt.

    Shapes are those of one sample, without the batch.
    """

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of one sample after the layer.

        Raises:
            PydanticCustomError: if the layer cannot take such a sample.
        """
        return shape

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shape of each learnt tensor, by its own name."""
        return {}

    def state(self, shape: Shape) -> dict[str, Shape]:
        """Return the shape of each tensor that is kept but not learnt."""
        return {}

    def mask_shape(self, shape: Shape) -> Shape | None:
        """Return the shape of what a step draws for one sample, if it does."""
        return None

    def draw_mask(self, rng: np.random.Generator, shape: Shape) -> Array:
        """Return what a step draws, of shape (batch, *mask_shape)."""
        raise NotImplementedError(f"{self.kind()} draws nothing")

    def blocks(self) -> "dict[str, tuple[Any, ...]]":
        """Return the layers inside, side by side, by what they are for."""
        return {}

    def merged(self, shapes: dict[str, Shape]) -> Shape:
        """Return the shape of what the blocks put out together."""
        raise NotImplementedError(f"{self.kind()} has no blocks")

    def after(self) -> tuple[Any, ...] | None:
        """Return the layers that follow where the blocks have met.

        None where nothing can; an empty tuple where nothing does.
        """
        return None

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return how many inputs each output sees, and the other way."""
        raise NotImplementedError(f"{self.kind()} has no fans")

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> Array:
        """Return the starting values of one tensor, in float64.

        Args:
            name: the tensor's own name, such as `kernel`.
            rng: what they are drawn from.
            shape: that of one sample that reaches the layer.
        """
        initializer = getattr(self, f"{name}_initializer")
        found: Array = initializer.sample(
            rng, self.parameters(shape)[name], *self.fans(shape)
        )
        return found


def refused(text: str) -> PydanticCustomError:
    """Return the error for a layer that cannot take what reaches it."""
    return PydanticCustomError("shape", "{text}", {"text": text})


def expect_image(kind: str, shape: Shape) -> None:
    """Refuse samples that are no images."""
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
