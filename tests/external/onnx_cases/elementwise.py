"""Elementwise operators: activations, and custom formulas."""

from dataclasses import replace
from typing import Any

import numpy as np

from tests.external.calculations import Forward
from tests.external.onnx_cases.case import (
    DIRECT,
    FORMULA,
    LAYOUT,
    Case,
    Node,
    NotExpressible,
    Way,
)
from tests.external.onnx_cases.layout import (
    as_rows,
    from_image,
    one_pass,
    rows_along,
    to_image,
)

WORDS = {
    "Relu": "relu",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Mish": "mish",
    "Identity": "linear",
}
# A formula has to be finite from -5 to 5. Where a function is not, its formula
# is finite there, and equal to it at the inputs of the case.
FORMULAS = {
    "Abs": "abs(x)",
    "Neg": "-x",
    "Exp": "exp(x)",
    "Cos": "cos(x)",
    "Sin": "sin(x)",
    "Cosh": "cosh(x)",
    "Sinh": "sinh(x)",
    "Erf": "erf(x)",
    "Atan": "arctan(x)",
    "Tan": "sin(x) / cos(x)",
    "Asinh": "log(x + sqrt(x * x + 1))",
    "Sqrt": "sqrt(maximum(x, 1e-36))",
    "Log": "log(maximum(x, 1e-30))",
    "Reciprocal": "x / maximum(x * x, 1e-30)",
    "Acosh": "log(maximum(x + sqrt(maximum(x * x - 1, 1e-36)), 1e-30))",
    "Atanh": "log(maximum(1 + x, 1e-30) / maximum(1 - x, 1e-30)) / 2",
    "Asin": "arctan(x / sqrt(maximum((1 - x) * (1 + x), 1e-36)))",
    "Acos": ("pi / 2 - arctan(x / sqrt(maximum((1 - x) * (1 + x), 1e-36)))"),
}
OPERATORS = {
    *WORDS,
    *FORMULAS,
    *("LeakyRelu", "Elu", "Selu", "HardSwish", "Gelu", "Swish"),
    *("Celu", "HardSigmoid", "Shrink", "Clip", "Pow"),
}


def elementwise(
    x: np.ndarray,
    layers: list[Any],
    how: str = DIRECT,
    *,
    prefix: str = "",
    double: bool = True,
) -> list[Way]:
    """Return the ways to apply elementwise layers to an array.

    Args:
        x: of any shape.
        layers: as they are written.
        how: how close it is to the case.
        prefix: of the ways' names.
        double: whether the double-precision result is used.
    """
    rows = as_rows(x)
    ways = [
        one_pass(
            f"{prefix}vectors",
            how,
            layers,
            rows,
            lambda y: y.reshape(x.shape),
            double=double,
        )
    ]
    if x.ndim in (3, 4):
        image = to_image(x) if x.ndim == 4 else x[None]
        ways.append(
            one_pass(
                f"{prefix}images",
                how,
                layers,
                image,
                lambda y: from_image(y, x) if x.ndim == 4 else y[0],
                double=double,
            )
        )
    return ways


def single(value: Any) -> str:
    """Return a number as text in a formula."""
    return f"({float(value)!r})"


def formula(case: Case, node: Node, values: dict[str, Any]) -> str:
    """Return a formula for the operator.

    Raises:
        NotExpressible: if there is none.
    """
    if node.op in FORMULAS:
        if node.op in ("Sqrt", "Log") and values[node.inputs[0]].min() < 0:
            raise NotExpressible("a function outside its domain", node.op)
        return FORMULAS[node.op]
    if node.op == "Celu":
        a = single(node.number("alpha", 1.0))
        return f"maximum(x, 0) + minimum(0, {a} * (exp(x / {a}) - 1))"
    if node.op == "HardSigmoid":
        slope = single(node.number("alpha", 0.2))
        middle = single(node.number("beta", 0.5))
        return f"maximum(0, minimum(1, {slope} * x + {middle}))"
    if node.op == "Shrink":
        edge = node.get("lambd", 0.5)
        if node.get("bias", 0.0) != edge:
            raise NotExpressible("a function that jumps", "hard Shrink")
        return f"relu(x - {single(edge)}) - relu(-x - {single(edge)})"
    if node.op == "Clip":
        return clip(node, values)
    assert node.op == "Pow", node.op
    exponent = values[node.inputs[1]]
    if np.size(exponent) != 1:
        raise NotExpressible("a function of two arrays", "Pow")
    return f"x ** {single(np.asarray(exponent).item())}"


def clip(node: Node, values: dict[str, Any]) -> str:
    """Return a formula that clips below and above."""
    names = node.inputs[1:]
    low = values.get(names[0]) if names and names[0] else node.get("min")
    high = values.get(names[1]) if names[1:] and names[1] else node.get("max")
    text = "x"
    if low is not None:
        text = f"maximum({text}, {single(low)})"
    if high is not None:
        text = f"minimum({text}, {single(high)})"
    return text


def activation(case: Case, node: Node, values: dict[str, Any]) -> list[Way]:
    """Return the ways to write an operator of one number."""
    x = values[node.inputs[0]]
    if node.op in WORDS:
        return elementwise(x, [WORDS[node.op]])
    if node.op == "LeakyRelu":
        return elementwise(x, [{"leaky_relu": node.number("alpha", 0.01)}])
    if node.op == "Elu":
        return elementwise(x, [{"elu": float(node.get("alpha", 1.0))}])
    if node.op == "Gelu":
        tanh = node.get("approximate") == "tanh"
        return elementwise(x, [{"gelu": "tanh" if tanh else "erf"}])
    if node.op == "Swish":
        beta = float(node.get("alpha", 1.0))
        ways = elementwise(x, [{"swish": beta}])
        if beta == 1.0:
            ways += elementwise(x, ["silu"], prefix="silu, ")
        return ways
    if node.op == "HardSwish":
        sixth = single(np.float32(1 / 6))
        text = f"x * maximum(0, minimum(1, {sixth} * x + 0.5))"
        return with_float32_constants(x, text, "hard_swish")
    if node.op == "Selu":
        return selu(node, x)
    text = formula(case, node, values)
    if text == "x":
        return elementwise(x, ["linear"])
    return elementwise(x, [{"custom": text}], FORMULA)


def selu(node: Node, x: np.ndarray) -> list[Way]:
    """Return the ways to write a Selu; its constants are float32s."""
    alpha = node.number("alpha", 1.67326319217681884765625)
    gamma = node.number("gamma", 1.05070102214813232421875)
    text = (
        f"{single(gamma)} * (maximum(x, 0)"
        f" + minimum(0, {single(alpha)} * (exp(x) - 1)))"
    )
    ways = with_float32_constants(x, text, "selu")
    paper = abs(alpha - 1.6732632) < 1e-6 and abs(gamma - 1.050701) < 1e-6
    return ways if paper else [way for way in ways if way.how == FORMULA]


def with_float32_constants(x: np.ndarray, text: str, word: str) -> list[Way]:
    """Return a formula with ONNX's constants, and the language's element.

    ONNX has them in float32; the element is compared in float32 only.
    """
    word_ways = elementwise(x, [word], prefix=f"{word}, ", double=False)
    return elementwise(x, [{"custom": text}], FORMULA) + word_ways


def softmax(
    node: Node, values: dict[str, Any], opset: int, first: list[Any]
) -> list[Way]:
    """Return the ways to write a softmax along one axis.

    Args:
        node: the operator.
        values: the arrays.
        opset: of the case; before 13 it runs over several axes at once.
        first: layers in front of it.
    """
    x = values[node.inputs[0]]
    axis = node.get("axis", 1 if opset < 13 else -1) % x.ndim
    if opset < 13 and axis != x.ndim - 1:
        raise NotExpressible("a softmax over several axes", "before opset 13")
    return along_axis(x, axis, "softmax", first)


def log_softmax(node: Node, values: dict[str, Any], opset: int) -> list[Way]:
    """Return the ways to write the logarithm of a softmax."""
    ways = softmax(node, values, opset, [])
    x = values[node.inputs[0]]
    axis = node.get("axis", 1 if opset < 13 else -1) % x.ndim
    [vectors] = [way for way in ways if way.name == "vectors"]
    layers = ["softmax", {"custom": "log(maximum(x, 1e-30))"}]
    [item] = vectors.items
    assert isinstance(item, Forward)
    of_softmax = replace(
        vectors,
        name="softmax and log",
        items=[replace(item, layers=layers)],
        how=FORMULA,
    )
    return [*along_axis(x, axis, "log_softmax", []), of_softmax]


def along_axis(
    x: np.ndarray, axis: int, word: str, first: list[Any]
) -> list[Way]:
    """Return the ways to apply a layer along an axis.

    Args:
        x: the array.
        axis: of the array.
        word: the layer.
        first: layers in front of it.
    """
    layers = [*first, word]
    rows, undo = rows_along(x, axis)
    how = DIRECT if axis == x.ndim - 1 else LAYOUT
    ways = [one_pass("vectors", how, layers, rows, undo)]
    if x.ndim in (3, 4):
        moved = np.ascontiguousarray(np.moveaxis(x, axis, -1))
        ways.append(
            one_pass(
                "images, channels last",
                how,
                layers,
                moved if x.ndim == 4 else moved[None],
                lambda y: np.moveaxis(y.reshape(moved.shape), -1, axis),
            )
        )
    names = {3: ("time", "channels"), 4: ("height", "width")}.get(x.ndim, ())
    if 0 < axis <= len(names):
        name = names[axis - 1]
        layers = [*first, {word: name}]
        ways.append(one_pass(name, DIRECT, layers, x, lambda y: y))
    return ways
