"""Convolutions, and their transposes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.external.calculations import Arrays
from tests.external.onnx_cases.case import (
    DIRECT,
    FLOATS,
    LAYOUT,
    ZEROS,
    Node,
    NotExpressible,
    Way,
)
from tests.external.onnx_cases.layout import from_image, one_pass, to_image
from tests.external.onnx_cases.windows import (
    Pads,
    Window,
    images,
    of_time,
    padded,
    window,
)


def with_gaps(kernel: np.ndarray, dilations: list[int]) -> np.ndarray:
    """Return a kernel (height, width, ...) with zeros between its pixels."""
    spans = [
        d * (k - 1) + 1 for k, d in zip(kernel.shape, dilations, strict=False)
    ]
    wide = np.zeros((*spans, *kernel.shape[2:]), kernel.dtype)
    wide[:: dilations[0], :: dilations[1]] = kernel
    return wide


def conv(node: Node, values: dict[str, Any]) -> list[Way]:
    """Return the ways to write a convolution."""
    x, kernel = (values[name] for name in node.inputs[:2])
    bias = values[node.inputs[2]] if node.inputs[2:] else None
    sides, how = images(x, "Conv")
    seen = window(node, list(x.shape[2:]), list(kernel.shape[2:]))
    groups, channels = int(node.get("group", 1)), x.shape[1]
    ways = []
    if x.ndim == 3:
        ways = _conv1d(x, kernel, bias, seen, groups)
        seen, kernel = seen.of_one_row(), kernel[:, :, None, :]
    HWIO = kernel.transpose(2, 3, 1, 0)
    if max(seen.strides) > 1 and max(seen.dilations) > 1:
        HWIO = with_gaps(HWIO, seen.dilations)
        seen = seen._replace(kernel=list(HWIO.shape[:2]), dilations=[1, 1])
        how = ZEROS
    for name, before, padding in padded(sides, seen):
        fields = {
            "size": [int(k) for k in seen.kernel],
            "stride": seen.strides,
            "dilation": seen.dilations,
            "padding": padding,
            "bias": bias is not None,
        }
        whole = fields | {"filters": len(kernel), "groups": groups}
        layers = {"conv2d": (whole, HWIO)}
        # A depthwise convolution has one stride for both sides.
        if groups == channels and len(set(seen.strides)) == 1:
            times = len(kernel) // channels
            own_kernel = HWIO.reshape(*seen.kernel, channels, times)
            layers["depthwise_conv2d"] = (
                fields | {"multiplier": times},
                own_kernel,
            )
        for layer, (written, own_kernel) in layers.items():
            weights: Arrays = {f"{layer}_1/kernel": own_kernel}
            if bias is not None:
                weights[f"{layer}_1/bias"] = bias
            ways.append(
                one_pass(
                    f"{layer}, {name}",
                    how,
                    [*before, {layer: written}],
                    to_image(x),
                    lambda y: from_image(y, x),
                    weights,
                )
            )
    return ways


def _conv1d(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None,
    seen: Window,
    groups: int,
) -> list[Way]:
    """Return the ways to write a convolution over sequences."""
    weights: Arrays = {"conv1d_1/kernel": kernel.transpose(2, 1, 0)}
    if bias is not None:
        weights["conv1d_1/bias"] = bias
    fields = {
        "filters": len(kernel),
        "groups": groups,
        "size": int(seen.kernel[0]),
        "stride": seen.strides[0],
        "dilation": seen.dilations[0],
        "bias": bias is not None,
    }
    return [
        one_pass(
            f"conv1d, {name}",
            DIRECT,
            [*before, {"conv1d": fields | {"padding": of_time(padding)}}],
            x.swapaxes(1, 2),
            lambda y: y.swapaxes(1, 2),
            weights,
        )
        for name, before, padding in padded(list(x.shape[2:]), seen)
    ]


def causal_conv(node: Node, values: dict[str, Any]) -> list[Way]:
    """Return the ways to write a convolution of each channel, to the past."""
    x, kernel = (values[name] for name in node.inputs[:2])
    if x.dtype.name not in FLOATS:
        raise NotExpressible("a type that is no float", x.dtype.name)
    named = [*node.inputs[2:], "", ""][:2]
    bias, past = (values[name] if name else None for name in named)
    activation = node.get("activation", "none")
    after = [] if activation == "none" else ["silu"]
    lying, padding = x, "causal"
    if past is not None:
        lying, padding = np.concatenate([past, x], 2), "valid"
    fields = {
        "filters": len(kernel),
        "groups": len(kernel),
        "size": kernel.shape[2],
        "padding": padding,
        "bias": bias is not None,
    }
    weights: Arrays = {"conv1d_1/kernel": kernel.transpose(2, 1, 0)}
    if bias is not None:
        weights["conv1d_1/bias"] = bias
    return [
        one_pass(
            f"conv1d, {padding}",
            DIRECT if past is None else LAYOUT,
            [{"conv1d": fields}, *after],
            lying.swapaxes(1, 2),
            lambda y: y.swapaxes(1, 2),
            weights,
        )
    ]


def transposed(
    filters: int,
    size: Sequence[int],
    strides: Sequence[int],
    cuts: Pads,
    added: tuple[int, int] = (0, 0),
    *,
    bias: bool,
) -> list[Any]:
    """Return the layers of a transposed convolution.

    Args:
        filters: the number of output channels.
        size: of the kernel.
        strides: between the windows.
        cuts: what is cut off before and after each side; less than zero
            is added.
        added: how much less is cut off after each side.
        bias: whether there is one.
    """
    fields: dict[str, Any] = {
        "filters": filters,
        "size": [int(n) for n in size],
        "stride": [int(n) for n in strides],
        "bias": bias,
    }
    ends = [after - more for (_, after), more in zip(cuts, added, strict=True)]
    starts = [before for before, _ in cuts]
    less = [a - b for a, b in zip(starts, ends, strict=True)]
    fits = all(0 <= n < s for n, s in zip(less, strides, strict=True))
    if fits and min(starts) >= 0:
        padding = {"symmetric": starts} if any(starts) else "valid"
        fields |= {"padding": padding, "output_padding": less}
        return [{"conv2d_transpose": fields}]
    if min(*starts, *ends) < 0:
        raise NotExpressible("a transposed convolution beyond its windows")
    rest = {"cropping": {"start": starts, "end": ends}}
    return [{"conv2d_transpose": fields}, rest]


def conv_transpose(node: Node, values: dict[str, Any]) -> list[Way]:
    """Return the ways to write a transposed convolution."""
    x, kernel = (values[name] for name in node.inputs[:2])
    bias = values[node.inputs[2]] if node.inputs[2:] else None
    _, how = images(x, node.op)
    count, groups = x.ndim - 2, int(node.get("group", 1))
    strides = [int(n) for n in node.get("strides", [1] * count)]
    dilations = [int(n) for n in node.get("dilations", [1] * count)]
    added = [int(n) for n in node.get("output_padding", [0] * count)]
    cuts = _cuts(node, x, list(kernel.shape[2:]), strides, dilations, added)
    if x.ndim == 3:
        kernel = kernel[:, :, None, :]
        strides, dilations, added = [1, *strides], [1, *dilations], [0, *added]
        cuts = [(0, 0), *cuts]
    if max(dilations) > 1 or groups > 1:
        how = ZEROS
    HWOI = with_gaps(
        _ungrouped(kernel, groups).transpose(2, 3, 1, 0), dilations
    )
    weights: Arrays = {"conv2d_transpose_1/kernel": HWOI}
    if bias is not None:
        weights["conv2d_transpose_1/bias"] = bias
    height, width, filters, _ = HWOI.shape
    size, more = [height, width], (added[0], added[1])
    written = {
        "conv2d_transpose": transposed(
            filters, size, strides, cuts, more, bias=bias is not None
        )
    }
    # Keras's `same`: an output of n s pixels, of which an odd one goes last.
    extra = [max(k - s, 0) for k, s in zip(size, strides, strict=True)]
    halves = [(n // 2, n - n // 2) for n in extra]
    if (
        not any(more)
        and cuts == halves
        and min(k - s for k, s in zip(size, strides, strict=True)) >= 0
    ):
        [layer] = transposed(
            filters, size, strides, [(0, 0)] * 2, bias=bias is not None
        )
        fields = layer["conv2d_transpose"]
        same_fields = {k: fields[k] for k in ("filters", "size", "stride")}
        written["conv2d_transpose, same"] = [
            {
                "conv2d_transpose": same_fields
                | {"padding": "same", "bias": bias is not None}
            }
        ]
    return [
        one_pass(
            name,
            how,
            layers,
            to_image(x),
            lambda y: from_image(y, x),
            weights,
        )
        for name, layers in written.items()
    ]


def _ungrouped(kernel: np.ndarray, groups: int) -> np.ndarray:
    """Return the kernel (channels, filters, ...) of all groups, with zeros.

    Args:
        kernel: (channels, filters / groups, ...).
        groups: the number of groups of channels.
    """
    channels, filters, *rest = kernel.shape
    whole = np.zeros((channels, groups * filters, *rest), kernel.dtype)
    each = channels // groups
    for n in range(groups):
        rows = slice(n * each, (n + 1) * each)
        whole[rows, n * filters : (n + 1) * filters] = kernel[rows]
    return whole


def _cuts(
    node: Node,
    x: np.ndarray,
    kernel: list[int],
    strides: list[int],
    dilations: list[int],
    added: list[int],
) -> Pads:
    """Return what a transposed convolution cuts off each side."""
    count = len(kernel)
    auto = node.get("auto_pad", "NOTSET")
    asked = node.get("output_shape")
    if asked is None and auto in ("NOTSET", "VALID"):
        flat = [int(n) for n in node.get("pads", [0] * (2 * count))]
        return list(zip(flat[:count], flat[count:], strict=True))
    cuts = []
    for n in range(count):
        side = x.shape[n + 2]
        whole = (side - 1) * strides[n] + dilations[n] * (kernel[n] - 1) + 1
        wanted = side * strides[n] if asked is None else int(asked[-count:][n])
        total = whole + added[n] - wanted
        before = total // 2
        if auto != "SAME_UPPER":
            before = total - before
        cuts.append((before, total - before))
    return cuts
