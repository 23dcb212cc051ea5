"""Padding of windows, in Keras."""

from typing import Any

from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.windows import Window
from framework_parity.common.spec.padding import Same, Valid


def has_word(spec: Window) -> bool:
    return isinstance(spec.padding, Valid | Same)


def padding_of(spec: Window, shape: Shape) -> Any:
    """Return Keras's own word, or what to add on each side."""
    return spec.padding.kind() if has_word(spec) else spec.pads(shape)
