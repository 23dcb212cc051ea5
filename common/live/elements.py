"""Elements of the language as kinds and fields of a graph's nodes."""

from typing import Any

from framework_parity.common.spec.canonical import canonical
from framework_parity.common.spec.layer import LayerSpec, Shape
from framework_parity.common.spec.layers.windows import Window

DRAWN = ("_initializer", "fan_in", "initial")
"""The ends of the names of fields that only initial values depend on."""

Described = tuple[str, dict[str, Any]]
"""The kind of a node, and its fields."""


def described(spec: LayerSpec, shape: Shape) -> Described:
    """Return the kind and the fields of a layer at an input shape.

    Args:
        spec: the layer.
        shape: shape of one sample, channels last.

    Returns:
        The fields in canonical form, without initialisers. Of a window,
        `pads` is the number of pixels that are added before and after each
        axis, in place of the kind of padding.
    """
    spec = canonical(spec, shape)
    fields = {name: value for name, value in spec if not name.endswith(DRAWN)}
    if isinstance(spec, Window):
        del fields["padding"]
        fields["pads"] = tuple(map(tuple, spec.pads(shape)))
    return spec.kind(), fields


def window(
    size: tuple[int, ...],
    stride: tuple[int, ...],
    pads: tuple[tuple[int, int], ...],
    **fields: Any,
) -> dict[str, Any]:
    """Return the fields of a window with any number of axes.

    Args:
        size: pixels of the window along each axis.
        stride: pixels from one window to the next.
        pads: pixels that are added before and after each axis.
        **fields: further fields.
    """
    return {"size": size, "stride": stride, "pads": pads, **fields}


def same_pads(
    sides: tuple[int, ...],
    size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[tuple[int, int], ...]:
    """Return the padding that Keras calls `same`.

    Args:
        sides: pixels along each axis.
        size: of the window.
        stride: of the window.
        dilation: of the window.

    >>> same_pads((8,), (3,), (2,), (1,))
    ((0, 1),)
    """
    pads = []
    for n, k, s, d in zip(sides, size, stride, dilation, strict=True):
        total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
        pads.append((total // 2, total - total // 2))
    return tuple(pads)
