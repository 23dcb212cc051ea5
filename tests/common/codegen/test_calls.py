"""Calls and code: constructors with their arguments, not yet called."""

import pytest

from framework_parity.common.codegen.calls import Code, call


def test_nested_calls_are_evaluated_first() -> None:
    inner = call(int, "3")
    assert call(max, inner, 2).construct() == 3
    assert call(dict, a=inner).construct() == {"a": 3}


def test_call_passes_runtime_arguments_first() -> None:
    assert call(divmod, 3).construct(10) == (3, 1)


def test_call_constructs_a_new_object_each_time() -> None:
    made = call(list)
    assert made.construct() is not made.construct()


def test_code_is_evaluated_with_its_names_and_keeps_its_formula() -> None:
    code = Code("lambda x: of(x, 2)", {"of": max}, "maximum(x, 2)")
    function = call(dict, f=code).construct()["f"]
    assert (function(1), function(3)) == (2, 3)
    assert function.formula == "maximum(x, 2)"


def test_code_sees_only_its_given_names() -> None:
    with pytest.raises(NameError):
        Code("lambda x: abs(x)", {}, "abs(x)").construct()(1)
