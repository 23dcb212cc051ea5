"""Layers that merge the outputs of several branches of one input."""

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field

from framework_parity.common.spec.axes import axes_of
from framework_parity.common.spec.layer import (
    LayerSpec,
    Shape,
    refused,
)

if TYPE_CHECKING:
    from framework_parity.common.spec.layers import Layer

Block: TypeAlias = tuple["Layer", ...]


class Residual(LayerSpec):
    """activation(body(x) + shortcut(x)); He et al. 2016.

    Attributes:
        body: a list of layers.
        shortcut: `identity`, or layers whose output has the body's shape.
        activation: the activation after the sum, or None.
    """

    shorthand_field = "body"
    body: Annotated[Block, Field(min_length=1)]
    shortcut: Literal["identity"] | Block = "identity"
    activation: "Layer | None" = None

    def takes_padding(self) -> bool:
        """Return true, if the layers inside can follow it."""
        return True

    def blocks(self) -> dict[str, Block]:
        """Return the body and the shortcut, which is empty for `identity`."""
        shortcut = () if self.shortcut == "identity" else self.shortcut
        return {"body": self.body, "shortcut": shortcut}

    def after(self) -> Block:
        """Return the activation after the sum, if there is one."""
        return () if self.activation is None else (self.activation,)

    def merged(self, shapes: dict[str, Shape]) -> Shape:
        """Return the sum's shape; both terms must have the same."""
        if shapes["body"] != shapes["shortcut"]:
            raise refused(
                f"residual adds a body of shape {shapes['body']} to a "
                f"shortcut of shape {shapes['shortcut']}; give the shortcut "
                "layers that make them equal"
            )
        return shapes["body"]


class Concatenate(LayerSpec):
    """Put what several branches make of x side by side, along an axis.

    An empty branch is the identity, so that `{concatenate: [[], [...]]}` is a
    dense connection (Huang et al. 2017).

    Attributes:
        branches: a list of layers for each branch.
        axis: the axis of concatenation: `channels`, Keras's default;
            `time` of sequences; or `height` or `width` of images.
            The default of PyTorch's `torch.cat` is the *batch*, which has no
            equivalent here.
    """

    shorthand_field = "branches"
    branches: Annotated[tuple[Block, ...], Field(min_length=2)]
    axis: Literal["channels", "time", "height", "width"] = "channels"

    def takes_padding(self) -> bool:
        """Return whether each step is computed by itself."""
        return self.axis == "channels"

    def blocks(self) -> dict[str, Block]:
        """Return the branches, numbered from 1."""
        return {f"branch{n}": b for n, b in enumerate(self.branches, 1)}

    def merged(self, shapes: dict[str, Shape]) -> Shape:
        """Return the shape of the concatenated outputs of the branches."""
        inputs = list(shapes.values())
        first, axis = inputs[0], self.along(inputs[0])
        others = {(*shape[:axis], *shape[axis + 1 :]) for shape in inputs}
        if len({len(shape) for shape in inputs}) > 1 or len(others) > 1:
            raise refused(
                f"concatenate got branches of shapes "
                f"{', '.join(map(str, inputs))}; all but the {self.axis} must "
                "be equal"
            )
        joined = sum(shape[axis] for shape in inputs)
        return (*first[:axis], joined, *first[axis + 1 :])

    def along(self, shape: Shape) -> int:
        """Return the axis of one sample that is concatenated."""
        return axes_of(self.kind(), self.axis, shape)[0]
