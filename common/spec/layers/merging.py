"""Layers that join what several branches make of one input."""

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
        body: layers, in a list.
        shortcut: `identity`, or layers that give x the body's shape.
        activation: what follows the sum, or nothing.
    """

    shorthand_field = "body"
    body: Annotated[Block, Field(min_length=1)]
    shortcut: Literal["identity"] | Block = "identity"
    activation: "Layer | None" = None

    def blocks(self) -> dict[str, Block]:
        """Return the body and the shortcut, which is empty if identity."""
        shortcut = () if self.shortcut == "identity" else self.shortcut
        return {"body": self.body, "shortcut": shortcut}

    def after(self) -> Block:
        """Return what follows the sum, if anything does."""
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

    An empty branch passes x on, so `{concatenate: [[], [...]]}` is a dense
    connection (Huang et al. 2017).

    Attributes:
        branches: layers, in a list for each branch.
        axis: along which: `channels`, as Keras does unasked; `height`,
            which is also the first axis of samples of two axes; or `width`.
            PyTorch's `torch.cat` joins the *batch* unless it is told
            another axis, which no value here means.
    """

    shorthand_field = "branches"
    branches: Annotated[tuple[Block, ...], Field(min_length=2)]
    axis: Literal["channels", "height", "width"] = "channels"

    def blocks(self) -> dict[str, Block]:
        """Return the branches, numbered from 1."""
        return {f"branch{n}": b for n, b in enumerate(self.branches, 1)}

    def merged(self, shapes: dict[str, Shape]) -> Shape:
        """Return the branches' shape with one axis of each in a row."""
        found = list(shapes.values())
        first, axis = found[0], self.along(found[0])
        others = {(*shape[:axis], *shape[axis + 1 :]) for shape in found}
        if len({len(shape) for shape in found}) > 1 or len(others) > 1:
            raise refused(
                f"concatenate got branches of shapes "
                f"{', '.join(map(str, found))}; all but the {self.axis} must "
                "be equal"
            )
        joined = sum(shape[axis] for shape in found)
        return (*first[:axis], joined, *first[axis + 1 :])

    def along(self, shape: Shape) -> int:
        """Return the axis of one sample that is joined."""
        return axes_of(self.kind(), self.axis, shape)[0]
