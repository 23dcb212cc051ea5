"""Residual blocks and concatenation, in Keras."""

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.architecture import output_shape
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.merging import Concatenate, Residual
from framework_parity.keras_impl import (
    extensions,
    tensors,
)


def residual(
    spec: Residual, shape: Shape, body: Call, shortcut: Call, after: Call
) -> Call:
    """A custom layer; Keras has no such class."""
    return call(extensions.Residual, body, shortcut, after)


def concatenate(spec: Concatenate, shape: Shape, **branches: Call) -> Call:
    """A custom layer.

    Translation: the channels are the last axis.
    """
    inner = output_shape(spec.branches[0], shape)
    axis = tensors.stored_axis(spec.along(inner), inner)
    return call(extensions.Concatenate, *branches.values(), axis=axis)
