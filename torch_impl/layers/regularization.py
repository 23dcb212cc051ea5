"""Dropout layers, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.regularization import (
    Dropout,
    SpatialDropout,
)


def dropout(spec: Dropout, shape: Shape) -> Call:
    """Dropout.

    Translation: training mode is a state of the module, set by `.train()`
    and `.eval()`.
    """
    return call(nn.Dropout, spec.rate)


def spatial_dropout(spec: SpatialDropout, shape: Shape) -> Call:
    """Dropout2d, or Dropout1d for samples of two axes."""
    return call(nn.Dropout1d if len(shape) == 2 else nn.Dropout2d, spec.rate)
