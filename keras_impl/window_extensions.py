"""Minimal subclasses for windows that Keras has no class for."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from framework_parity.keras_impl.extensions import registered


class _Padded(keras.layers.Layer):
    """A base class of window layers, with `padding` for each side.

    Args:
        padding: ((above, below), (left, right)), or ((before, after),).
    """

    filling = 0.0

    def __init__(self, *args: Any, padding: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sides = ((0, 0), *map(tuple, padding), (0, 0))

    def padded_shape(self, shape: Any) -> Any:
        return tuple(
            None if n is None else n + sum(side)
            for n, side in zip(shape, self.sides, strict=True)
        )

    def build(self, shape: Any) -> None:
        super().build(self.padded_shape(shape))

    def compute_output_shape(self, shape: Any) -> Any:
        return super().compute_output_shape(self.padded_shape(shape))

    def call(self, x: Any) -> Any:
        padded = ops.pad(x, self.sides, constant_values=self.filling)
        return super().call(padded)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "padding": [*map(list, self.sides[1:-1])]
        }


@registered
class PaddedConv1D(_Padded, keras.layers.Conv1D):
    """Conv1D after padding with zeros."""


@registered
class PaddedConv2D(_Padded, keras.layers.Conv2D):
    """Conv2D after padding with zeros."""


@registered
class PaddedDepthwiseConv2D(_Padded, keras.layers.DepthwiseConv2D):
    """DepthwiseConv2D after padding with zeros."""


@registered
class PaddedMaxPooling1D(_Padded, keras.layers.MaxPooling1D):
    """MaxPooling1D after padding with -∞, which is never the maximum."""

    filling = -math.inf


@registered
class PaddedMaxPooling2D(_Padded, keras.layers.MaxPooling2D):
    """MaxPooling2D after padding with -∞, which is never the maximum."""

    filling = -math.inf


class _PaddedAverage(_Padded):
    """A base class of average pooling after padding with zeros.

    If padding is not counted, the mean is divided by the mean of ones that
    are padded with zeros: by the share of the window inside the input.
    """

    def __init__(self, *args: Any, count_padding: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count_padding = count_padding

    def call(self, x: Any) -> Any:
        mean = super().call(x)
        if self.count_padding:
            return mean
        return mean / super().call(ops.ones_like(x[:1]))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"count_padding": self.count_padding}


@registered
class PaddedAveragePooling1D(_PaddedAverage, keras.layers.AveragePooling1D):
    """AveragePooling1D after padding with zeros."""


@registered
class PaddedAveragePooling2D(_PaddedAverage, keras.layers.AveragePooling2D):
    """AveragePooling2D after padding with zeros."""


@registered
class CroppedConv2DTranspose(keras.layers.Conv2DTranspose):
    """Conv2DTranspose of which `cropping` is cut off both sides of each axis.

    Args:
        cropping: (rows, columns).
    """

    def __init__(self, *args: Any, cropping: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cropping = tuple(cropping)

    def compute_output_shape(self, input_shape: Any) -> Any:
        n, *sides, filters = super().compute_output_shape(input_shape)
        cut = zip(sides, self.cropping, strict=True)
        return n, *(m and m - 2 * by for m, by in cut), filters

    def call(self, inputs: Any) -> Any:
        down, across = self.cropping
        rows = slice(down, -down or None)
        columns = slice(across, -across or None)
        return super().call(inputs)[:, rows, columns]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"cropping": list(self.cropping)}


@registered
class BilinearUpSampling2D(keras.layers.UpSampling2D):
    """UpSampling2D with bilinear interpolation in any precision.

    Args:
        size: the factor of the height and the width.
        align_corners: whether the outermost pixels of both images coincide;
            else pixels are squares, whose outer edges do.
    """

    def __init__(
        self, size: Any, align_corners: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(size, **{"interpolation": "bilinear"} | kwargs)
        self.align_corners = align_corners

    def _shares(self, side: int, factor: int) -> Any:
        new = np.arange(side * factor)
        if self.align_corners:
            places = new * ((side - 1) / max(side * factor - 1, 1))
        else:
            places = np.clip((new + 0.5) / factor - 0.5, 0, side - 1)
        shares = 1 - np.abs(places[:, None] - np.arange(side))
        return np.maximum(shares, 0)

    def call(self, inputs: Any) -> Any:
        # As in PyTorch, an image in bfloat16 is rounded once, at the end.
        double = self.compute_dtype == "float64"
        kind = "float64" if double else "float32"
        height, width = inputs.shape[1:3]
        down = ops.cast(self._shares(height, self.size[0]), kind)
        across = ops.cast(self._shares(width, self.size[1]), kind)
        rows = ops.einsum("ah,nhwc->nawc", down, ops.cast(inputs, kind))
        wide = ops.einsum("bw,nawc->nabc", across, rows)
        return ops.cast(wide, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"align_corners": self.align_corners}
