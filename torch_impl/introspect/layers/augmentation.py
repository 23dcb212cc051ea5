"""Augmentation layers, read from PyTorch."""

from typing import Any

from framework_parity.common.spec.layers.augmentation import (
    RandomCrop,
    RandomFlip,
)
from framework_parity.torch_impl import random_extensions


def random_flip(live: Any) -> RandomFlip | None:
    """An extension class, whether or not its draws come from outside."""
    return (
        RandomFlip()
        if isinstance(live, random_extensions.RandomFlip)
        else None
    )


def random_crop(live: Any) -> RandomCrop | None:
    """An extension class, whether or not its draws come from outside."""
    if not isinstance(live, random_extensions.RandomCrop):
        return None
    return RandomCrop(padding=live.padding, fill=live.fill)
