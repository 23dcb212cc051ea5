"""What Keras has no class for: the smallest subclass for each."""

from typing import Any

import keras
import numpy as np
from keras import ops


class ChannelsFirstFlatten(keras.layers.Layer):
    """Flatten (n, h, w, c) in the order channel, height, width."""

    def call(self, x: Any) -> Any:
        moved = ops.transpose(x, (0, 3, 1, 2))
        return ops.reshape(moved, (ops.shape(x)[0], -1))

    def compute_output_shape(self, shape: Any) -> Any:
        return shape[0], shape[1] * shape[2] * shape[3]


class MaskedDropout(keras.layers.Dropout):
    """x · mask while training, x in evaluation.

    The mask holds 0 and 1 / (1 - rate); `mask` is set before each step.
    """

    mask: Any = None

    def call(self, inputs: Any, training: bool = False) -> Any:
        return inputs * self.mask if training else inputs


class SmoothedCrossentropy(keras.losses.CategoricalCrossentropy):
    """CategoricalCrossentropy for integer labels.

    The sparse class has no label smoothing, and this one wants one-hot rows.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        rows = ops.one_hot(labels, y_pred.shape[-1], dtype=y_pred.dtype)
        return super().call(rows, y_pred)


class ExactL1L2(keras.regularizers.L1L2):
    """L1L2 whose factors do not pass through float32.

    L1L2 makes Python floats of its arguments, which are then cast.
    """

    def __init__(self, l1: float, l2: float) -> None:
        super().__init__(l1, l2)
        self.l1, self.l2 = np.float64(l1), np.float64(l2)
