"""The translation of ONNX's cases into this project's language.

It does not use the expected values, except a dropout's mask.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from tests.external.calculations import Arrays
from tests.external.onnx_cases import (
    attention,
    blocks,
    convolution,
    elementwise,
    layers,
    normalization,
    recurrence,
    resizing,
    structure,
    tables,
    training,
    windows,
)
from tests.external.onnx_cases.case import (
    FLOATS,
    FORMULA,
    ONE_ROW,
    Case,
    Node,
    NotExpressible,
    Way,
    in_precision,
)

Values = dict[str, Any]

POOLS = {
    "AveragePool": windows.pool,
    "MaxPool": windows.pool,
    "LpPool": windows.lp_pool,
    "GlobalAveragePool": windows.global_pool,
    "GlobalMaxPool": windows.global_pool,
}
PLAIN = {
    "Conv": convolution.conv,
    "ConvTranspose": convolution.conv_transpose,
    "CausalConvWithState": convolution.causal_conv,
    "Gemm": layers.gemm,
    "BatchNormalization": normalization.batch_norm,
    "InstanceNormalization": normalization.instance_norm,
    "MeanVarianceNormalization": normalization.mean_variance,
    "LayerNormalization": normalization.layer_norm,
    "GroupNormalization": normalization.group_norm,
    "RMSNormalization": normalization.rms_norm,
    "LpNormalization": normalization.lp_norm,
    "CumSum": recurrence.running_sum,
    "Gather": tables.gather,
    "OneHot": tables.one_hot,
    "Pad": resizing.pad,
    "CenterCropPad": resizing.center_crop_pad,
    "Slice": resizing.cut,
    "Split": resizing.split,
    "Resize": resizing.resize,
    "Upsample": resizing.resize,
    "Expand": resizing.expand,
    "Tile": resizing.tile,
    "SpaceToDepth": blocks.space_to_depth,
    "DepthToSpace": blocks.depth_to_space,
    "Col2Im": blocks.columns_to_image,
    "Flatten": structure.flatten,
    "Concat": structure.concat,
    **dict.fromkeys(("Add", "Sub", "Sum", "Mean"), structure.add),
    **dict.fromkeys(("Max", "Min"), structure.extreme),
    **dict.fromkeys(structure.REDUCTIONS, structure.reduce),
    "Momentum": training.momentum,
    "Adagrad": training.adagrad,
    "Adam": training.adam,
    **POOLS,
}
WITH_CASE = {
    "PRelu": layers.prelu,
    "Dropout": training.dropout,
    **dict.fromkeys(recurrence.KINDS, recurrence.recurrent),
    **dict.fromkeys(("Attention", "FlexAttention"), attention.attention),
    "SoftmaxCrossEntropyLoss": training.cross_entropy,
}


def translate(case: Case, dtype: str) -> list[Way]:
    """Return the ways to write a case in one precision.

    Raises:
        NotExpressible: if there is none.
    """
    values = in_precision(case, dtype)
    if len(case.nodes) > 1:
        return several(case, values)
    [node] = case.nodes
    return single(case, node, values)


def single(case: Case, node: Node, values: Values) -> list[Way]:
    """Return the ways to write a graph of one operator."""
    first = next((name for name in node.inputs if name), None)
    x = None if first is None else values.get(first)
    if isinstance(x, str):
        raise NotExpressible("a type that is no float", x)
    if node.op in elementwise.OPERATORS:
        if x is None or x.dtype.name not in FLOATS:
            kind = "a sequence" if x is None else x.dtype.name
            raise NotExpressible("a type that is no float", kind)
        return elementwise.activation(case, node, values)
    if node.op == "Softmax":
        return elementwise.softmax(node, values, case.opset, [])
    if node.op == "LogSoftmax":
        return elementwise.log_softmax(node, values, case.opset)
    if node.op == "MatMul":
        return layers.matmul(*(values[name] for name in node.inputs))
    if node.op in WITH_CASE:
        return WITH_CASE[node.op](case, node, values)
    if node.op in PLAIN:
        return PLAIN[node.op](node, values)
    raise NotExpressible(missing(node.op), node.op)


def several(case: Case, values: Values) -> list[Way]:
    """Return the ways to write a graph of several operators."""
    first, *rest = case.nodes
    if case.ops == "Neg+Softmax":
        before = [structure.MINUS]
        moved = replace(rest[0], inputs=first.inputs)
        return elementwise.softmax(moved, values, case.opset, before)
    if case.ops == "Abs+Constant+Add+Div":
        return elementwise.elementwise(values[first.inputs[0]], ["softsign"])
    constants = {
        node.outputs[0]: node.attributes["value"]
        for node in case.nodes
        if node.op == "Constant"
    }
    if case.ops == "Constant+Add":
        [(name, constant)] = constants.items()
        [other] = [n for n in rest[0].inputs if n != name]
        text = f"x + {elementwise.single(constant)}"
        return elementwise.elementwise(
            values[other], [{"custom": text}], FORMULA
        )
    if case.ops == "Constant+Gemm":
        return layers.gemm(rest[0], constants | values)
    if case.ops == "Transpose+MatMul":
        x, kernel = (values[name] for name in case.inputs)
        return layers.matmul(x, np.ascontiguousarray(kernel.T))
    if case.ops == "Unsqueeze+AveragePool+Squeeze":
        # The image gets a second side of size one, which is removed again.
        x = values[first.inputs[0]][..., None]
        ways = windows.pool(rest[0], {rest[0].inputs[0]: x})
        return [_of_one_column(way) for way in ways]
    if case.ops == "Gemm+Gemm":
        return layers.gemm_twice(case, values)
    if case.ops == "Constant+Tile":
        [x] = (values[name] for name in case.inputs)
        return resizing.copies(
            x, [int(n) for n in constants[rest[0].inputs[1]]]
        )
    if case.ops == "Constant+Reshape+Constant+Tile":
        shape, counts = (constants[case.nodes[n].inputs[1]] for n in (1, 3))
        x = values[case.inputs[0]].reshape(shape)
        return resizing.copies(x, [int(n) for n in counts])
    if case.ops == "Constant+Reshape+Transpose+Constant+Reshape":
        return blocks.pixel_shuffle(case, constants, values)
    raise NotExpressible("several operators that make no layer", case.ops)


def _of_one_column(way: Way) -> Way:
    def join(results: list[Arrays]) -> dict[int, np.ndarray]:
        return {0: way.join(results)[0][..., 0]}

    return replace(way, how=ONE_ROW, join=join)


def missing(op: str) -> str:
    """Return the group of an operator that the language lacks."""
    kinds = {
        "attention, recurrence, positions": (
            "LinearAttention RotaryEmbedding TensorScatter SwiGLU"
        ),
        "other normalisations": "LRN",
        "other windows": (
            "ConvInteger QLinearConv DeformConv MaxUnpool RoiAlign "
            "GlobalLpPool"
        ),
        "other losses": "NegativeLogLikelihoodLoss Hardmax",
        "a function that jumps": (
            "ThresholdedRelu Sign Ceil Floor Round IsInf IsNaN Binarizer"
        ),
        "products of several inputs": (
            "Mul Div Mod Einsum Det MatMulInteger QLinearMatMul CumProd Trilu"
        ),
        "other reductions": "ReduceProd ArgMax ArgMin TopK",
        "padding and resizing of images": (
            "GridSample AffineGrid ImageDecoder"
        ),
    }
    for kind, ops in kinds.items():
        if op in ops.split():
            return kind
    return "shapes, indices, types, logic, text, signals, control"
