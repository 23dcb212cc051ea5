"""Layers that change the size of an image or of a sequence."""

import math
from typing import Any

import numpy as np

from tests.external.calculations import Arrays
from tests.external.onnx_cases.case import (
    DIRECT,
    FLOATS,
    LAYOUT,
    Node,
    NotExpressible,
    Way,
)
from tests.external.onnx_cases.elementwise import elementwise
from tests.external.onnx_cases.layout import (
    Undo,
    from_image,
    one_pass,
    to_image,
)

Values = dict[str, Any]

# What is added before and after an axis; less than zero is cut off.
Rims = dict[int, tuple[int, int]]


def rim(
    x: np.ndarray, rims: Rims, op: str, constant: float = 0.0
) -> list[Way]:
    """Return the ways to add zeros around some axes, or to cut them.

    Args:
        x: of any shape.
        rims: by axis.
        op: the operator, for a message.
        constant: what is added instead of zeros.
    """
    if x.dtype.name not in FLOATS:
        raise NotExpressible("a type that is no float", x.dtype.name)
    rims = {axis: by for axis, by in rims.items() if any(by)}
    shape = [n + sum(rims.get(axis, (0, 0))) for axis, n in enumerate(x.shape)]
    if not math.prod(shape):
        raise NotExpressible("an empty array", op)
    if not 1 <= len(rims) <= 2:
        raise NotExpressible("a change of no axis, or of more than two", op)
    axes = sorted(rims)
    ways = []
    if x.ndim == 4 and min(axes) >= 2:
        layers = _rim_layers([rims.get(n, (0, 0)) for n in (2, 3)], constant)
        back: Undo = lambda y: from_image(y, x)  # noqa: E731
        ways.append(one_pass("images", DIRECT, layers, to_image(x), back))
    if x.ndim == 3 and axes == [1]:
        layers = _rim_layers([rims[1]], constant)
        ways.append(one_pass("sequences", DIRECT, layers, x, lambda y: y))
    # The axes come first in one sample, whose channels are all the others.
    moved = np.moveaxis(x, axes, range(len(axes)))
    sides = moved.shape[: len(axes)]
    layers = _rim_layers([rims[axis] for axis in axes], constant)
    changed = tuple(shape[axis] for axis in axes)

    def undo(y: np.ndarray) -> np.ndarray:
        whole = y.reshape(*changed, *moved.shape[len(axes) :])
        return np.moveaxis(whole, range(len(axes)), axes)

    sample = moved.reshape(1, *sides, -1)
    return [*ways, one_pass("one sample", LAYOUT, layers, sample, undo)]


def _rim_layers(sides: list[tuple[int, int]], constant: float) -> list[Any]:
    """Return the layers for these numbers before and after each axis."""
    layers: list[Any] = []
    for kind, sign in ("cropping", -1), ("zero_padding", 1):
        start, end = ([max(sign * by[n], 0) for by in sides] for n in (0, 1))
        if any(start + end):
            whole = len(sides) == 2
            fields = {
                "start": start if whole else start[0],
                "end": end if whole else end[0],
            }
            layers.append({kind: fields})
    if constant:
        less = {"custom": f"x - ({constant!r})"}
        layers = [less, *layers, {"custom": f"x + ({constant!r})"}]
    return layers


def _known(node: Node, values: Values, place: int) -> Any:
    """Return an input that may be left out."""
    names = node.inputs[place : place + 1]
    return values[names[0]] if names and names[0] else None


def pad(node: Node, values: Values) -> list[Way]:
    """Return the ways to write a padding by one number."""
    x = values[node.inputs[0]]
    mode = node.get("mode", "constant")
    if mode != "constant":
        raise NotExpressible("a padding that is no number", mode)
    by, axes = _known(node, values, 1), _known(node, values, 3)
    flat = [int(n) for n in (node.get("pads") if by is None else by)]
    value = _known(node, values, 2)
    constant = float(node.get("value", 0.0) if value is None else value)
    chosen = range(x.ndim) if axes is None else [int(n) % x.ndim for n in axes]
    half = len(flat) // 2
    pairs = zip(flat[:half], flat[half:], strict=True)
    rims = dict(zip(chosen, pairs, strict=True))
    return rim(x, rims, node.op, constant)


def center_crop_pad(node: Node, values: Values) -> list[Way]:
    """Return the ways to cut the middle out, or to pad around it."""
    x, shape = (values[name] for name in node.inputs)
    rims = {}
    for axis, size in zip(node.get("axes", range(x.ndim)), shape, strict=True):
        more = int(size) - x.shape[axis]
        before = abs(more) // 2 * int(np.sign(more))
        rims[axis % x.ndim] = (before, more - before)
    return rim(x, rims, node.op)


def cut(node: Node, values: Values) -> list[Way]:
    """Return the ways to write a slice."""
    x, starts, ends = (values[name] for name in node.inputs[:3])
    axes, steps = _known(node, values, 3), _known(node, values, 4)
    axes = range(len(starts)) if axes is None else axes
    if steps is not None and (steps != 1).any():
        raise NotExpressible("a slice with a step", node.op)
    rims = {}
    for axis, start, end in zip(axes, starts, ends, strict=True):
        n = x.shape[int(axis)]
        begin, stop, _ = slice(int(start), int(end)).indices(n)
        rims[int(axis) % x.ndim] = (-begin, min(stop - n, 0))
    return rim(x, rims, node.op)


def split(node: Node, values: Values) -> list[Way]:
    """Return the way to write the parts of an array, each as a cropping."""
    x = values[node.inputs[0]]
    axis = node.get("axis", 0) % x.ndim
    count = node.get("num_outputs", len(node.outputs))
    each = -(-x.shape[axis] // count)
    sizes = _known(node, values, 1)
    if sizes is None:
        sizes = node.get("split")
    if sizes is None:
        sizes = [each] * (count - 1)
        sizes.append(x.shape[axis] - each * (count - 1))
    stops = np.cumsum(sizes)
    parts = [
        rim(x, {axis: (int(s) - int(e), int(e) - x.shape[axis])}, node.op)[-1]
        for s, e in zip(sizes, stops, strict=True)
    ]

    def join(results: list[Arrays]) -> dict[int, np.ndarray]:
        return {
            n: part.join([result])[0]
            for n, (part, result) in enumerate(
                zip(parts, results, strict=True)
            )
        }

    items = [item for part in parts for item in part.items]
    return [Way("cropping", LAYOUT, items, join)]


def repeat(x: np.ndarray, factors: list[int], op: str) -> list[Way]:
    """Return the ways to repeat each pixel, by a factor for each axis."""
    axes = [axis for axis, factor in enumerate(factors) if factor > 1]
    if x.dtype.name not in FLOATS:
        raise NotExpressible("a type that is no float", x.dtype.name)
    if not 1 <= len(axes) <= 2:
        raise NotExpressible("a change of no axis, or of more than two", op)
    axes = axes if len(axes) == 2 else sorted({*axes, (axes[0] + 1) % x.ndim})
    layers = [{"upsampling": [factors[axis] for axis in axes]}]
    ways = []
    if x.ndim == 4 and axes == [2, 3]:
        back: Undo = lambda y: from_image(y, x)  # noqa: E731
        ways.append(one_pass("images", DIRECT, layers, to_image(x), back))
    moved = np.moveaxis(x, axes, (0, 1))
    sample = moved.reshape(1, *moved.shape[:2], -1)

    def undo(y: np.ndarray) -> np.ndarray:
        whole = y.reshape(*y.shape[1:3], *moved.shape[2:])
        return np.moveaxis(whole, (0, 1), axes)

    return [*ways, one_pass("one sample", LAYOUT, layers, sample, undo)]


def resize(node: Node, values: Values) -> list[Way]:
    """Return the ways to enlarge an image by whole factors."""
    x = values[node.inputs[0]]
    if node.get("mode", "nearest") != "nearest":
        raise NotExpressible("a resizing that averages", node.get("mode"))
    if node.op == "Upsample":
        given, sizes = values[node.inputs[1]], None
    else:
        given, sizes = _known(node, values, 2), _known(node, values, 3)
        _refuse_other_neighbours(node)
    axes = [n % x.ndim for n in node.get("axes", range(x.ndim))]
    sides = [x.shape[axis] for axis in axes]
    if sizes is not None:
        given = [int(size) / n for size, n in zip(sizes, sides, strict=True)]
        policy = node.get("keep_aspect_ratio_policy", "stretch")
        choices = {"not_larger": min, "not_smaller": max}
        if policy in choices:
            given = [choices[policy](given)] * len(axes)
    factors = [1.0] * x.ndim
    for axis, scale in zip(axes, given, strict=True):
        factors[axis] = float(scale)
    if any(factor != int(factor) or factor < 1 for factor in factors):
        raise NotExpressible("a resizing by no whole factor", node.op)
    return repeat(x, [int(factor) for factor in factors], node.op)


def _refuse_other_neighbours(node: Node) -> None:
    """Refuse unless pixel i of the output is pixel i / factor, cut off."""
    centres = node.get("coordinate_transformation_mode", "half_pixel")
    rounding = node.get("nearest_mode", "round_prefer_floor")
    known = {
        "half_pixel": ("round_prefer_floor", "round_prefer_ceil"),
        "asymmetric": ("floor",),
    }
    if rounding not in known.get(centres, ()):
        raise NotExpressible("a resizing to other neighbours", node.op)


def expand(node: Node, values: Values) -> list[Way]:
    """Return the way to repeat an array along axes of size one."""
    x, asked = (values[name] for name in node.inputs)
    shape = np.broadcast_shapes(x.shape, tuple(int(n) for n in asked))
    sides = (1,) * (len(shape) - x.ndim) + x.shape
    axes = [
        n for n, (a, b) in enumerate(zip(sides, shape, strict=True)) if a != b
    ]
    if not axes:
        return elementwise(x, ["linear"])
    others = [n for n in range(len(shape)) if n not in axes]
    *down, across = (shape[n] for n in axes)

    def undo(y: np.ndarray) -> np.ndarray:
        rest = [shape[n] for n in others]
        whole = y.reshape(*rest, *(shape[n] for n in axes))
        return np.moveaxis(whole, range(len(shape)), [*others, *axes])

    layers = [{"upsampling": [math.prod(down), across]}]
    sample = x.reshape(-1, 1, 1, 1)
    return [one_pass("upsampling", LAYOUT, layers, sample, undo)]


def tile(node: Node, values: Values) -> list[Way]:
    """Return the way to put copies of an array side by side."""
    x, counts = (values[name] for name in node.inputs)
    return copies(x, [int(n) for n in counts])


def copies(x: np.ndarray, counts: list[int]) -> list[Way]:
    """Return the way to put copies of an array side by side.

    Args:
        x: of any shape.
        counts: the number of copies along each axis.
    """
    shape = np.multiply(x.shape, counts)
    if x.ndim == 4 and len(x) == counts[0] == 1:
        x, counts = x[0], counts[1:]
    names = {
        2: ("time", "channels"),
        3: ("height", "width", "channels"),
    }.get(x.ndim)
    if names is None:
        raise NotExpressible("copies along more than three axes")
    layers = [
        {"concatenate": {"branches": [[]] * count, "axis": name}}
        for name, count in zip(names, counts, strict=True)
        if count > 1
    ]
    return [
        one_pass(
            "concatenate", LAYOUT, layers, x[None], lambda y: y.reshape(shape)
        )
    ]
