"""Augmentation layers, in PyTorch."""

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.augmentation import (
    RandomCrop,
    RandomFlip,
)
from framework_parity.torch_impl import random_extensions


def random_flip(spec: RandomFlip, shape: Shape) -> Call:
    """A custom class.

    Translation: torchvision's RandomHorizontalFlip draws once for a whole
    batch; Keras's layer draws for each image.
    """
    return call(random_extensions.RandomFlip)


def random_crop(spec: RandomCrop, shape: Shape) -> Call:
    """A custom class; torchvision's crops a whole batch at one position."""
    return call(random_extensions.RandomCrop, spec.padding, spec.fill)
