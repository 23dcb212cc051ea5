"""Layers whose parameters are not trained, read from PyTorch."""

from typing import Any

from framework_parity.common.codegen.introspection import inside_frozen
from framework_parity.common.spec.layers.freezing import Frozen
from framework_parity.torch_impl import freezing_extensions, padding_extensions
from framework_parity.torch_impl import introspect as reading


def frozen(live: Any) -> Frozen | None:
    """An extension class."""
    known = (freezing_extensions.Frozen, padding_extensions.PaddedFrozen)
    if type(live) not in known:
        return None
    with inside_frozen():
        layers = reading.read_block(live.layers)
    return Frozen(layers=layers, batch_norm=live.batch_norm)
