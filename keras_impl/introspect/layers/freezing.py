"""Layers whose parameters are not trained, read from Keras."""

from typing import Any

from framework_parity.common.codegen.introspection import inside_frozen
from framework_parity.common.spec.layers.freezing import Frozen
from framework_parity.keras_impl import freezing_extensions
from framework_parity.keras_impl import introspect as reading


def frozen(live: Any) -> Frozen | None:
    """An extension class."""
    if type(live) is not freezing_extensions.Frozen:
        return None
    [block] = live.layers
    with inside_frozen():
        layers = reading.read_block(block)
    return Frozen(layers=layers, batch_norm=live.batch_norm)
