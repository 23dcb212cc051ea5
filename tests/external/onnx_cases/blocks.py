"""Windows that are laid out as channels, and channels as windows."""

import math
from typing import Any

import numpy as np

from tests.external.onnx_cases.case import (
    COMPOSED,
    ZEROS,
    Case,
    Node,
    NotExpressible,
    Way,
)
from tests.external.onnx_cases.convolution import transposed, with_gaps
from tests.external.onnx_cases.layout import one_pass, to_image

Values = dict[str, Any]


def _one_hot(block: tuple[int, int], channels: np.ndarray) -> np.ndarray:
    """Return a kernel (height, width, few, many) of ones and zeros.

    Args:
        block: (height, width).
        channels: (height, width, few), the places among the many.
    """
    kernel = np.zeros((*channels.shape, channels.size))
    np.put_along_axis(kernel, channels[..., None], 1.0, -1)
    assert kernel.shape[:2] == block
    return kernel


def _places(
    block: tuple[int, int], few: int, *, block_first: bool
) -> np.ndarray:
    """Return the place of each (row, column, channel) among all channels."""
    many = math.prod(block) * few
    if block_first:
        return np.arange(many).reshape(*block, few)
    return np.arange(many).reshape(few, *block).transpose(1, 2, 0)


def depth_to_space(node: Node, values: Values) -> list[Way]:
    """Return the way to lay channels out as the pixels of a block."""
    x, size = values[node.inputs[0]], int(node.get("blocksize"))
    return _spread(x, size, block_first=node.get("mode", "DCR") == "DCR")


def pixel_shuffle(case: Case, constants: Values, values: Values) -> list[Way]:
    """Return the way to write PyTorch's shuffle of channels to pixels."""
    shape, transpose = case.nodes[1].inputs[1], case.nodes[2]
    n, few, height, width = (values[case.inputs[0]]).shape
    size = int(constants[shape][2])
    assert list(transpose.get("perm")) == [0, 1, 4, 2, 5, 3], "another order"
    assert constants[shape].tolist() == [
        n,
        few // size**2,
        size,
        size,
        height,
        width,
    ], "another shape"
    return _spread(values[case.inputs[0]], size, block_first=False)


def _spread(x: np.ndarray, size: int, *, block_first: bool) -> list[Way]:
    """Return the way to lay channels out as the pixels of a block.

    Args:
        x: (samples, channels, height, width).
        size: of the block.
        block_first: whether the pixel of the block is the slower index of a
            channel.
    """
    few, block = x.shape[1] // size**2, (size, size)
    kernel = _one_hot(block, _places(block, few, block_first=block_first))
    fields = {"filters": few, "size": size, "stride": size, "bias": False}
    return [
        one_pass(
            "conv2d_transpose",
            COMPOSED,
            [{"conv2d_transpose": fields}],
            to_image(x),
            lambda y: y.transpose(0, 3, 1, 2),
            {"conv2d_transpose_1/kernel": kernel},
        )
    ]


def space_to_depth(node: Node, values: Values) -> list[Way]:
    """Return the way to lay the pixels of a block out as channels."""
    x, size = values[node.inputs[0]], int(node.get("blocksize"))
    few, block = x.shape[1], (size, size)
    first = node.get("mode", "DCR") == "DCR"
    kernel = _one_hot(block, _places(block, few, block_first=first))
    fields = {
        "filters": few * size**2,
        "size": size,
        "stride": size,
        "bias": False,
    }
    return [
        one_pass(
            "conv2d",
            COMPOSED,
            [{"conv2d": fields}],
            to_image(x),
            lambda y: y.transpose(0, 3, 1, 2),
            {"conv2d_1/kernel": kernel},
        )
    ]


def columns_to_image(node: Node, values: Values) -> list[Way]:
    """Return the way to add windows up, each of which is one column."""
    x, image, block = (values[name] for name in node.inputs)
    if len(block) != 2:
        raise NotExpressible("images of three or more sides", node.op)
    strides = node.get("strides", [1, 1])
    dilations = node.get("dilations", [1, 1])
    pads = node.get("pads", [0, 0, 0, 0])
    height, width = (int(n) for n in block)
    few = x.shape[1] // (height * width)
    kernel = _one_hot(
        (height, width), _places((height, width), few, block_first=False)
    )
    sides = []
    for n in range(2):
        span = dilations[n] * (int(block[n]) - 1) + 1
        room = int(image[n]) + pads[n] + pads[n + 2] - span
        if room % strides[n]:
            raise NotExpressible("columns that leave a rest", node.op)
        sides.append(room // strides[n] + 1)
    grid = x.reshape(len(x), x.shape[1], *sides)
    cuts = [(pads[n], pads[n + 2]) for n in range(2)]
    layers = transposed(
        few, with_gaps(kernel, dilations).shape[:2], strides, cuts, bias=False
    )
    return [
        one_pass(
            "conv2d_transpose",
            ZEROS,
            layers,
            to_image(grid),
            lambda y: y.transpose(0, 3, 1, 2),
            {"conv2d_transpose_1/kernel": with_gaps(kernel, dilations)},
        )
    ]
