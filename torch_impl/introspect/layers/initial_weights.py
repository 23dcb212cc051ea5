"""Initialisers of a layer, read from PyTorch."""

from functools import partial
from typing import Any

from framework_parity.torch_impl import initializer_extensions as drawing
from framework_parity.torch_impl import introspect as reading


def initializer_fields(live: Any) -> dict[str, Any]:
    """Return the initialisers of a layer's kernel and bias."""
    default = partial(drawing.fan_in_uniform_)
    note = getattr(live, "initializers", {})
    return {
        f"{name}_initializer": reading.read(note.get(name, default))
        for name in ("kernel", "bias")
    }
