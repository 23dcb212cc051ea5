"""Layers that the language has not, in NumPy, with their derivatives."""

import dataclasses
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.reference.padding import padded
from framework_parity.common.reference.recurrence import (
    FUNCTIONS,
    GATES,
    Options,
    recurrence,
)

Back: TypeAlias = Callable[[Array], tuple[Array, dict[str, Array]]]
"""From the derivative of the loss by the output to that by the input, and to
those by the tensors, by name."""

Tensors: TypeAlias = dict[str, Array]


def _group_norm(
    fields: dict[str, Any], tensors: Tensors, x: Array
) -> tuple[Array, Back]:
    """Of the channels of a group, and all positions."""
    groups, channels = fields["groups"], x.shape[-1]
    shape = (len(x), -1, groups, channels // groups)
    parts, axes = x.reshape(shape), (1, 3)
    centred = parts - parts.mean(axes, keepdims=True)
    variance = (centred**2).mean(axes, keepdims=True)
    width = np.sqrt(variance + fields["epsilon"])
    normal = (centred / width).reshape(x.shape)
    gamma = tensors.get("gamma", np.ones(channels))
    beta = tensors.get("beta", np.zeros(channels))

    def back(slope: Array) -> tuple[Array, Tensors]:
        others = tuple(range(x.ndim - 1))
        by_tensors = {
            "gamma": (slope * normal).sum(others),
            "beta": slope.sum(others),
        }
        inner = (slope * gamma).reshape(parts.shape)
        unit = normal.reshape(parts.shape)
        along = (inner * unit).mean(axes, keepdims=True)
        inner = inner - inner.mean(axes, keepdims=True) - unit * along
        return (inner / width).reshape(x.shape), by_tensors

    return gamma * normal + beta, back


def _convolution(
    fields: dict[str, Any], tensors: Tensors, x: Array
) -> tuple[Array, Back]:
    """Along any number of axes; the kernel is (..., inputs, filters)."""
    wide, unpadded = padded(x, fields["pads"])
    groups = fields.get("groups", 1)
    kernel = tensors["kernel"]
    # With a group for each channel, it is (..., channels, multiplier).
    whole = kernel
    if groups == x.shape[-1] > 1:
        whole = kernel.reshape(*kernel.shape[:-2], 1, -1)
    size, stride, dilation = fields["size"], fields["stride"], _gaps(fields)
    sides = tuple(
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(
            wide.shape[1:-1], size, stride, dilation, strict=True
        )
    )
    output = np.zeros((len(x), *sides, whole.shape[-1]), x.dtype)
    moves = list(_moves(size, stride, dilation, sides))
    for place, at in moves:
        output += _product(wide[at], whole[place], groups)

    def back(slope: Array) -> tuple[Array, Tensors]:
        by_wide, by_whole = np.zeros_like(wide), np.zeros_like(whole)
        for place, at in moves:
            by_wide[at] += _turned(slope, whole[place], groups)
            by_whole[place] = _outer(wide[at], slope, groups)
        by_tensors = {"kernel": by_whole.reshape(kernel.shape)}
        return unpadded(by_wide), by_tensors | _of_bias(tensors, slope)

    return output + tensors.get("bias", 0.0), back


def _transposed(
    fields: dict[str, Any], tensors: Tensors, x: Array
) -> tuple[Array, Back]:
    """A transposed convolution; the kernel is (..., filters, inputs)."""
    kernel = np.swapaxes(tensors["kernel"], -1, -2)
    size, stride, dilation = fields["size"], fields["stride"], _gaps(fields)
    sides, cropped = fields["sides"], fields["cropped"]
    # Room for all that is written, and for all that is read.
    room = [
        max((n - 1) * s + d * (k - 1) + 1, before + side)
        for n, k, s, d, (before, _), side in zip(
            x.shape[1:-1], size, stride, dilation, cropped, sides, strict=True
        )
    ]
    inner = (
        slice(None),
        *(
            slice(before, before + side)
            for (before, _), side in zip(cropped, sides, strict=True)
        ),
    )
    wide = np.zeros((len(x), *room, kernel.shape[-1]), x.dtype)
    moves = list(_moves(size, stride, dilation, x.shape[1:-1]))
    for place, at in moves:
        wide[at] += x @ kernel[place]

    def back(slope: Array) -> tuple[Array, Tensors]:
        by_wide = np.zeros_like(wide)
        by_wide[inner] = slope
        by_x, by_kernel = np.zeros_like(x), np.zeros_like(kernel)
        for place, at in moves:
            by_x += by_wide[at] @ kernel[place].T
            by_kernel[place] = _outer(x, by_wide[at], 1)
        by_tensors = {"kernel": np.swapaxes(by_kernel, -1, -2)}
        return by_x, by_tensors | _of_bias(tensors, slope)

    return wide[inner] + tensors.get("bias", 0.0), back


def _pool_1d(
    fields: dict[str, Any], tensors: Tensors, x: Array
) -> tuple[Array, Back]:
    """The maximum of a window of positions."""
    lowest = float(x.min()) - 1.0
    wide, unpadded = padded(x, fields["pads"], value=lowest)
    (size,), (stride,) = fields["size"], fields["stride"]
    steps = (wide.shape[1] - size) // stride + 1
    places = stride * np.arange(steps)[:, None] + np.arange(size)
    windows = wide[:, places]
    chosen = windows.argmax(2)

    def back(slope: Array) -> tuple[Array, Tensors]:
        by_wide = np.zeros_like(wide)
        at = stride * np.arange(steps)[:, None] + chosen
        sample = np.arange(len(x))[:, None, None]
        np.add.at(by_wide, (sample, at, np.arange(x.shape[-1])), slope)
        return unpadded(by_wide), {}

    return windows.max(2), back


def _average_pool_1d(
    fields: dict[str, Any], tensors: Tensors, x: Array
) -> tuple[Array, Back]:
    """The mean of a window of positions, with padding or without."""
    ((before, after),) = fields["pads"]
    n = x.shape[1]
    (size,), (stride,) = fields["size"], fields["stride"]
    steps = (n + before + after - size) // stride + 1
    matrix = np.zeros((steps, before + n + after))
    for step in range(steps):
        matrix[step, stride * step : stride * step + size] = 1.0
    matrix = matrix[:, before : before + n]
    count = matrix.sum(1, keepdims=True)
    matrix /= size if fields["count_padding"] else count

    def back(slope: Array) -> tuple[Array, Tensors]:
        return np.einsum("tn,btc->bnc", matrix, slope), {}

    return np.einsum("tn,bnc->btc", matrix, x), back


def _recurrent(kind: str) -> Callable[..., tuple[Array, Back]]:
    """A recurrent layer; the time may be the first axis."""
    names = {field.name for field in dataclasses.fields(Options)} - {"kind"}

    def apply(
        fields: dict[str, Any], tensors: Tensors, x: Array
    ) -> tuple[Array, Back]:
        options = Options(
            kind, **{n: fields[n] for n in names & fields.keys()}
        )
        first = fields.get("time_axis", 1) == 0
        series = np.swapaxes(x, 0, 1) if first else x
        output, back = recurrence(options, tensors, series)
        turned = first and output.ndim == 3

        def carry(slope: Array) -> tuple[Array, Tensors]:
            by_x, by_tensors = back(
                np.swapaxes(slope, 0, 1) if turned else slope
            )
            return np.swapaxes(by_x, 0, 1) if first else by_x, by_tensors

        return np.swapaxes(output, 0, 1) if turned else output, carry

    return apply


def can_apply_other(kind: str, fields: dict[str, Any]) -> bool:
    """Return whether a layer that the language has not can be computed.

    Args:
        kind: of the node.
        fields: of the node.
    """
    grouped = kind.endswith("_transpose") and fields.get("groups", 1) != 1
    bordered = fields.get("padding_mode") is not None
    known = all(
        fields.get(name, "tanh") in FUNCTIONS
        for name in ("activation", "recurrent_activation")
    )
    whole = fields.get("layers", 1) == 1 and not fields.get("masked")
    possible = known and whole if kind in GATES else True
    return kind in OTHERS and possible and not grouped and not bordered


def _gaps(fields: dict[str, Any]) -> tuple[int, ...]:
    """Return the dilation of a window."""
    size: tuple[int, ...] = fields["size"]
    return tuple(fields.get("dilation", (1,) * len(size)))


def _moves(
    size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    sides: tuple[int, ...],
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Yield each place in a kernel, and the pixels that it is applied to."""
    for place in product(*map(range, size)):
        yield (
            place,
            (
                slice(None),
                *(
                    slice(p * d, p * d + s * (n - 1) + 1, s)
                    for p, d, s, n in zip(
                        place, dilation, stride, sides, strict=True
                    )
                ),
            ),
        )


def _product(x: Array, kernel: Array, groups: int) -> Array:
    """Return x times a matrix for each group of channels.

    Args:
        x: (..., channels).
        kernel: (channels of a group, filters).
        groups: number of groups.
    """
    if groups == 1:
        product: Array = x @ kernel
        return product
    parts = x.reshape(*x.shape[:-1], groups, -1)
    split = kernel.reshape(len(kernel), groups, -1)
    joined: Array = np.einsum("...gc,cgo->...go", parts, split)
    return joined.reshape(*x.shape[:-1], -1)


def _turned(slope: Array, kernel: Array, groups: int) -> Array:
    """Return the derivative by x of `_product`."""
    parts = slope.reshape(*slope.shape[:-1], groups, -1)
    split = kernel.reshape(len(kernel), groups, -1)
    joined: Array = np.einsum("...go,cgo->...gc", parts, split)
    return joined.reshape(*slope.shape[:-1], -1)


def _outer(x: Array, slope: Array, groups: int) -> Array:
    """Return the derivative by the matrix of `_product`."""
    rows = x.reshape(-1, groups, x.shape[-1] // groups)
    columns = slope.reshape(-1, groups, slope.shape[-1] // groups)
    joined: Array = np.einsum("ngc,ngo->cgo", rows, columns)
    return joined.reshape(len(joined), -1)


def _of_bias(tensors: Tensors, slope: Array) -> Tensors:
    """Return the derivative by a bias, if there is one."""
    if "bias" not in tensors:
        return {}
    return {"bias": slope.sum(tuple(range(slope.ndim - 1)))}


OTHERS: dict[str, Callable[..., tuple[Array, Back]]] = {
    "group_norm": _group_norm,
    "conv1d": _convolution,
    "conv3d": _convolution,
    "conv1d_transpose": _transposed,
    "conv2d_transpose": _transposed,
    "conv3d_transpose": _transposed,
    "max_pool1d": _pool_1d,
    "average_pool1d": _average_pool_1d,
    **{kind: _recurrent(kind) for kind in GATES},
}
"""The layers, by kind."""
