"""Laws of reading: what is built is read back as what was said."""

from typing import Any

import pytest

from common.canonical import canonical, canonical_layers
from common.element import Element
from common.layer import LayerElement
from comparisons.strategies import elements
from comparisons.workers import Pair
from tests.backends.examples import DRAWN, KINDS, drawn, examples
from tests.backends.roundtrip import Item

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.kind())


def expected(item: Item) -> Any:
    if isinstance(item.spec, LayerElement):
        return canonical_layers((item.spec,), item.shape)[0]
    return canonical(item.spec)


@each_kind
def test_examples_are_many_or_all_there_are(kind: type[Element]) -> None:
    found = examples(kind)
    assert found
    if len(found) < 20:
        assert len(drawn(elements(kind), 10 * DRAWN)) < 20


@on_each_backend
@each_kind
def test_what_is_built_is_read_back(
    kind: type[Element], backend: str, pair: Pair
) -> None:
    items = examples(kind)
    asked = pair.workers[backend].submit("read_back", items=items)
    for item, seen in zip(items, asked.result(), strict=True):
        spec = expected(item)
        assert seen.read == spec, item
        assert len(seen.readers) == 1, (item, seen.readers)


@each_kind
def test_a_canonical_form_is_its_own(kind: type[Element]) -> None:
    for item in examples(kind):
        spec = expected(item)
        assert expected(Item(spec, item.shape)) == spec
