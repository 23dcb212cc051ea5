"""Dense and flatten, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.layers.core import Dense, Flatten
from framework_parity.keras_impl import reshaping_extensions as extensions
from framework_parity.keras_impl.introspect.layers.initial_weights import (
    initializer_fields,
)
from framework_parity.keras_impl.introspect.layers.windows import is_plain


def dense(live: Any) -> Dense | None:
    """Dense, without an activation.

    Translation: a layer stores its initialisers.
    """
    if type(live) is not keras.layers.Dense or not is_plain(live):
        return None
    return Dense(
        units=live.units,
        bias=live.use_bias,
        **initializer_fields(live),
    )


def flatten(live: Any) -> Flatten | None:
    """Flatten, or the extension that moves the channels first."""
    if type(live) is extensions.ChannelsFirstFlatten:
        return Flatten(order="channels_first")
    whole = type(live) is keras.layers.Flatten and live.data_format
    return Flatten(order="channels_last") if whole == "channels_last" else None
