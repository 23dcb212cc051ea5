"""Windows that move over images and sequences, and pools."""

from typing import Any, NamedTuple

import numpy as np

from tests.external.onnx_cases.case import (
    COMPOSED,
    DIRECT,
    FLOATS,
    LAYOUT,
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


def images(x: np.ndarray, op: str) -> tuple[list[int], str]:
    """Return the sides of images, and how close they are to the case's.

    Args:
        x: (N, C, ...), with one side or two.
        op: the operator, for a message.
    """
    if x.ndim - 2 not in (1, 2):
        raise NotExpressible("images of three or more sides", op)
    one_row = x.ndim == 3
    sides = [1, *x.shape[2:]] if one_row else list(x.shape[2:])
    return sides, ONE_ROW if one_row else DIRECT


def zeros_first(pads: Pads) -> dict[str, Any]:
    """Return a layer that pads an image or a sequence as a window does."""
    sides = [[pad[n] for pad in pads] for n in (0, 1)]
    start, end = (each if len(pads) == 2 else each[0] for each in sides)
    return {"zero_padding": {"start": start, "end": end}}


def padded(sides: list[int], seen: Window) -> list[tuple[str, list[Any], Any]]:
    """Return every way to add zeros: its name, layers, and the padding."""
    try:
        return [
            (name, [], padding)
            for name, padding in paddings(sides, seen).items()
        ]
    except NotExpressible:
        return [("zeros first", [zeros_first(seen.pads)], "valid")]


def of_time(padding: Any) -> Any:
    """Return a padding as it is written for a sequence: one number."""
    if isinstance(padding, dict):
        return {"symmetric": padding["symmetric"][0]}
    return padding


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
    sides, how = images(x, node.op)
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
            written = fields(seen) | {"padding": of_time(padding)}
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
        known = padded(sides, seen) if half else []
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
