"""Formulas are parsed, evaluated and differentiated correctly.

Invalid formulas are in `tests/malformed.py`; that both frameworks agree with
these values is tested with `tests/cases.py`.
"""

import ast
import contextlib
import math
import time
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given
from pydantic_core import PydanticCustomError
from scipy import special

from framework_parity.common.spec.formulas import (
    CONSTANTS,
    FUNCTIONS,
    evaluate,
    read,
    translated,
)
from framework_parity.common.spec.layers.activations import Custom
from tests.cases import CASES
from tests.tolerances import ROUNDING, assert_close

WIDTH = 1e-6

# An independent implementation: Python's own grammar over these names.
NUMPY: dict[str, Any] = {
    **{
        name: getattr(np, name)
        for name in FUNCTIONS
        if name not in ("erf", "relu", "sigmoid", "softplus")
    },
    **CONSTANTS,
    "erf": special.erf,
    "relu": lambda a: np.maximum(a, 0.0),
    "sigmoid": special.expit,
    "softplus": lambda a: np.logaddexp(0.0, a),
}

# Functions that are written around their arguments.
PLAIN = {
    name: f"{name}(a{', b' * (count - 1)})"
    for name, count in FUNCTIONS.items()
} | {"number": "number(a)"}


def by_numpy(formula: str, x: Any) -> Any:
    with np.errstate(all="ignore"):
        return eval(formula, {**NUMPY, "x": x})  # noqa: S307 - drawn below


leaves = st.one_of(
    st.just("x"),
    st.sampled_from(["pi", "e", "2", "0.1", "1.5e-1"]),
    st.floats(0.01, 9).map(lambda value: f"{value:.3g}"),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds(
            "({}) ** {}".format, inner, st.sampled_from(["2", "3", "-1", "x"])
        ),
        st.builds("-({})".format, inner),
        *(
            st.builds((name + "({})").format, inner)
            for name, count in FUNCTIONS.items()
            if count == 1
        ),
        *(
            st.builds((name + "({}, {})").format, inner, inner)
            for name, count in FUNCTIONS.items()
            if count == 2
        ),
    ),
    max_leaves=5,
)


@given(trees, st.floats(-3, 3))
def test_formula_matches_numpy_and_finite_differences(
    formula: str, at: float
) -> None:
    tree = ast.parse(formula, mode="eval").body
    x = np.array([at])
    result = evaluate(tree, x)
    assume(np.isfinite(result).all() and np.abs(result).max() < 1e3)
    value, (narrow, wide) = (
        by_numpy(formula, x) + 0 * x,
        (
            (by_numpy(formula, x + h) - by_numpy(formula, x - h)) / (2 * h)
            + 0 * x
            for h in (WIDTH, 2 * WIDTH)
        ),
    )
    np.testing.assert_allclose(result[0], value, rtol=1e-9, atol=1e-12)
    # At a kink, a pole, or by rounding, differences of two widths disagree.
    assume(np.isfinite([narrow, wide]).all())
    assume(np.abs(narrow - wide).max() < 1e-6)
    np.testing.assert_allclose(result[1], narrow, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("formula", "x", "value", "slope"),
    [
        (
            "tanh(sqrt(softplus(x)))",
            0.0,
            0.681845327377341,
            0.1606762314335238,
        ),
        ("-x ** 2", 3.0, -9.0, -6.0),
        ("2 ** -x", 1.0, 0.5, -0.5 * math.log(2)),
        ("x ** 3 ** 2 / 3", 1.0, 1 / 3, 3.0),
        ("x - 1 - 2", 1.0, -2.0, 1.0),
        ("12 / x / 3", 2.0, 2.0, -1.0),
        ("e ** x", 1.0, math.e, math.e),
        ("sin(pi * x)", 1.0, 0.0, -math.pi),
        ("abs(x)", 0.0, 0.0, 0.0),
        ("relu(x)", 0.0, 0.0, 0.0),
        ("maximum(x, 0)", 0.0, 0.0, 0.5),
        ("maximum(0, x)", 0.0, 0.0, 0.5),
        ("minimum(x, 3 * x)", 0.0, 0.0, 2.0),
        ("maximum(x, x)", 1.0, 1.0, 1.0),
        ("sigmoid(x)", -1000.0, 0.0, 0.0),
        ("softplus(x)", 1000.0, 1000.0, 1.0),
        ("x ** 1", 0.0, 0.0, 1.0),
        ("(x * x + 1) ** x", 0.0, 1.0, 0.0),
    ],
)
def test_a_formula_has_its_known_value_and_slope(
    formula: str, x: float, value: float, slope: float
) -> None:
    tree = ast.parse(formula, mode="eval").body
    result = evaluate(tree, np.array([x]))
    assert result[0] == pytest.approx(value, rel=1e-14, abs=1e-15)
    assert result[1] == pytest.approx(slope, rel=1e-14, abs=1e-15)


@given(trees)
def test_what_is_translated_means_the_same(formula: str) -> None:
    try:
        tree = read(formula)
    except PydanticCustomError:
        assume(False)
    x = np.linspace(-3, 3, 31)
    code = translated(tree, PLAIN)
    names = {**NUMPY, "number": np.float64}
    with np.errstate(all="ignore"):
        function = eval(code, names)  # noqa: S307 - made of a checked tree
        assert_close(function(x), evaluate(tree, x)[0], ROUNDING)


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("x*tanh( x )", "x * tanh(x)"),
        ("  x + +x", "x + x"),
        ("(-0.5) ** 2 * x", "0.25 * x"),
        ("2 ** x - (-2.5)", "2 ** x - -2.5"),
        ("maximum(x, -3)", "maximum(x, number(-3))"),
        ("sqrt(2 / pi) * x", "0.7978845608028654 * x"),
        ("(x + 1) * -(x - 2)", "(x + 1) * -(x - 2)"),
        ("x / (2 * e)", f"x / {2 * math.e!r}"),
    ],
)
def test_code_reads_as_a_person_would_write_it(
    formula: str, code: str
) -> None:
    assert translated(read(formula), PLAIN) == f"lambda x: {code}"


@pytest.mark.parametrize(
    "formula",
    [
        "9**9**9**9 * x",
        "x ** 9 ** 9 ** 9",
        "**".join(["x"] + ["99"] * 60),
        "(" * 99 + "x" + ")" * 99,
        "-" * 199 + "x",
        "maximum(" * 18 + "x" + ", x)" * 14,
    ],
)
def test_no_formula_hangs(formula: str) -> None:
    start = time.monotonic()
    with contextlib.suppress(PydanticCustomError):
        translated(read(formula), PLAIN)
    assert time.monotonic() - start < 1.0


def test_refused_formula_is_not_executed(tmp_path: Any) -> None:
    file = tmp_path / "touched"
    attempt = f"__import__('pathlib').Path('{file}').touch()"
    with pytest.raises(PydanticCustomError):
        read(attempt)
    assert not file.exists()


def test_longest_formula_is_read_and_translated() -> None:
    formula = "+".join("x" * 100)
    value, slope = evaluate(read(formula), np.array([2.0]))
    assert (value.item(), slope.item()) == (200.0, 100.0)
    assert len(translated(read(formula), PLAIN)) > 200


def test_every_function_is_a_case_for_both_backends() -> None:
    """What is not in the table is not tested anywhere."""
    formulas = [
        layer.formula
        for case in CASES
        for layer in case.arm.layers
        if isinstance(layer, Custom)
    ]
    used = {
        node.id if isinstance(node, ast.Name) else type(node).__name__
        for formula in formulas
        for node in ast.walk(read(formula))
    }
    operators = {"Add", "Sub", "Mult", "Div", "Pow", "USub", "UAdd"}
    assert used >= {*FUNCTIONS, *CONSTANTS, *operators}
