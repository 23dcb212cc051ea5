"""An element has the same path in every package."""

import sys
import types
from typing import Any

import pytest

from framework_parity.common.codegen.lookup import function_for
from framework_parity.common.spec.layers.activations import Relu, Tanh


@pytest.fixture
def relu(monkeypatch: pytest.MonkeyPatch) -> object:
    """Make a backend that has a function for ReLU, and misspells tanh."""
    module: Any = types.ModuleType("activations")
    relu = module.relu = lambda spec, shape: None
    module.tahn = lambda spec, shape: None
    name = "framework_parity.some_impl.layers.activations"
    monkeypatch.setitem(sys.modules, name, module)
    for parent in ("some_impl", "some_impl.layers"):
        package = types.ModuleType(parent)
        package.__path__ = []
        monkeypatch.setitem(sys.modules, f"framework_parity.{parent}", package)
    return relu


def test_function_is_found_at_the_path_of_its_element(relu: object) -> None:
    assert function_for("some_impl", Relu) is relu


def test_missing_function_names_backend_file_and_nearest(
    relu: object,
) -> None:
    with pytest.raises(LookupError) as caught:
        function_for("some_impl", Tanh)
    message = str(caught.value)
    assert "some_impl has no 'tanh'" in message
    assert "some_impl/layers/activations.py" in message
    assert "did you mean 'tahn'" in message


def test_missing_file_is_named(relu: object) -> None:
    with pytest.raises(LookupError) as caught:
        function_for("some_impl.introspect", Tanh)
    message = str(caught.value)
    assert "some_impl.introspect has no 'tanh'" in message
    assert "some_impl/introspect/layers/activations.py" in message
