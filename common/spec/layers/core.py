"""Dense and flatten."""

import math
from typing import Literal

from framework_parity.common.spec.initializers import (
    BiasInitializer,
    KernelInitializer,
)
from framework_parity.common.spec.layer import (
    LayerSpec,
    Shape,
    refused,
)
from framework_parity.common.spec.node import (
    PositiveInt,
    StrictBool,
)


class Dense(LayerSpec):
    """y = x K + b, with K of shape (inputs, units).

    PyTorch calls it Linear and stores the kernel transposed; Keras stores it
    in this shape. In a sequence it is applied to each step in time.
    """

    shorthand_field = "units"
    units: PositiveInt
    bias: StrictBool = True
    kernel_initializer: KernelInitializer
    bias_initializer: BiasInitializer

    def takes_padding(self) -> bool:
        """Return true, since each step is computed by itself."""
        return True

    def output_shape(self, shape: Shape) -> Shape:
        """Return (units,) or (time, units)."""
        if len(shape) > 2:
            raise refused(
                f"dense got samples of shape {shape}, expected vectors or "
                "sequences; put a 'flatten' before it"
            )
        return (*shape[:-1], self.units)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the kernel and, with `bias`, the bias."""
        kernel = {"kernel": (shape[-1], self.units)}
        return kernel | ({"bias": (self.units,)} if self.bias else {})

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return the number of inputs and the number of units."""
        return shape[-1], self.units


class Flatten(LayerSpec):
    """Lay an image, or a sequence, out as a vector.

    With order `channels_last` the channels of one position are adjacent
    (Keras); with `channels_first` the positions of one channel are (PyTorch).
    For a vector the two are the same.
    """

    shorthand_field = "order"
    order: Literal["channels_first", "channels_last"]

    def output_shape(self, shape: Shape) -> Shape:
        """Return (n,), where n is the number of elements."""
        return (math.prod(shape),)
