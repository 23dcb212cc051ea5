"""A layer whose layers are not trained."""

from collections.abc import Iterator
from typing import Any, Literal

import keras

from framework_parity.keras_impl.extensions import (
    EachStep,
    applied,
    packed,
    registered,
    unpacked,
)


@registered
class Frozen(EachStep):
    """Layers whose parameters are not trained.

    A batch norm that is not trainable works as in evaluation. Where
    `batch_norm` is "training", only its variables are not trainable.
    """

    def __init__(
        self,
        layers: Any,
        batch_norm: Literal["training", "evaluation"],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.layers, self.batch_norm = [layers], batch_norm
        norms = [
            (layer, batch_norm == "training" and layer.trainable)
            for layer in inside(layers)
            if isinstance(layer, keras.layers.BatchNormalization)
        ]
        layers.trainable = False
        for layer, trainable in norms:
            layer.trainable = trainable
            for variable in layer.variables:
                variable.trainable = False

    def call(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        return applied(self.layers[0], x, training=training, mask=mask)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        # The mask begins in an embedding, which is the first layer.
        for layer in getattr(self.layers[0], "layers", ()):
            mask = layer.compute_mask(inputs, mask)
        return mask

    def get_config(self) -> dict[str, Any]:
        own = {"batch_norm": self.batch_norm, **packed(self.layers)}
        return super().get_config() | own

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        blocks, rest = unpacked(config)
        return cls(*blocks, **rest)


def inside(layer: Any) -> Iterator[Any]:
    """Yield the layers inside of a layer, at any depth."""
    for inner in getattr(layer, "layers", ()):
        yield inner
        yield from inside(inner)
