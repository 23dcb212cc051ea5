"""Formulas: functions of one variable x, in Python's notation.

`x * tanh(sqrt(softplus(x)))` is parsed into a tree of numbers, x, arithmetic
and the functions below; the text itself is never executed. The tree gives the
value and the exact derivative, in NumPy, and the code of the same function in
a framework.
"""

import ast
import math
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NoReturn, TypeAlias

import numpy as np
from pydantic_core import PydanticCustomError

from framework_parity.common.reference.rounding import EXACT, Rounding, roughly
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.errors import names, nearest, shown
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.names.framework_names import kind_hint

Dual: TypeAlias = tuple[Array, Array]
"""A value with its derivative by x, for forward-mode differentiation."""

LONGEST, DEEPEST = 200, 100

# It contains 0 and every multiple of 0.1, where kinks are likely.
GRID: Array = np.arange(-1000, 1001) / 200.0

CONSTANTS = {"pi": math.pi, "e": math.e}

erf = np.vectorize(math.erf, otypes=[np.float64])


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), without overflow on either side."""
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1.0, small) / (1.0 + small))


def softplus(x: Array) -> Array:
    """Return log(1 + exp(x)), without overflow on either side."""
    return np.asarray(np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))))


def tanh_slope(x: Array) -> Array:
    """Return 1 - tanh(x)², without the cancellation of that difference.

    >>> float(tanh_slope(np.array(20.0))), 1 - math.tanh(20.0) ** 2
    (1.6993417021166355e-17, 0.0)
    """
    small = np.exp(-2.0 * np.abs(x))
    return np.asarray(4.0 * small / (1.0 + small) ** 2)


Rule: TypeAlias = tuple[Callable[[Array], Array], Callable[[Array], Array]]

UNARY: dict[str, Rule] = {
    "abs": (np.abs, np.sign),
    "arctan": (np.arctan, lambda a: 1.0 / (1.0 + a * a)),
    "cos": (np.cos, lambda a: -np.sin(a)),
    "cosh": (np.cosh, np.sinh),
    "erf": (erf, lambda a: 2.0 / math.sqrt(math.pi) * np.exp(-a * a)),
    "exp": (np.exp, np.exp),
    "expm1": (np.expm1, np.exp),
    "log": (np.log, lambda a: 1.0 / a),
    "log1p": (np.log1p, lambda a: 1.0 / (1.0 + a)),
    "relu": (lambda a: np.maximum(a, 0.0), lambda a: np.heaviside(a, 0.0)),
    "sigmoid": (sigmoid, lambda a: sigmoid(a) * sigmoid(-a)),
    "sin": (np.sin, np.cos),
    "sinh": (np.sinh, np.cosh),
    "softplus": (softplus, sigmoid),
    "sqrt": (np.sqrt, lambda a: 0.5 / np.sqrt(a)),
    "tanh": (np.tanh, tanh_slope),
}
"""Each function of one argument, with its derivative.

The derivatives of `abs` and `relu` at 0 are 0, in both frameworks.
"""

# The largest term of a derivative that a framework computes from the value y:
# 1 - y² for tanh, where the square doubles the error, and y (1 - y).
SLOPE_TERMS: dict[str, Callable[[Array], Array]] = {
    "tanh": lambda a: np.full_like(a, 2.0),
    "sigmoid": sigmoid,
}

BINARY: dict[str, Callable[[Dual, Dual], Dual]] = {
    "maximum": lambda a, b: _chosen(np.maximum, np.heaviside, a, b),
    "minimum": lambda a, b: _chosen(
        np.minimum, lambda d, tie: np.heaviside(-d, tie), a, b
    ),
}
"""Where the two arguments are equal, the derivative is the mean of both.

This is PyTorch's convention. Keras on TensorFlow uses the derivative of the
first argument, so that maximum(x, 0) and maximum(0, x) would differ at 0.
"""

FUNCTIONS = {**dict.fromkeys(UNARY, 1), **dict.fromkeys(BINARY, 2)}
"""Each function with the number of its arguments."""

ALLOWED = (
    "numbers, x, pi, e, + - * / **, parentheses and the functions "
    f"{names(FUNCTIONS)}"
)


@lru_cache(maxsize=256)
def read(text: str) -> ast.expr:
    """Return the syntax tree of a formula, validated.

    Args:
        text: the formula.

    Returns:
        The tree, for `evaluate` and `translated`.

    Raises:
        PydanticCustomError: if the formula contains anything else than
            `ALLOWED`, does not depend on x, or has no finite value or
            derivative at one of 2001 points from -5 to 5.

    >>> ast.unparse(read("x*tanh( x )"))
    'x * tanh(x)'
    >>> read("x.real")
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.PydanticCustomError: got 'x.real', ...
    """
    if len(text) > LONGEST:
        _refuse(f"has {len(text)} characters, expected at most {LONGEST}")
    tree = _parsed(text)
    _check(tree, 0)
    for constant in _constants(tree):
        value = _constant_value(constant)
        if not math.isfinite(value):
            source = shown(ast.unparse(constant))
            _refuse(f"{source} is {value}, expected a finite number")
    if not _depends(tree):
        _refuse(f"got {shown(text)}, which does not depend on x")
    _check_on_grid(text, tree)
    return tree


def evaluate(tree: ast.expr, x: Array, rounding: Rounding = EXACT) -> Dual:
    """Return the value and the derivative of a formula at x.

    Args:
        tree: the formula, as `read` returns it.
        x: the points, an array of any shape.
        rounding: the pattern of the rounding errors, one unit in the
            last place of each operation; see `common.reference.rounding`.
            With 0 there are none.

    Returns:
        Two float64 arrays of the shape of `x`.

    >>> value, slope = evaluate(read("x ** 3"), np.array([2.0]))
    >>> value.item(), slope.item()
    (8.0, 12.0)
    """
    with np.errstate(all="ignore"):
        return _dual(tree, np.asarray(x, np.float64), rounding)


def translated(tree: ast.expr, words: Mapping[str, str]) -> str:
    """Return the source of a formula as a function of a framework.

    Args:
        tree: the formula, as `read` returns it.
        words: for each function, the framework's expression in the arguments
            `a` and `b`; for `number`, the expression for a number `a` among
            the arguments of a function.

    Returns:
        The source of a lambda expression.

    >>> words = {"maximum": "ops.maximum(a, b)", "number": "a"}
    >>> translated(read("maximum(x / (2 * pi), -1)"), words)
    'lambda x: ops.maximum(x / 6.283185307179586, -1)'
    """
    return f"lambda x: {ast.unparse(_translated(tree, words))}"


def _refuse(text: str) -> NoReturn:
    raise PydanticCustomError("formula", "{text}", {"text": text})


def _parsed(text: str) -> ast.expr:
    if "#" in text:
        _refuse(f"got {shown(text)}; a formula holds no comment")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = getattr(error, "offset", None)
        place = f" at character {at}" if at else ""
        _refuse(f"got {shown(text)}, which is no formula{place}: {ALLOWED}")


def _check(node: ast.AST, depth: int) -> None:
    if depth > DEEPEST:
        _refuse(f"is nested more than {DEEPEST} deep")
    match node:
        case ast.Constant(value=int() | float() as value):
            if isinstance(value, bool):
                _refuse_part(node)
        case ast.Name(id=name):
            _check_name(name)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=inner):
            _check(inner, depth + 1)
        case ast.BinOp(op=ast.BitXor()):
            _refuse(f"got {shown(ast.unparse(node))}; a power is written **")
        case ast.BinOp(op=op) if type(op) in _OPERATORS:
            _check(node.left, depth + 1)
            _check(node.right, depth + 1)
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            _check_call(name, len(node.args))
            for argument in node.args:
                _check(argument, depth + 1)
        case _:
            _refuse_part(node)


def _refuse_part(node: ast.AST) -> NoReturn:
    _refuse(f"got {shown(ast.unparse(node))}, expected only {ALLOWED}")


def _check_name(name: str) -> None:
    if name in FUNCTIONS:
        _refuse(f"got {name!r} without its arguments in parentheses")
    known = ["x", *CONSTANTS]
    if name not in known:
        close = nearest(name, [*known, *FUNCTIONS])
        _refuse(f"got {shown(name)}, expected only {ALLOWED}{close}")


def _check_call(name: str, arguments: int) -> None:
    if name not in FUNCTIONS:
        _refuse(
            kind_hint(name, FUNCTIONS, "function")
            or f"got {shown(name)}, expected one of the functions "
            f"{names(FUNCTIONS)}{nearest(name, FUNCTIONS)}"
        )
    wanted = FUNCTIONS[name]
    if arguments != wanted:
        got = counted(arguments, "argument")
        _refuse(f"got {got} of {name!r}, expected {wanted}")


def _check_on_grid(text: str, tree: ast.expr) -> None:
    value, slope = evaluate(tree, GRID)
    for what, values in ("value", value), ("slope", slope):
        bad = GRID[~np.isfinite(values)]
        if len(bad):
            at = bad[np.abs(bad).argmin()]
            _refuse(
                f"the {what} of {shown(text)} at x = {at:g} is "
                f"{values[at == GRID].item()}, expected finite numbers for "
                "all x from -5 to 5"
            )
    if (value == value[0]).all():
        _refuse(
            f"got {shown(text)}, which does not depend on x: it is "
            f"{value[0]:g} for all x from -5 to 5"
        )


def _depends(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == "x"
        for node in ast.walk(tree)
    )


def _constants(tree: ast.expr) -> list[ast.expr]:
    """Return the largest parts of a checked tree that do not contain x."""
    if not _depends(tree):
        return [tree]
    inner = (
        node
        for node in ast.iter_child_nodes(tree)
        if isinstance(node, ast.expr)
    )
    # The name of a function is a child of its call, but not a constant.
    return [
        constant
        for node in inner
        if not (isinstance(node, ast.Name) and node.id in FUNCTIONS)
        for constant in _constants(node)
    ]


def _constant_value(tree: ast.expr) -> float:
    """Return the value of a part that does not contain x."""
    return float(evaluate(tree, np.zeros(()))[0])


def _dual(node: ast.expr, x: Array, rounding: Rounding = EXACT) -> Dual:
    match node:
        case ast.Name(id="x"):
            return x, np.ones_like(x)
        case ast.Name(id=name):
            return np.full_like(x, CONSTANTS[name]), np.zeros_like(x)
        case ast.Constant(value=int() | float() as value):
            return np.full_like(x, float(value)), np.zeros_like(x)
        case ast.UnaryOp(op=op, operand=inner):
            a, da = _dual(inner, x, rounding)
            return (-a, -da) if isinstance(op, ast.USub) else (a, da)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            depend = _depends(left), _depends(right)
            powered = (
                _dual(left, x, rounding),
                _dual(right, x, rounding),
            )
            return _off(_power(*powered, *depend), rounding)
        case ast.BinOp(left=left, op=op, right=right):
            combined = (
                _dual(left, x, rounding),
                _dual(right, x, rounding),
            )
            return _off(_OPERATORS[type(op)](*combined), rounding)
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            a, da = _dual(argument, x, rounding)
            value_of, slope_of = UNARY[name]
            slope = slope_of(a)
            terms = SLOPE_TERMS.get(name)
            size = terms(a) if terms else np.abs(slope)
            return (
                roughly(value_of(a), np.abs(value_of(a)), rounding),
                roughly(slope, size, rounding) * da,
            )
        case ast.Call(func=ast.Name(id=name), args=[first, second]):
            return BINARY[name](
                _dual(first, x, rounding),
                _dual(second, x, rounding),
            )
        case _:
            raise TypeError(f"{ast.dump(node)} was not checked")


def _off(dual: Dual, rounding: Rounding) -> Dual:
    """Return the result of an operation with a rounding error."""
    value, slope = dual
    return (
        roughly(value, np.abs(value), rounding),
        roughly(slope, np.abs(slope), rounding),
    )


def _power(a: Dual, b: Dual, base: bool, exponent: bool) -> Dual:
    """Return a ** b; `base` and `exponent` are whether these depend on x.

    At a = 0 the term with the logarithm is 0, as in both frameworks.
    """
    value = a[0] ** b[0]
    slope = np.zeros_like(value)
    if base:
        slope = slope + b[0] * a[0] ** (b[0] - 1.0) * a[1]
    if exponent:
        by_exponent = value * np.log(a[0]) * b[1]
        slope = slope + np.where(a[0] == 0.0, 0.0, by_exponent)
    return value, slope


def _chosen(
    choose: Any, share: Callable[[Array, float], Any], a: Dual, b: Dual
) -> Dual:
    first = share(a[0] - b[0], 0.5)
    return choose(a[0], b[0]), first * a[1] + (1.0 - first) * b[1]


_OPERATORS: dict[type[ast.operator], Callable[[Dual, Dual], Dual]] = {
    ast.Add: lambda a, b: (a[0] + b[0], a[1] + b[1]),
    ast.Sub: lambda a, b: (a[0] - b[0], a[1] - b[1]),
    ast.Mult: lambda a, b: (a[0] * b[0], a[1] * b[0] + a[0] * b[1]),
    ast.Div: lambda a, b: (
        a[0] / b[0],
        (a[1] - a[0] / b[0] * b[1]) / b[0],
    ),
    ast.Pow: lambda a, b: _power(a, b, base=True, exponent=True),
}


def _translated(node: ast.expr, words: Mapping[str, str]) -> ast.expr:
    if not _depends(node):
        return _literal(_constant_value(node))
    match node:
        case ast.UnaryOp(op=op, operand=inner):
            inner = _translated(inner, words)
            # TensorFlow's tensors have no plus sign.
            return (
                ast.UnaryOp(op, inner) if isinstance(op, ast.USub) else inner
            )
        case ast.BinOp(left=left, op=op, right=right):
            return ast.BinOp(
                _translated(left, words), op, _translated(right, words)
            )
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _filled(
                words[name],
                [_argument(argument, words) for argument in arguments],
            )
        case _:
            return node


def _argument(node: ast.expr, words: Mapping[str, str]) -> ast.expr:
    argument = _translated(node, words)
    return argument if _depends(node) else _filled(words["number"], [argument])


def _literal(value: float) -> ast.expr:
    """Return the literal of a number, an integer if possible: 2, not 2.0."""
    size = abs(value)
    short = int(size) if size.is_integer() and size < 1e6 else size
    literal = ast.Constant(short)
    return ast.UnaryOp(ast.USub(), literal) if value < 0 else literal


def _filled(template: str, arguments: list[ast.expr]) -> ast.expr:
    filler = _Filler(dict(zip("ab", arguments, strict=False)))
    expression: ast.expr = filler.visit(ast.parse(template, mode="eval").body)
    return expression


class _Filler(ast.NodeTransformer):
    """Replace the names `a` and `b` by arguments."""

    def __init__(self, arguments: dict[str, ast.expr]) -> None:
        self.arguments = arguments

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.arguments.get(node.id, node)
