"""Padding of windows, in Keras."""

from typing import Any

from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.windows import Window
from framework_parity.common.spec.padding import Causal, Same, Valid


def has_word(spec: Window) -> bool:
    """Return whether Keras has a string for the padding."""
    return isinstance(spec.padding, Valid | Same | Causal)


def padding_of(spec: Window, shape: Shape) -> Any:
    """Return Keras's string for the padding, or that of each side.

    Args:
        spec: the window.
        shape: the shape of one input sample, channels last.

    Returns:
        "valid", "same" or "causal", or ((top, bottom), (left, right)).
    """
    return spec.padding.kind() if has_word(spec) else spec.pads(shape)
