"""Dropout layers, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.regularization import (
    Dropout,
    SpatialDropout,
)
from framework_parity.torch_impl import random_extensions


def dropout(spec: Dropout, shape: Shape) -> Call:
    """Dropout.

    Translation: training mode is a state of the module, set by `.train()`
    and `.eval()`.
    """
    return call(nn.Dropout, spec.rate)


def spatial_dropout(spec: SpatialDropout, shape: Shape) -> Call:
    """Dropout2d, or a Dropout1d whose channels are last for sequences."""
    sequence = len(shape) == 2
    kind = random_extensions.SequenceDropout1d if sequence else nn.Dropout2d
    return call(kind, spec.rate)
