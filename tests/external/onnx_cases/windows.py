"""Convolutions and pools."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tests.external.calculations import Arrays
from tests.external.onnx_cases.case import (
    COMPOSED,
    DIRECT,
    FLOATS,
    LAYOUT,
    ONE_ROW,
    ZEROS,
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


def with_gaps(kernel: np.ndarray, dilations: list[int]) -> np.ndarray:
    """Return a kernel (height, width, ...) with zeros between its pixels."""
    spans = [
        d * (k - 1) + 1 for k, d in zip(kernel.shape, dilations, strict=False)
    ]
    wide = np.zeros((*spans, *kernel.shape[2:]), kernel.dtype)
    wide[:: dilations[0], :: dilations[1]] = kernel
    return wide


def zeros_first(pads: Pads) -> dict[str, Any]:
    """Return a layer that pads an image or a sequence as a window does."""
    sides = [[pad[n] for pad in pads] for n in (0, 1)]
    start, end = (each if len(pads) == 2 else each[0] for each in sides)
    return {"zero_padding": {"start": start, "end": end}}


def _padded(
    sides: list[int], seen: Window
) -> list[tuple[str, list[Any], Any]]:
    """Return every way to add zeros: its name, layers, and the padding."""
    try:
        return [
            (name, [], padding)
            for name, padding in paddings(sides, seen).items()
        ]
    except NotExpressible:
        return [("zeros first", [zeros_first(seen.pads)], "valid")]


def conv(node: Node, values: dict[str, Any]) -> list[Way]:
    """Return the ways to write a convolution."""
    x, kernel = (values[name] for name in node.inputs[:2])
    bias = values[node.inputs[2]] if node.inputs[2:] else None
    sides, how = _images(x, "Conv")
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
    for name, before, padding in _padded(sides, seen):
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
            [*before, {"conv1d": fields | {"padding": _of_time(padding)}}],
            x.swapaxes(1, 2),
            lambda y: y.swapaxes(1, 2),
            weights,
        )
        for name, before, padding in _padded(list(x.shape[2:]), seen)
    ]


def _of_time(padding: Any) -> Any:
    """Return a padding as it is written for a sequence: one number."""
    if isinstance(padding, dict):
        return {"symmetric": padding["symmetric"][0]}
    return padding


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
    _, how = _images(x, node.op)
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


def _with_ceil(
    node: Node, x: np.ndarray, seen: Window, *, counted: bool
) -> Window:
    """Return the window padded so far at the end that no pixel is left over.

    Args:
        node: a pool.
        x: the images.
        seen: its window, as if it had no `ceil_mode`.
        counted: whether the padding is counted.
    """
    if not node.get("ceil_mode"):
        return seen
    pads = []
    rows = zip(x.shape[2:], seen.spans, seen.strides, seen.pads, strict=True)
    for n, span, stride, (first, last) in rows:
        room = n + first + last - span
        moves = -(-room // stride)
        # The last window may not begin in the padding at the end.
        if moves * stride >= n + first:
            moves -= 1
        more = moves * stride - room
        if more > 0 and counted:
            raise NotExpressible("a pool with ceil_mode", node.op)
        pads.append((first, last + max(more, 0)))
    return seen._replace(pads=pads)


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
    counted = node.op == "LpPool" or bool(node.get("count_include_pad", 0))
    seen = _with_ceil(node, x, seen, counted=counted)
    average = node.op != "MaxPool"
    if max(seen.dilations) > 1:
        if not average or (any(map(any, seen.pads)) and not counted):
            raise NotExpressible("a dilated pool", node.op)
        seen = seen.of_one_row() if x.ndim == 3 else seen
        return _as_convolution(x, seen, before, after)
    extra = {"count_padding": counted} if average else {}
    layer = "average_pool" if average else "max_pool"

    def fields(of: Window) -> dict[str, Any]:
        size, stride = [int(k) for k in of.kernel], of.strides
        if len(size) == 1:
            return extra | {"size": size[0], "stride": stride[0]}
        return extra | {"size": size, "stride": stride}

    ways = []
    if x.ndim == 3:
        for name, first, padding in _pool_padding(list(x.shape[2:]), seen):
            written = fields(seen) | {"padding": _of_time(padding)}
            ways.append(
                one_pass(
                    f"{layer}1d, {name}",
                    DIRECT,
                    [*before, *first, {f"{layer}1d": written}, *after],
                    x.swapaxes(1, 2),
                    lambda y: y.swapaxes(1, 2),
                )
            )
    seen = seen.of_one_row() if x.ndim == 3 else seen
    if _is_same_of_flipped(sides, seen):
        # The odd row before the image is one after the flipped image.
        flipped = x[:, :, ::-1, ::-1]
        written = fields(seen) | {"padding": "same"}
        return [
            one_pass(
                f"{layer}, same, flipped",
                LAYOUT,
                [*before, {layer: written}, *after],
                to_image(flipped),
                lambda y: from_image(y, x)[:, :, ::-1, ::-1],
            )
        ]
    return ways + [
        one_pass(
            f"{layer}, {name}",
            how,
            [*before, *first, {layer: fields(seen) | {"padding": p}}, *after],
            to_image(x),
            lambda y: from_image(y, x),
        )
        for name, first, p in _pool_padding(sides, seen, zeros=counted)
    ]


def _as_convolution(
    x: np.ndarray,
    seen: Window,
    before: tuple[Any, ...],
    after: tuple[Any, ...],
) -> list[Way]:
    """Return the way to write an average as a convolution by a constant."""
    if len(set(seen.strides)) > 1:
        raise NotExpressible("a dilated pool", "two strides")
    fields = {
        "size": seen.kernel,
        "stride": seen.strides,
        "dilation": seen.dilations,
        "bias": False,
    }
    kernel = np.full((*seen.kernel, x.shape[1], 1), 1 / np.prod(seen.kernel))
    first = [zeros_first(seen.pads)] if any(map(any, seen.pads)) else []
    return [
        one_pass(
            "depthwise_conv2d",
            COMPOSED,
            [*before, *first, {"depthwise_conv2d": fields}, *after],
            to_image(x),
            lambda y: from_image(y, x),
            {"depthwise_conv2d_1/kernel": kernel},
        )
    ]


def _pool_padding(
    sides: list[int], seen: Window, *, zeros: bool = False
) -> list[tuple[str, list[Any], Any]]:
    """Return every way to pad a pool: its name, layers, and the padding.

    Args:
        sides: of the image.
        seen: the window.
        zeros: whether the padding counts as zeros.
    """
    pairs = zip(seen.pads, seen.kernel, strict=True)
    half = all(max(pad) <= size // 2 for pad, size in pairs)
    if zeros:
        known = _padded(sides, seen) if half else []
        return known or [("zeros first", [zeros_first(seen.pads)], "valid")]
    if not half:
        raise NotExpressible("a pool padded by more than half its size")
    return [(n, [], p) for n, p in paddings(sides, seen).items()]


def _is_same_of_flipped(sides: list[int], seen: Window) -> bool:
    """Whether the window is `same` only on the flipped image."""
    spans, pads = seen.spans, seen.pads
    rows = zip(sides, spans, seen.strides, pads, strict=True)
    whole = all((n + sum(pad) - span) % s == 0 for n, span, s, pad in rows)
    known = same(sides, seen.strides, spans)
    turned = [(after, before) for before, after in pads]
    return whole and known == turned != pads


def lp_pool(node: Node, values: dict[str, Any]) -> list[Way]:
    """Return the ways to write a root of sums of powers over a window."""
    p = node.get("p", 2)
    count = int(np.prod(node.get("kernel_shape")))
    if p == 2:
        power, root = "x * x", f"sqrt(maximum({count} * x, 1e-36))"
    else:
        power = f"abs(x) ** {p}"
        root = f"maximum({count} * x, 1e-36) ** (1 / {p})"
    return pool(node, values, ({"custom": power},), ({"custom": root},))


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
