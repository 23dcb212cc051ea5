"""Calls, and the phrase book that a backend's module is."""

import types

import pytest

from common.activations import Relu, Tanh
from common.calls import Call, Code, call, phrase


def book(**functions: object) -> types.ModuleType:
    module = types.ModuleType("some_impl.activations")
    vars(module).update(functions)
    return module


def test_a_call_is_performed_from_the_inside_out() -> None:
    inner = call(int, "3")
    assert call(max, inner, 2).perform() == 3
    assert call(dict, a=inner).perform() == {"a": 3}


def test_a_call_takes_what_only_exists_now_first() -> None:
    assert call(divmod, 3).perform(10) == (3, 1)


def test_a_call_is_made_anew_each_time() -> None:
    made = call(list)
    assert made.perform() is not made.perform()


def test_code_is_performed_in_its_names_and_knows_its_formula() -> None:
    code = Code("lambda x: of(x, 2)", {"of": max}, "maximum(x, 2)")
    function = call(dict, f=code).perform()["f"]
    assert (function(1), function(3)) == (2, 3)
    assert function.formula == "maximum(x, 2)"


def test_code_has_no_other_names_than_its_own() -> None:
    with pytest.raises(NameError):
        Code("lambda x: abs(x)", {}, "abs(x)").perform()(1)


def test_a_phrase_is_the_function_of_the_kinds_name() -> None:
    def relu(spec: Relu, shape: object) -> Call:
        return call(str, shape)

    assert phrase(book(relu=relu), Relu()) is relu


def test_a_missing_phrase_names_backend_kind_file_and_nearest() -> None:
    with pytest.raises(LookupError) as caught:
        phrase(book(tahn=None), Tanh())
    message = str(caught.value)
    assert "some_impl has no 'tanh'" in message
    assert "some_impl/activations.py" in message
    assert "did you mean 'tahn'" in message
