"""Windows, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.padding import (
    Causal,
    CausalPadding,
    Same,
    Symmetric,
    Valid,
)


def is_plain(live: Any) -> bool:
    """Return whether a layer has no activation, regularizer or constraint."""
    config = live.get_config()
    restrained = any(
        value
        for name, value in config.items()
        if name.endswith(("_regularizer", "_constraint"))
    )
    linear = live.activation is keras.activations.linear
    return linear and not restrained and is_channels_last(live)


def is_channels_last(live: Any) -> bool:
    return getattr(live, "data_format", "channels_last") == "channels_last"


def window_fields(live: Any) -> dict[str, Any]:
    """Return the fields of all windows; uneven padding is Keras's "same"."""
    words: dict[str, CausalPadding] = {"same": Same(), "causal": Causal()}
    padding = words.get(live.padding, Valid())
    if hasattr(live, "sides"):
        sides = live.sides[1:-1]
        before = (sides[0][0], sides[-1][0])
        even = all(first == last for first, last in sides)
        padding = Symmetric(by=before) if even else Same()
    return {"stride": live.strides, "padding": padding}
