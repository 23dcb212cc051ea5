"""Layers with random draws, and variants that take them from outside."""

from typing import Any

import keras
from keras import ops

from framework_parity.keras_impl.extensions import SampleLayer, registered


def given(mask: Any, inputs: Any) -> Any:
    """Return the part of a mask for the samples of an incomplete batch."""
    return mask[: ops.shape(inputs)[0]]


@registered
class MaskedDropout(keras.layers.Dropout):
    """x · mask in training, x in evaluation.

    The mask holds 0 and 1 / (1 - rate); `mask` is set during each step.
    """

    mask: Any = None

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.mask_shape = tuple(input_shape[1:])

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        return inputs * ops.cast(given(self.mask, inputs), inputs.dtype)


@registered
class MaskedSpatialDropout1D(keras.layers.SpatialDropout1D):
    """`MaskedDropout` with one factor for each channel of (n, l, c)."""

    mask: Any = None

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.mask_shape = (1, input_shape[-1])

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        return inputs * ops.cast(given(self.mask, inputs), inputs.dtype)


@registered
class MaskedSpatialDropout2D(keras.layers.SpatialDropout2D):
    """`MaskedDropout` with one factor for each channel."""

    mask: Any = None

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.mask_shape = (1, 1, input_shape[-1])

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        return inputs * ops.cast(given(self.mask, inputs), inputs.dtype)


@registered
class RandomFlip(keras.layers.RandomFlip):
    """Mirror each image left to right at random, in training.

    Keras's own layer also does so in `model(x)`, where `training` is not
    given.
    """

    def __init__(self, **fields: Any) -> None:
        super().__init__("horizontal", **fields)

    def call(self, data: Any, training: bool = False) -> Any:
        return super().call(data, training=training)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        del config["mode"]  # it is always "horizontal"
        return config


@registered
class MaskedRandomFlip(RandomFlip):
    """`RandomFlip` with given draws; see `MaskedDropout`."""

    mask: Any = None
    mask_shape = (1, 1, 1)

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: Any = None
    ) -> Any:
        return {"flips": given(self.mask, data) > 0} if training else None


@registered
class RandomCrop(SampleLayer):
    """Pad each image and cut out its size at random, in training."""

    def __init__(self, padding: int, fill: float, **fields: Any) -> None:
        super().__init__(**fields)
        self.padding, self.fill = padding, fill
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        around = (self.padding, self.padding)
        sides = ((0, 0), around, around, (0, 0))
        padded = ops.pad(inputs, sides, constant_values=self.fill)
        top, left = ops.split(ops.cast(self.drawn(inputs), "int32"), 2, -1)
        rows, columns = (ops.arange(n, dtype="int32") for n in self.sample[:2])
        cut = ops.take_along_axis(padded, top + rows[:, None, None], 1)
        return ops.take_along_axis(cut, left + columns[:, None], 2)

    def drawn(self, inputs: Any) -> Any:
        """Return the offsets of each image's crop from the top and left."""
        shape = (ops.shape(inputs)[0], 1, 1, 2)
        most = 2 * self.padding + 1
        return keras.random.randint(shape, 0, most, seed=self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        own = {"padding": self.padding, "fill": self.fill}
        return super().get_config() | own


@registered
class MaskedRandomCrop(RandomCrop):
    """`RandomCrop` with given draws; see `MaskedDropout`."""

    mask: Any = None
    mask_shape = (1, 1, 2)

    def drawn(self, inputs: Any) -> Any:
        return given(self.mask, inputs)


# What stands in for a layer that draws, where the masks are handed in.
MASKED_CLASS: dict[Any, type[keras.layers.Layer]] = {
    keras.layers.Dropout: MaskedDropout,
    keras.layers.SpatialDropout1D: MaskedSpatialDropout1D,
    keras.layers.SpatialDropout2D: MaskedSpatialDropout2D,
    RandomFlip: MaskedRandomFlip,
    RandomCrop: MaskedRandomCrop,
}
