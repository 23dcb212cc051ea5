"""Shapes, branches, and reductions over axes."""

import math
from typing import Any

import numpy as np

from tests.external.calculations import Arrays
from tests.external.onnx_cases.case import (
    COMPOSED,
    DIRECT,
    FLOATS,
    LAYOUT,
    Node,
    NotExpressible,
    Way,
)
from tests.external.onnx_cases.elementwise import elementwise
from tests.external.onnx_cases.layout import Undo, one_pass, to_image

Values = dict[str, Any]


def flatten(node: Node, values: Values) -> list[Way]:
    """Return the ways to write a flattening of an array to rows."""
    x = values[node.inputs[0]]
    axis = node.get("axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    batch, rest = math.prod(x.shape[:axis]), x.shape[axis:]
    shape = (batch, math.prod(rest))
    how = DIRECT if axis == 1 else LAYOUT
    if len(rest) > 3:
        rest = (rest[0], math.prod(rest[1:-1]), rest[-1])
    data = x.reshape(batch, *(rest or (1,)))
    inputs = {"channels_first": data, "channels_last": data}
    # ONNX's channels are the first axis of a sample, ours the last.
    if len(rest) == 3:
        inputs["channels_first"] = to_image(data)
    elif len(rest) == 2:
        inputs["channels_first"] = data.swapaxes(1, 2)
    return [
        one_pass(
            order,
            how,
            [{"flatten": order}],
            each,
            lambda y: y.reshape(shape),
        )
        for order, each in inputs.items()
    ]


def selecting(
    widths: list[int], *, images: bool, signs: tuple[float, ...] = ()
) -> tuple[list[Any], Arrays]:
    """Return layers that each select one part of a sample.

    Args:
        widths: of the parts, in their order.
        images: whether the parts are channels of an image.
        signs: the factor of each part; by default one.
    """
    layers: list[Any] = []
    weights: Arrays = {}
    signs, start = signs or (1.0,) * len(widths), 0
    for number, width in enumerate(widths, 1):
        kernel = signs[number - 1] * np.eye(sum(widths))
        kernel = kernel[:, start : start + width]
        start += width
        if images:
            fields = {"filters": width, "size": 1, "bias": False}
            layers.append({"conv2d": fields})
            weights[f"conv2d_{number}/kernel"] = kernel[None, None]
        else:
            layers.append({"dense": {"units": width, "bias": False}})
            weights[f"dense_{number}/kernel"] = kernel
    return layers, weights


def concat(node: Node, values: Values) -> list[Way]:
    """Return the ways to write a concatenation along an axis."""
    arrays = [values[name] for name in node.inputs]
    axis = node.get("axis", 1) % arrays[0].ndim
    moved = [np.moveaxis(x, axis, -1) for x in arrays]
    # In the sample they are in reverse order, so that a wrong order of the
    # branches would be noticed.
    widths = [x.shape[-1] for x in reversed(moved)]
    lying = np.concatenate(moved[::-1], -1)

    def undo(y: np.ndarray) -> np.ndarray:
        return np.moveaxis(y.reshape(lying.shape), -1, axis)

    def way(name: str, data: np.ndarray, *, images: bool) -> Way:
        layers, kernels = selecting(widths, images=images)
        count, kind = len(layers), "conv2d" if images else "dense"
        weights = {
            f"{kind}_{count + 1 - n}/kernel": kernels[f"{kind}_{n}/kernel"]
            for n in range(1, count + 1)
        }
        written = {"concatenate": [[layer] for layer in layers[::-1]]}
        return one_pass(name, LAYOUT, [written], data, undo, weights)

    ways = [way("vectors", lying.reshape(-1, sum(widths)), images=False)]
    if lying.ndim == 3:
        ways.append(way("images", lying[None], images=True))
    return ways + [_joined(lying, widths, axis, name) for name in _LENGTHS]


# Axes of a sample, and the sides before them, of size one.
_LENGTHS = {"time": (), "height": (), "width": (1,)}


def _joined(lying: np.ndarray, widths: list[int], axis: int, name: str) -> Way:
    """Return the way to concatenate parts that are cut out of a sample.

    Args:
        lying: the arrays side by side along the last axis, in reverse order.
        widths: of the arrays, in this order.
        axis: of the case.
        name: of the axis in the language.
    """
    first = np.moveaxis(lying, -1, 0)
    sides = (*_LENGTHS[name], len(first))
    if name == "height":
        sides = (*sides, 1)
    ends = np.cumsum(widths)
    branches = []
    for width, end in zip(widths[::-1], ends[::-1], strict=True):
        start, rest = int(end) - width, len(first) - int(end)
        by: dict[str, Any] = {"start": start, "end": rest}
        if name != "time":
            by = {
                side: [n, 0] if name == "height" else [0, n]
                for side, n in by.items()
            }
        branches.append([{"cropping": by}])
    fields = {"branches": branches, "axis": name}
    return one_pass(
        name,
        LAYOUT,
        [{"concatenate": fields}],
        first.reshape(1, *sides, -1),
        lambda y: np.moveaxis(y.reshape(first.shape), 0, axis),
    )


def _arrays(node: Node, values: Values) -> list[np.ndarray]:
    arrays = [values[name] for name in node.inputs]
    for x in arrays:
        if x.dtype.name not in FLOATS or not x.size:
            raise NotExpressible("a type that is no float", x.dtype.name)
    return [np.broadcast_to(x, _common_shape(arrays)) for x in arrays]


def _common_shape(arrays: list[np.ndarray]) -> tuple[int, ...]:
    return np.broadcast_shapes(*(x.shape for x in arrays))


def add(node: Node, values: Values) -> list[Way]:
    """Return the ways to write a sum, a difference or a mean of arrays."""
    arrays = _arrays(node, values)
    if len(arrays) == 1:
        return elementwise(arrays[0], ["linear"])
    signs = (1.0,) * (len(arrays) - 1) + (-1.0 if node.op == "Sub" else 1.0,)
    shape, how = arrays[0].shape, LAYOUT if node.op != "Mean" else COMPOSED
    if not shape:
        raise NotExpressible("an array without axes", node.op)
    after = [{"custom": f"x / {len(arrays)}"}] if node.op == "Mean" else []

    def nested(layers: list[Any]) -> list[Any]:
        body, *rest = layers
        if not rest:
            return [body]
        return [{"residual": {"body": [body], "shortcut": nested(rest)}}]

    def way(name: str, data: np.ndarray, *, images: bool) -> Way:
        widths = [shape[-1]] * len(arrays)
        layers, weights = selecting(widths, images=images, signs=signs)
        written = [*nested(layers), *after]
        undo: Undo = lambda y: y.reshape(shape)  # noqa: E731
        return one_pass(name, how, written, data, undo, weights)

    lying = np.concatenate(arrays, -1)
    rows = lying.reshape(-1, lying.shape[-1])
    ways = [way("residual, vectors", rows, images=False)]
    if len(shape) == 3:
        ways.append(way("residual, images", lying[None], images=True))
    return ways


MINUS = {"custom": "-x"}


def extreme(node: Node, values: Values) -> list[Way]:
    """Return the way to write the largest or smallest of some arrays."""
    arrays = _arrays(node, values)
    shape = arrays[0].shape
    data = np.stack([x.reshape(-1) for x in arrays], 1)[:, :, None, None]
    layers: list[Any] = ["global_max_pool"]
    if node.op == "Min":
        layers = [MINUS, *layers, MINUS]
    return [
        one_pass(
            "global_max_pool",
            COMPOSED,
            layers,
            data,
            lambda y: y.reshape(shape),
        )
    ]


SUM: dict[str, Any] = {"dense": {"units": 1, "bias": False}}
ROOT = {"custom": "sqrt(maximum(x, 1e-36))"}
LOG = {"custom": "log(maximum(x, 1e-30))"}
SQUARE = {"custom": "x * x"}

# The layers that compute a reduction of the numbers of one sample.
REDUCTIONS: dict[str, list[Any]] = {
    "ReduceMean": ["global_average_pool"],
    "ReduceMax": ["global_max_pool"],
    "ReduceMin": [MINUS, "global_max_pool", MINUS],
    "ReduceSum": [SUM],
    "ReduceL1": [{"custom": "abs(x)"}, SUM],
    "ReduceL2": [SQUARE, SUM, ROOT],
    "ReduceSumSquare": [SQUARE, SUM],
    "ReduceLogSum": [SUM, LOG],
    "ReduceLogSumExp": [{"custom": "exp(x)"}, SUM, LOG],
}


def reduce(node: Node, values: Values) -> list[Way]:
    """Return the way to write a reduction along axes."""
    x = values[node.inputs[0]]
    if x.dtype.name not in FLOATS:
        raise NotExpressible("a type that is no float", x.dtype.name)
    if not x.size:
        raise NotExpressible("an empty array", node.op)
    axes = node.get("axes")
    if node.inputs[1:] and node.inputs[1]:
        axes = values[node.inputs[1]].tolist()
    if not axes and node.get("noop_with_empty_axes"):
        raise NotExpressible("a reduction over no axis", node.op)
    reduced = sorted(n % x.ndim for n in (axes or range(x.ndim)))
    others = [n for n in range(x.ndim) if n not in reduced]
    shape = [x.shape[n] for n in others]
    if node.get("keepdims", 1):
        shape = [1 if n in reduced else x.shape[n] for n in range(x.ndim)]
    count = math.prod(x.shape[n] for n in reduced)
    rows = x.transpose(*others, *reduced).reshape(-1, count)
    layers = REDUCTIONS[node.op]
    summed = SUM in layers
    weights = {"dense_1/kernel": np.ones((count, 1))} if summed else {}
    data = rows if summed else rows[:, :, None, None]
    return [
        one_pass(
            " and ".join(
                each if isinstance(each, str) else next(iter(each))
                for each in layers
            ),
            COMPOSED,
            layers,
            data,
            lambda y: y.reshape(shape),
            weights,
        )
    ]
