"""Laws of emitting: the code makes what would have been built.

It runs in a namespace of its own, with nothing of this project to import.
"""

from typing import Any

import numpy as np
import pytest

from common.element import Element
from comparisons.workers import Pair
from tests.backends.examples import KINDS, examples

WIDEST = 79

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.kind())


@on_each_backend
@each_kind
def test_emitted_code_makes_what_is_built(
    kind: type[Element], backend: str, pair: Pair
) -> None:
    items = examples(kind)
    asked = pair.workers[backend].submit("emit_and_run", items=items)
    for item, seen in zip(items, asked.result(), strict=True):
        assert len(seen.built) > 1
        assert_same(seen.executed, seen.built, str(item))
        assert seen.again == seen.text
        assert_fits(seen.text)


def assert_same(found: Any, expected: Any, where: str) -> None:
    """Compare bit by bit, and say where the two differ."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key, value in expected.items():
            assert_same(found[key], value, f"{where}: {key}")
    else:
        np.testing.assert_array_equal(found, expected, where)


def assert_fits(text: str) -> None:
    """A line is wide only where it is one word, which cannot be broken."""
    for line in text.splitlines():
        assert len(line) <= WIDEST or " " not in line.strip(), line
