"""Classes that pass on which steps of a sequence are no padding.

Keras gives an output a mask, which the layers after find. Some of its layers
drop it, or take it for one of their inputs.
"""

from typing import Any

import keras

from framework_parity.keras_impl.extensions import (
    RegularizedRMSNormalization,
    registered,
)


@registered
class PaddedSequential(keras.Sequential):
    """Sequential whose output has the mask of its input, if a sequence."""

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask if len(self.output_shape) == 3 else None


@registered
class PaddedSoftmax(keras.layers.Softmax):
    """Softmax of the channels.

    Softmax takes the mask of the steps for one of all numbers.
    """

    def call(self, inputs: Any, mask: Any = None) -> Any:
        return super().call(inputs)


PADDED_CLASS: dict[Any, Any] = {
    keras.Sequential: PaddedSequential,
    keras.layers.RMSNormalization: RegularizedRMSNormalization,
    keras.layers.Softmax: PaddedSoftmax,
}
"""The class of a layer behind an embedding with a `masked_id`."""
