"""Read functions of Keras and TensorFlow as nodes of a neutral graph."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from framework_parity.common.live.attention import LOWEST
from framework_parity.common.live.elements import Described
from framework_parity.common.live.graph import OPAQUE
from framework_parity.common.live.rules import (
    arranged,
    equation_of,
    resize_fields,
    selected,
)
from framework_parity.common.live.trace import Call


def axis_of(event: Call, axis: int, more: int = 0) -> int:
    """Return an axis from the first."""
    return axis % (len(event.first[0].shape) + more)


def axes_of(event: Call, axes: Any) -> tuple[int, ...] | str:
    if axes is None:
        return "all"
    chosen = (axes,) if isinstance(axes, int) else tuple(axes)
    return tuple(sorted(axis_of(event, axis) for axis in chosen))


def _numbers(value: Any) -> Any:
    """Return a tensor of numbers as integers, another value as it is."""
    if tf.is_tensor(value):
        return keras.ops.convert_to_numpy(value).astype(int).tolist()
    return value


def snake_case(name: str) -> str:
    """Return the name of a class as that of a function."""
    letters = [
        f"_{c.lower()}" if c.isupper() and i else c.lower()
        for i, c in enumerate(name)
    ]
    return "".join(letters)


def _named(event: Call, name: str, position: int, default: Any) -> Any:
    """Return a value of a function, an operation or a TensorFlow kind."""
    if event.layer is not None:
        return getattr(event.layer, name, default)
    return event.argument(position, name, default)


def _relu(reader: Any, event: Call) -> Described:
    slope = _named(event, "negative_slope", 1, 0.0)
    most = _named(event, "max_value", 2, None)
    threshold = _named(event, "threshold", 3, 0.0)
    if threshold:
        return OPAQUE, {"function": event.name}
    if most is not None:
        return ("relu6", {}) if most == 6 and not slope else (OPAQUE, {})
    return ("leaky_relu", {"slope": slope}) if slope else ("relu", {})


def _leaky_relu(reader: Any, event: Call) -> Described:
    slope = _named(event, "negative_slope", 1, 0.2)
    return "leaky_relu", {"slope": slope}


def _elu(reader: Any, event: Call) -> Described:
    return "elu", {"alpha": _named(event, "alpha", 1, 1.0)}


def _gelu(reader: Any, event: Call) -> Described:
    activation = event.name.startswith("keras.") and event.layer is None
    approximate = _named(event, "approximate", 1, not activation)
    return "gelu", {"form": "tanh" if approximate else "erf"}


def _softmax(reader: Any, event: Call) -> Described:
    axis = _named(event, "axis", 1, -1)
    return "softmax", {"axis": axis_of(event, axis)}


def _log_softmax(reader: Any, event: Call) -> Described:
    axis = _named(event, "axis", 1, -1)
    return "log_softmax", {"axis": axis_of(event, axis)}


def _reduced(kind: str) -> Callable[[Any, Call], Described]:
    def read(reader: Any, event: Call) -> Described:
        axes = _numbers(_named(event, "axis", 1, None))
        return kind, {"axes": axes_of(event, axes)}

    return read


def _joined(kind: str) -> Callable[[Any, Call], Described]:
    def read(reader: Any, event: Call) -> Described:
        if event.name == "tf.ConcatV2":
            axis = _numbers(event.flat[-1])
        elif event.name == "tf.Pack":
            axis = event.attributes.get("axis", 0)
        else:
            axis = _named(event, "axis", 1, -1 if kind == "concatenate" else 0)
        more = int(kind == "stack")
        return kind, {"axis": axis_of(event, axis, more)}

    return read


def _reshaped(reader: Any, event: Call) -> Described:
    before = tuple(event.first[0].shape)
    after = tuple(event.outputs[0].shape)
    return arranged(before, after, channels_first=False)


def _transposed(reader: Any, event: Call) -> Described:
    order = _numbers(_named(event, "axes", 1, None))
    number = len(event.first[0].shape)
    order = range(number)[::-1] if order is None else order
    return "permute", {"order": tuple(int(axis) for axis in order)}


def _swapped(reader: Any, event: Call) -> Described:
    number = len(event.first[0].shape)
    order = list(range(number))
    a = _named(event, "axis1", 1, 0) % number
    b = _named(event, "axis2", 2, 0) % number
    order[a], order[b] = order[b], order[a]
    return "permute", {"order": tuple(order)}


def _sliced(reader: Any, event: Call) -> Described:
    both = (event.first[0], event.outputs[0])
    place = selected(*map(keras.ops.convert_to_numpy, both))
    if place is not None:
        return "slice", dict(zip(("axis", "index"), place, strict=True))
    shapes = [tuple(each.shape) for each in both]
    return "slice", {"of": f"{shapes[0]} to {shapes[1]}"}


def _split(reader: Any, event: Call) -> Described:
    axis = _numbers(_named(event, "axis", 2, 0))
    return "split", {
        "axis": axis_of(event, axis),
        "parts": len(event.outputs),
    }


def _padded(reader: Any, event: Call) -> Described:
    sides = _numbers(_named(event, "pad_width", 1, None))
    if event.name.startswith("tf."):
        sides = _numbers(event.flat[1])
    mode = _named(event, "mode", 2, "constant")
    value = _named(event, "constant_values", 3, None)
    if event.name.startswith("tf."):
        mode = event.attributes.get("mode", b"constant").decode().lower()
        value = event.flat[2] if len(event.flat) > 2 else None
    if not isinstance(sides, list | tuple) or len(sides) not in (3, 4):
        return OPAQUE, {"function": event.name}
    if value is not None and np.any(keras.ops.convert_to_numpy(value)):
        return OPAQUE, {"function": event.name}
    pads = tuple(map(tuple, sides[1:-1]))
    if any(sides[0]) or any(sides[-1]):
        return OPAQUE, {"function": event.name}
    if mode == "constant":
        return "zero_pad", {"pads": pads}
    return "pad", {"pads": pads, "mode": mode}


def _matmul(reader: Any, event: Call) -> Described:
    names = ("transpose_b", "adj_y")
    turned = any(event.attributes.get(name) for name in names)
    first = any(event.attributes.get(n) for n in ("transpose_a", "adj_x"))
    if first:
        return OPAQUE, {"function": event.name}
    return "matmul", {"transposed": True} if turned else {}


def _clipped(reader: Any, event: Call) -> Described:
    """Clip between two numbers."""
    bounds = [
        _named(event, n, p, None) for p, n in ((1, "x_min"), (2, "x_max"))
    ]
    if event.name.startswith("tf."):
        bounds = event.flat[1:]
    try:
        low, high = (float(keras.ops.convert_to_numpy(b)) for b in bounds)
    except (TypeError, ValueError):
        return OPAQUE, {"function": event.name}
    if (low, high) == (0.0, 6.0):
        return "relu6", {}
    return "clip", {"low": low, "high": high}


def _masked(reader: Any, event: Call) -> Described:
    """Where, with a number that masks a score."""
    numbers = [
        (place, float(keras.ops.convert_to_numpy(value)))
        for place, value in enumerate(event.flat)
        if isinstance(value, int | float) or not tuple(value.shape)
    ]
    if len(numbers) != 1 or numbers[0][1] > LOWEST:
        return OPAQUE, {"function": event.name}
    return "masked", {"masks": numbers[0][0] == 1}


def _variance(reader: Any, event: Call) -> Described:
    axes = _numbers(_named(event, "axis", 1, None))
    return "variance", {"axes": axes_of(event, axes), "unbiased": False}


def _pooled(kind: str) -> Callable[[Any, Call], Described]:
    """A pooling function, read as the layer that does the same."""

    def read(reader: Any, event: Call) -> Described:
        number = len(event.first[0].shape) - 2
        if number not in (1, 2) or event.name.startswith("tf."):
            return OPAQUE, {"function": event.name}
        layer = getattr(keras.layers, f"{kind}Pooling{number}D")(
            _named(event, "pool_size", 1, None),
            _named(event, "strides", 2, None),
            _named(event, "padding", 3, "valid"),
            data_format=_named(event, "data_format", 4, None),
        )
        described: Described = reader.layer(event, layer)
        return described

    return read


def _resized(reader: Any, event: Call) -> Described:
    """keras.ops.image.resize; corners are half a pixel outside."""
    before = tuple(event.first[0].shape)[1:3]
    after = tuple(event.outputs[0].shape)[1:3]
    method = _named(event, "interpolation", 2, "bilinear")
    smoothed = _named(event, "antialias", 3, False)
    fields = resize_fields(before, after, method)
    if fields is None or smoothed or len(event.first[0].shape) != 4:
        return OPAQUE, {"function": event.name}
    return "resize", fields


def _summed(reader: Any, event: Call) -> Described:
    """Einsum, with the letters in the order in which they appear."""
    equation = event.argument(0, "subscripts")
    if not isinstance(equation, str) or "." in equation:
        return OPAQUE, {"function": event.name}
    return "einsum", {"equation": equation_of(equation)}


def _deviation(reader: Any, event: Call) -> Described:
    return "deviation", _variance(reader, event)[1]


def _shuffled(reader: Any, event: Call) -> Described:
    factor = event.attributes.get("block_size")
    factor = factor or _named(event, "block_size", 1, None)
    return "pixel_shuffle", {"factor": factor, "order": "channels_last"}


FUNCTIONS: dict[str, Callable[[Any, Call], Described]] = {
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "gelu": _gelu,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "matmul": _matmul,
    "var": _variance,
    "where": _masked,
    "clip": _clipped,
    "std": _deviation,
    "resize": _resized,
    "einsum": _summed,
    "average_pool": _pooled("Average"),
    "max_pool": _pooled("Max"),
    "mean": _reduced("mean"),
    "sum": _reduced("sum"),
    "max": _reduced("max"),
    "min": _reduced("min"),
    "concatenate": _joined("concatenate"),
    "stack": _joined("stack"),
    "reshape": _reshaped,
    "squeeze": _reshaped,
    "expand_dims": _reshaped,
    "transpose": _transposed,
    "swapaxes": _swapped,
    "slice": _sliced,
    "split": _split,
    "pad": _padded,
    "depth_to_space": _shuffled,
}
"""Readers of functions, by their name in `keras.ops`."""
