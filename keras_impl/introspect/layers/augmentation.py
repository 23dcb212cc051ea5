"""Augmentation layers, read from Keras."""

from typing import Any

from framework_parity.common.spec.layers.augmentation import (
    RandomCrop,
    RandomFlip,
)
from framework_parity.keras_impl import (
    random_extensions,
)


def random_flip(live: Any) -> RandomFlip | None:
    """A class of ours, likewise.

    Keras's own is none: it changes images where this does nothing.
    """
    own = isinstance(live, random_extensions.RandomFlip)
    return RandomFlip() if own else None


def random_crop(live: Any) -> RandomCrop | None:
    """A class of ours, likewise."""
    if not isinstance(live, random_extensions.RandomCrop):
        return None
    return RandomCrop(padding=live.padding, fill=float(live.fill))
