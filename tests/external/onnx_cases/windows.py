"""Convolutions and pools."""

from typing import Any, NamedTuple

import numpy as np

from tests.external.calculations import Arrays
from tests.external.onnx_cases.case import (
    DIRECT,
    FLOATS,
    ONE_ROW,
    Node,
    NotExpressible,
    Way,
)
from tests.external.onnx_cases.layout import from_image, one_pass, to_image

Pads = list[tuple[int, int]]


class Window(NamedTuple):
    """The geometry of a window, for each side of the image.

    Attributes:
        kernel: the size of the kernel.
        strides: of the window.
        dilations: of the kernel.
        spans: the extent of the dilated kernel.
        pads: the padding before and after.
        lower: whether an odd row is added before the image.
    """

    kernel: list[int]
    strides: list[int]
    dilations: list[int]
    spans: list[int]
    pads: Pads
    lower: bool

    def of_one_row(self) -> "Window":
        """Return the window over an image of one row."""
        return Window(
            [1, *self.kernel],
            [1, *self.strides],
            [1, *self.dilations],
            [1, *self.spans],
            [(0, 0), *self.pads],
            self.lower,
        )


def same(sides: list[int], strides: list[int], spans: list[int]) -> Pads:
    """Return the padding after which a stride of one keeps the size."""
    pads = []
    for n, s, span in zip(sides, strides, spans, strict=True):
        total = max((-(-n // s) - 1) * s + span - n, 0)
        pads.append((total // 2, total - total // 2))
    return pads


def window(node: Node, sides: list[int], kernel: list[int]) -> Window:
    """Return the window of a convolution or a pool.

    Args:
        node: the operator.
        sides: of the image.
        kernel: the size of the kernel on each side.
    """
    count = len(sides)
    strides = [int(s) for s in node.get("strides", [1] * count)]
    dilations = [int(d) for d in node.get("dilations", [1] * count)]
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True)]
    auto = node.get("auto_pad", "NOTSET")
    if auto == "VALID":
        pads = [(0, 0)] * count
    elif auto == "NOTSET":
        flat = [int(p) for p in node.get("pads", [0] * (2 * count))]
        pads = list(zip(flat[:count], flat[count:], strict=True))
    else:
        pads = same(sides, strides, spans)
        if auto == "SAME_LOWER":
            pads = [(after, before) for before, after in pads]
    lower = auto == "SAME_LOWER"
    return Window(list(kernel), strides, dilations, spans, pads, lower)


def paddings(sides: list[int], seen: Window) -> dict[str, Any]:
    """Return every way to write the padding, by a name."""
    result: dict[str, Any] = {}
    if all(pad == (0, 0) for pad in seen.pads):
        result["valid"] = "valid"
    if same(sides, seen.strides, seen.spans) == seen.pads:
        result["same"] = "same"
    if all(
        pad == (span // 2, span // 2)
        for pad, span in zip(seen.pads, seen.spans, strict=True)
    ):
        result["half"] = "half"
    if all(before == after for before, after in seen.pads):
        result["symmetric"] = {
            "symmetric": [before for before, _ in seen.pads]
        }
    if not result and seen.lower:
        raise NotExpressible("padding: an odd row before the image")
    if not result:
        raise NotExpressible("padding: unequal on the two sides")
    return result


def _images(x: np.ndarray, op: str) -> tuple[list[int], str]:
    if x.ndim - 2 not in (1, 2):
        raise NotExpressible("images of three or more sides", op)
    one_row = x.ndim == 3
    sides = [1, *x.shape[2:]] if one_row else list(x.shape[2:])
    return sides, ONE_ROW if one_row else DIRECT


def conv(node: Node, values: dict[str, Any]) -> list[Way]:
    """Return the ways to write a convolution."""
    x, kernel = (values[name] for name in node.inputs[:2])
    bias = values[node.inputs[2]] if node.inputs[2:] else None
    sides, how = _images(x, "Conv")
    seen = window(node, list(x.shape[2:]), list(kernel.shape[2:]))
    if x.ndim == 3:
        seen, kernel = seen.of_one_row(), kernel[:, :, None, :]
    if max(seen.strides) > 1 and max(seen.dilations) > 1:
        raise NotExpressible("a stride and a dilation together", "Conv")
    groups, channels = int(node.get("group", 1)), x.shape[1]
    ways = []
    for name, padding in paddings(sides, seen).items():
        fields = {
            "size": [int(k) for k in seen.kernel],
            "stride": seen.strides,
            "dilation": seen.dilations,
            "padding": padding,
            "bias": bias is not None,
        }
        whole = fields | {"filters": len(kernel), "groups": groups}
        layers = {"conv2d": (whole, kernel.transpose(2, 3, 1, 0))}
        # A depthwise convolution has one stride for both sides.
        if groups == channels and len(set(seen.strides)) == 1:
            times = len(kernel) // channels
            own_kernel = kernel.reshape(channels, times, *seen.kernel)
            layers["depthwise_conv2d"] = (
                fields | {"multiplier": times},
                own_kernel.transpose(2, 3, 0, 1),
            )
        for layer, (written, own_kernel) in layers.items():
            weights: Arrays = {f"{layer}_1/kernel": own_kernel}
            if bias is not None:
                weights[f"{layer}_1/bias"] = bias
            ways.append(
                one_pass(
                    f"{layer}, {name}",
                    how,
                    [{layer: written}],
                    to_image(x),
                    lambda y: from_image(y, x),
                    weights,
                )
            )
    return ways


def _refuse_ceil(node: Node, x: np.ndarray, seen: Window) -> None:
    """Refuse a window that is partly beyond the padded image."""
    rows = zip(x.shape[2:], seen.spans, seen.strides, seen.pads, strict=True)
    for n, span, stride, pad in rows:
        room = n + sum(pad) - span
        floor, ceil = room // stride + 1, -(-room // stride) + 1
        # The last window may not begin in the padding at the end.
        if (ceil - 1) * stride >= n + pad[0]:
            ceil -= 1
        if node.get("ceil_mode") and ceil != floor:
            raise NotExpressible("a pool with ceil_mode", node.op)


def pool(
    node: Node,
    values: dict[str, Any],
    before: tuple[Any, ...] = (),
    after: tuple[Any, ...] = (),
) -> list[Way]:
    """Return the ways to write a pool.

    Args:
        node: the operator.
        values: the arrays.
        before: layers in front of the pool.
        after: layers behind it.
    """
    x = values[node.inputs[0]]
    sides, how = _images(x, node.op)
    if x.dtype.name not in (*FLOATS, "uint8"):
        raise NotExpressible("a type that is no float", x.dtype.name)
    seen = window(node, list(x.shape[2:]), list(node.get("kernel_shape")))
    if max(seen.dilations) > 1:
        raise NotExpressible("a dilated pool", node.op)
    _refuse_ceil(node, x, seen)
    widest = zip(seen.pads, seen.kernel, strict=True)
    if any(max(pad) > size // 2 for pad, size in widest):
        raise NotExpressible("a pool padded by more than half its size")
    seen = seen.of_one_row() if x.ndim == 3 else seen
    layer = "max_pool" if node.op == "MaxPool" else "average_pool"
    fields: dict[str, Any] = {
        "size": [int(k) for k in seen.kernel],
        "stride": seen.strides,
    }
    if layer == "average_pool":
        counted = bool(node.get("count_include_pad", 0))
        fields |= {"count_padding": counted or node.op == "LpPool"}
    return [
        one_pass(
            f"{layer}, {name}",
            how,
            [*before, {layer: fields | {"padding": padding}}, *after],
            to_image(x),
            lambda y: from_image(y, x),
        )
        for name, padding in paddings(sides, seen).items()
    ]


def lp_pool(node: Node, values: dict[str, Any]) -> list[Way]:
    """Return the ways to write a root of sums of squares over a window."""
    if node.get("p", 2) != 2:
        raise NotExpressible("a norm other than the second", "LpPool")
    count = int(np.prod(node.get("kernel_shape")))
    root = {"custom": f"sqrt(maximum({count} * x, 1e-36))"}
    return pool(node, values, ({"custom": "x * x"},), (root,))


def global_pool(node: Node, values: dict[str, Any]) -> list[Way]:
    """Return the way to write a pool over the whole image."""
    x = values[node.inputs[0]]
    layer = {
        "GlobalAveragePool": "global_average_pool",
        "GlobalMaxPool": "global_max_pool",
    }[node.op]
    return [
        one_pass(
            layer,
            DIRECT,
            [layer],
            to_image(x),
            lambda y: y.reshape(*y.shape, *[1] * (x.ndim - 2)),
        )
    ]
