"""Augmentation layers, in Keras."""

import numpy as np

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.augmentation import (
    RandomCrop,
    RandomFlip,
)
from framework_parity.keras_impl import random_extensions


def random_flip(spec: RandomFlip, shape: Shape) -> Call:
    """A custom class.

    Translation: Keras's RandomFlip changes images in `model(x)`, too, unless
    `training=False` is given.
    """
    return call(random_extensions.RandomFlip)


def random_crop(spec: RandomCrop, shape: Shape) -> Call:
    """A custom class; Keras's does not pad and crops a batch alike."""
    return call(
        random_extensions.RandomCrop, spec.padding, np.float64(spec.fill)
    )
