"""Products with a kernel, and learnt slopes."""

from typing import Any

import numpy as np

from tests.external.calculations import Arrays, Forward
from tests.external.onnx_cases.case import (
    DIRECT,
    EACH,
    FOLDED,
    LAYOUT,
    Case,
    Node,
    NotExpressible,
    Way,
)
from tests.external.onnx_cases.layout import (
    Undo,
    as_rows,
    from_image,
    one_pass,
    rows_along,
    to_image,
)

Values = dict[str, Any]


def dense(kernel: np.ndarray, bias: np.ndarray | None = None) -> Any:
    """Return a dense layer for this kernel, in the language."""
    units = kernel.shape[1]
    return {"dense": {"units": units, "bias": bias is not None}}


def dense_weights(kernel: np.ndarray, bias: np.ndarray | None) -> Arrays:
    """Return the weights of `dense`."""
    weights: Arrays = {"dense_1/kernel": kernel}
    return weights if bias is None else weights | {"dense_1/bias": bias}


def gemm(node: Node, values: Values) -> list[Way]:
    """Return the way to write alpha x K + beta b."""
    x, kernel = (values[name] for name in node.inputs[:2])
    x = x.T if node.get("transA") else x
    kernel = kernel.T if node.get("transB") else kernel
    alpha, beta = node.get("alpha", 1.0), node.get("beta", 1.0)
    bias = values.get(node.inputs[2]) if node.inputs[2:] else None
    if bias is not None and bias.ndim == 2 and bias.shape[0] > 1:
        raise NotExpressible("a bias of its own for each sample", "Gemm")
    if beta == 0.0:
        bias = None
    if bias is not None:
        row = np.broadcast_to(bias, (1, kernel.shape[1]))[0]
        bias = row * bias.dtype.type(beta)
    kernel = kernel * kernel.dtype.type(alpha)
    how = DIRECT if alpha == beta == 1.0 else FOLDED
    weights = dense_weights(kernel, bias)
    layers = [dense(kernel, bias)]
    return [one_pass("dense", how, layers, x, lambda y: y, weights)]


def gemm_twice(case: Case, values: Values) -> list[Way]:
    """Return the way to write x K + (x K' + b), the second with a bias."""
    first, second = case.nodes
    x, kernel = (values[name] for name in second.inputs[:2])
    if (
        second.inputs[2] != first.outputs[0]
        or first.inputs[0] != (second.inputs[0])
    ):
        raise NotExpressible("several operators that make no layer", case.ops)
    own, bias = (values[name] for name in first.inputs[1:])
    layers = [
        {
            "residual": {
                "body": [dense(kernel)],
                "shortcut": [dense(own, bias)],
            }
        }
    ]
    weights = {
        "dense_1/kernel": kernel,
        "dense_2/kernel": own,
        "dense_2/bias": bias,
    }
    return [one_pass("residual", DIRECT, layers, x, lambda y: y, weights)]


def matmul(x: np.ndarray, kernel: np.ndarray) -> list[Way]:
    """Return the way to write a product of two arrays."""
    if x.dtype.name not in ("float32", "float64"):
        raise NotExpressible("a type that is no float", x.dtype.name)
    shape = np.matmul(x, kernel).shape
    row = x[None, :] if x.ndim == 1 else x
    column = kernel[:, None] if kernel.ndim == 1 else kernel
    if column.ndim == 2:
        sequences = [
            one_pass(
                "dense, sequences",
                DIRECT,
                [dense(column)],
                x.reshape(-1, *x.shape[-2:]),
                lambda y: y.reshape(shape),
                dense_weights(column, None),
            )
        ]
        return (sequences if x.ndim > 2 else []) + [
            one_pass(
                "dense",
                DIRECT if row.ndim == 2 else LAYOUT,
                [dense(column)],
                row.reshape(-1, row.shape[-1]),
                lambda y: y.reshape(shape),
                dense_weights(column, None),
            )
        ]
    batch = np.broadcast_shapes(row.shape[:-2], column.shape[:-2])
    rows = np.broadcast_to(row, (*batch, *row.shape[-2:]))
    columns = np.broadcast_to(column, (*batch, *column.shape[-2:]))
    pairs = zip(
        rows.reshape(-1, *row.shape[-2:]),
        columns.reshape(-1, *column.shape[-2:]),
        strict=True,
    )
    items = [Forward([dense(k)], x, dense_weights(k, None)) for x, k in pairs]

    def join(results: list[Arrays]) -> dict[int, np.ndarray]:
        each = [result["outputs"] for result in results]
        return {0: np.stack(each).reshape(shape)}

    return [Way("dense, a network for each matrix", EACH, [*items], join)]


def prelu(case: Case, node: Node, values: Values) -> list[Way]:
    """Return the ways to write a learnt slope below zero."""
    x, slope = (values[name] for name in node.inputs)
    # Before opset 7, and where PyTorch wrote the case, channels are second.
    second = case.opset < 7 or case.suite != "node"
    whole: Undo = lambda y: y.reshape(x.shape)  # noqa: E731
    variants: list[tuple[str, str, str, np.ndarray, np.ndarray, Undo]] = []
    if slope.size == 1:
        slope_weights = slope.reshape(1)
        variants.append(
            ("one", DIRECT, "one", as_rows(x), slope_weights, whole)
        )
        if x.ndim == 4:
            back: Undo = lambda y: from_image(y, x)  # noqa: E731
            image = to_image(x)
            variants.append(
                ("one, images", DIRECT, "one", image, slope_weights, back)
            )
    elif second or slope.ndim == 1:
        rows, undo = rows_along(x, 1 if second else x.ndim - 1)
        kind = "per_channel"
        variants.append((f"{kind}, vectors", LAYOUT, kind, rows, slope, undo))
        image = to_image(x) if second else x.reshape(-1, *x.shape[-3:])
        back = (lambda y: from_image(y, x)) if second else whole
        variants.append((f"{kind}, images", DIRECT, kind, image, slope, back))
    if slope.shape == x.shape and x.ndim == 3:
        kind = "per_number"
        variants.append(
            (f"{kind}, images", DIRECT, kind, x[None], slope, lambda y: y[0])
        )
        flat = x.reshape(1, -1)
        slope_weights = slope.reshape(-1)
        variants.append(
            (f"{kind}, vectors", LAYOUT, kind, flat, slope_weights, whole)
        )
    return [
        one_pass(
            f"{name}, at_zero {at_zero}",
            how,
            [
                {
                    "prelu": {
                        "slopes": slopes,
                        "initial": 0.25,
                        "at_zero": at_zero,
                    }
                }
            ],
            data,
            undo,
            {"prelu_1/slope": slope_weights},
        )
        for at_zero in ("slope", "zero")
        for name, how, slopes, data, slope_weights, undo in variants
    ]
