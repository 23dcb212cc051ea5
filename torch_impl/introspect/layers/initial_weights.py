"""Initialisers of a layer, read from PyTorch."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from framework_parity.torch_impl import initializer_extensions as drawing
from framework_parity.torch_impl import introspect as reading

FAN_IN = {
    name: partial(drawing.fan_in_uniform_)
    for name in ("kernel_initializer", "bias_initializer")
}


def initializer_fields(
    live: Any, defaults: Mapping[str, Any] = FAN_IN
) -> dict[str, Any]:
    """Return the initialisers of a layer's tensors.

    Args:
        live: the layer.
        defaults: what draws a tensor unless `build` noted another function,
            by the field of the specification.
    """
    note = getattr(live, "initializers", {})
    return {
        field: reading.read(note.get(field, default))
        for field, default in defaults.items()
    }
