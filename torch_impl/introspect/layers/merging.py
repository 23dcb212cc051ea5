"""Residual blocks and concatenation, read from PyTorch."""

from typing import Any

from framework_parity.common.spec.layers.merging import Concatenate, Residual
from framework_parity.torch_impl import extensions, padding_extensions
from framework_parity.torch_impl import introspect as reading
from framework_parity.torch_impl.introspect.layers.axes import AXES


def residual(live: Any) -> Residual | None:
    """An extension class; an Identity is a block that is empty."""
    known = (extensions.Residual, padding_extensions.PaddedResidual)
    if type(live) not in known:
        return None
    after = reading.read_block(live.after)
    return Residual(
        body=reading.read_block(live.body),
        shortcut=reading.read_block(live.shortcut),
        activation=after[0] if after else None,
    )


def concatenate(live: Any) -> Concatenate | None:
    """An extension class."""
    known = (extensions.Concatenate, padding_extensions.PaddedConcatenate)
    if type(live) not in known:
        return None
    branches = tuple(reading.read_block(branch) for branch in live.children())
    return Concatenate(branches=branches, axis=AXES[(live.dim,)])
