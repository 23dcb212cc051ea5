"""Dropout layers, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.layers.regularization import (
    Dropout,
    SpatialDropout,
)
from framework_parity.keras_impl import random_extensions


def dropout(live: Any) -> Dropout | None:
    """Dropout, whether or not its masks come from outside."""
    classes = (keras.layers.Dropout, random_extensions.MaskedDropout)
    if type(live) not in classes or live.noise_shape is not None:
        return None
    return Dropout(rate=live.rate)


def spatial_dropout(live: Any) -> SpatialDropout | None:
    """SpatialDropout1D or 2D, with or without masks from outside."""
    classes = keras.layers.SpatialDropout1D, keras.layers.SpatialDropout2D
    if not isinstance(live, classes):
        return None
    return SpatialDropout(rate=live.rate)
