"""Initialisers of a layer, read from Keras."""

from typing import Any

from framework_parity.keras_impl import introspect as reading


def initializer_fields(live: Any, kernel: str = "kernel") -> dict[str, Any]:
    """Return the initialisers of a layer's kernel and bias.

    Args:
        live: the layer.
        kernel: the name of its kernel in Keras.
    """
    kernel_initializer = getattr(live, f"{kernel}_initializer")
    return {
        "kernel_initializer": reading.read(kernel_initializer),
        "bias_initializer": reading.read(live.bias_initializer),
    }
