"""Augmentation layers, read from Keras."""

from typing import Any

from framework_parity.common.spec.layers.augmentation import (
    RandomCrop,
    RandomFlip,
)
from framework_parity.keras_impl import random_extensions


def random_flip(live: Any) -> RandomFlip | None:
    """An extension class, whether or not its draws come from outside.

    Keras's own class is another layer: it changes images in `model(x)`.
    """
    matches = isinstance(live, random_extensions.RandomFlip)
    return RandomFlip() if matches else None


def random_crop(live: Any) -> RandomCrop | None:
    """An extension class, whether or not its draws come from outside."""
    if not isinstance(live, random_extensions.RandomCrop):
        return None
    return RandomCrop(padding=live.padding, fill=float(live.fill))
