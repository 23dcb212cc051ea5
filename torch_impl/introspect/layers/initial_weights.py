"""Initialisers of a layer, read from PyTorch."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from framework_parity.torch_impl import initializer_extensions as drawing
from framework_parity.torch_impl import introspect as reading

FAN_IN = dict.fromkeys(("kernel", "bias"), partial(drawing.fan_in_uniform_))


def initializer_fields(
    live: Any, defaults: Mapping[str, Any] = FAN_IN
) -> dict[str, Any]:
    """Return the initialisers of a layer's tensors.

    Args:
        live: the layer.
        defaults: what draws each tensor unless `build` noted another one,
            by the tensor's neutral name.
    """
    note = getattr(live, "initializers", {})
    return {
        f"{name}_initializer": reading.read(note.get(name, default))
        for name, default in defaults.items()
    }
