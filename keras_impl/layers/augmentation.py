"""Augmentation layers, in Keras."""

import numpy as np

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.augmentation import (
    RandomCrop,
    RandomFlip,
)
from framework_parity.keras_impl import (
    random_extensions,
)


def random_flip(spec: RandomFlip, shape: Shape) -> Call:
    """A class of one's own.

    Translation: Keras's RandomFlip changes images in `model(x)`, too, unless
    it is told that this is no training.
    """
    return call(random_extensions.RandomFlip)


def random_crop(spec: RandomCrop, shape: Shape) -> Call:
    """A class of one's own: Keras's pads nothing, and cuts all alike."""
    return call(
        random_extensions.RandomCrop, spec.padding, np.float64(spec.fill)
    )
