"""Masks that layers with random draws take from outside."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def set_masks(
    layers: Mapping[str, Any], masks: Mapping[str, Any]
) -> Iterator[None]:
    """Set the masks of some layers, and remove them afterwards.

    A layer holds its mask only while it computes: in a traced function a
    mask is a symbolic tensor, which has no value outside.

    Args:
        layers: the layers that take masks, by name.
        masks: the mask of each, by name.

    >>> from types import SimpleNamespace
    >>> layer = SimpleNamespace()
    >>> with set_masks({"dropout_1": layer}, {"dropout_1": [0, 2]}):
    ...     layer.mask
    [0, 2]
    >>> layer.mask is None
    True
    """
    for name, layer in layers.items():
        layer.mask = masks[name]
    try:
        yield
    finally:
        for layer in layers.values():
            layer.mask = None
