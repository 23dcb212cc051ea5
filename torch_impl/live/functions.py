"""Read functions of PyTorch as nodes of a neutral graph."""

import math
from collections.abc import Callable
from typing import Any

from framework_parity.common.live.attention import LOWEST, masked_fields
from framework_parity.common.live.elements import Described
from framework_parity.common.live.graph import OPAQUE
from framework_parity.common.live.rules import equation_of, resize_fields
from framework_parity.common.live.trace import Call
from framework_parity.torch_impl.live.tensors import to_array


def _padded(reader: Any, event: Call) -> Described:
    sides = event.argument(1, "pad")
    mode = event.argument(2, "mode", "constant")
    if event.argument(3, "value", None):
        return OPAQUE, {"function": event.name}
    return padded(reader, event, sides, mode)


def padded(reader: Any, event: Call, sides: Any, mode: str) -> Described:
    """Return a padding of images or series.

    Args:
        reader: of the graph.
        event: the call.
        sides: numbers of positions before and after the last axis, the one
            before it, and so on.
        mode: PyTorch's name of what is outside.
    """
    pairs = tuple(zip(sides[::2], sides[1::2], strict=True))[::-1]
    tensor, edge = event.first
    if len(pairs) != tensor.ndim - 2:
        return OPAQUE, {"function": event.name}
    before = reader.trace.events[edge[0]]
    if getattr(before, "name", "").endswith(("transpose", "permute")):
        reader.first.add(edge)  # for a layer that has its channels first
    if edge not in reader.first:
        # The last axis of a series that has its channels last.
        return OPAQUE, {"function": event.name}
    if mode == "constant":
        return "zero_pad", {"pads": pairs}
    return "pad", {"pads": pairs, "mode": mode}


def _attended(reader: Any, event: Call) -> Described:
    size = event.first[0].shape[-1]
    scale = event.argument(6, "scale") or 1 / math.sqrt(size)
    mask = event.argument(3, "attn_mask", None)
    fields = masked_fields(reader.trace, event, mask, to_array)
    if event.argument(5, "is_causal", False):
        fields["causal"] = True
    names = ("query", "key", "value")
    given = [event.argument(n, name) for n, name in enumerate(names)]
    inputs = event.edges(*given)
    return "attention", {"scale": scale, "inputs": inputs} | fields


def _masked(reader: Any, event: Call) -> Described:
    """masked_fill and where, with a number that masks a score."""
    number = [v for v in event.flat if isinstance(v, int | float)]
    if len(event.inputs) != 2 or not number or number[0] > LOWEST:
        return OPAQUE, {"function": event.name}
    filled = event.name.endswith("where")
    first = event.argument(1, "input") is number[0]
    return "masked", {"masks": first if filled else True}


def _clamped(reader: Any, event: Call) -> Described:
    bounds = (
        event.argument(1, "min", None),
        event.argument(2, "max", None),
    )
    if bounds == (0, None):
        return "relu", {}
    if bounds == (0, 6):
        return "relu6", {}
    if not all(isinstance(each, int | float) for each in bounds):
        return OPAQUE, {"bounds": bounds}
    low, high = map(float, bounds)
    return "clip", {"low": low, "high": high}


def resized(
    event: Call, mode: str, aligned: bool | None, antialias: bool
) -> Described:
    """Return an interpolation of images.

    Args:
        event: the call.
        mode: PyTorch's name of the method.
        aligned: whether the corners are aligned.
        antialias: whether the image is smoothed first.
    """
    before = tuple(event.first[0].shape)[2:]
    after = tuple(event.outputs[0].shape)[2:]
    corners = "aligned" if aligned else "half_pixel"
    fields = resize_fields(before, after, mode, corners)
    if antialias or fields is None:
        return OPAQUE, {"function": f"{event.name} {mode}"}
    return "resize", fields


def _interpolated(reader: Any, event: Call) -> Described:
    reader.first.add(event.first[1])
    return resized(
        event,
        event.argument(3, "mode", "nearest"),
        event.argument(4, "align_corners", None),
        event.argument(6, "antialias", False),
    )


def _summed(reader: Any, event: Call) -> Described:
    """Einsum, with the letters in the order in which they appear."""
    equation = event.flat[0]
    edges = list(event.inputs.values())
    plain = isinstance(equation, str) and "." not in equation
    if not plain or any(edge in reader.first for edge in edges):
        return OPAQUE, {"function": event.name}
    return "einsum", {"equation": equation_of(equation)}


def _shuffled(reader: Any, event: Call) -> Described:
    reader.first.add(event.first[1])
    factor = event.argument(1, "upscale_factor")
    return "pixel_shuffle", {"factor": factor, "order": "channels_first"}


FUNCTIONS: dict[str, Callable[[Any, Call], Described]] = {
    "pad": _padded,
    "clamp": _clamped,
    "clip": _clamped,
    "scaled_dot_product_attention": _attended,
    "masked_fill": _masked,
    "where": _masked,
    "pixel_shuffle": _shuffled,
    "einsum": _summed,
    "interpolate": _interpolated,
    "upsample": _interpolated,
}
"""Readers of functions with arguments of their own."""
