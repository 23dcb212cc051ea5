"""Layers whose parameters are not trained."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from framework_parity.common.spec.layer import LayerSpec, Mode, Shape

if TYPE_CHECKING:
    from framework_parity.common.spec.layers import Layer


class Frozen(LayerSpec):
    """Apply layers whose parameters keep their values.

    The gradient passes through them to the layers before, but no parameter
    inside is updated, decays or has a penalty. Dropout inside is as outside.

    Attributes:
        layers: a list of layers.
        batch_norm: how batch norms inside work while the network is trained.
            `training`: they normalise by the mean and variance of the batch,
            and update their running averages, as after
            `requires_grad_(False)` in PyTorch. `evaluation`: they normalise
            by their running averages, which keep their values, as after
            `trainable = False` in Keras. If one frozen block is inside
            another, `evaluation` in either applies.
    """

    shorthand_field = "layers"
    takes_tokens = True
    layers: Annotated[tuple["Layer", ...], Field(min_length=1)]
    batch_norm: Mode

    def takes_padding(self) -> bool:
        """Return true, if the layers inside can follow it."""
        return True

    def blocks(self) -> dict[str, tuple["Layer", ...]]:
        """Return the layers."""
        return {"layers": self.layers}

    def merged(self, shapes: dict[str, Shape]) -> Shape:
        """Return the shape of the last layer's output."""
        return shapes["layers"]

    def freezes(self) -> Mode:
        """Return the mode of batch norms inside."""
        return self.batch_norm
