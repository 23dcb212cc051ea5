"""Laws of reading: what is built is read back as what was said."""

from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from common.architecture import ShapeError, places
from common.canonical import canonical, canonical_layers
from common.clipping import Clipping
from common.element import Element, members
from common.initializers import KernelInitializer
from common.layer import LayerElement
from common.layers import Concatenate, Layer, Residual
from common.losses import Loss
from common.optimizers import Optimizer
from common.schedules import Schedule
from comparisons.strategies import elements, networks
from comparisons.workers import Pair
from tests.backends.roundtrip import Item
from tests.cases import CASES, LAYERS

DRAWN = 30
VECTOR, IMAGE = (5,), (4, 5, 3)

FAMILIES = (
    Layer,
    KernelInitializer,
    Loss,
    Optimizer,
    Schedule,
    Clipping,
)

# Layers with layers inside are drawn as networks, where shapes fit.
KINDS = [
    kind
    for family in FAMILIES
    for kind in members(family)
    if kind not in (Residual, Concatenate)
]

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)


def drawn(strategy: Any, count: int = DRAWN) -> list[Any]:
    """Return different examples of a strategy, at most so many."""
    found: list[Any] = []

    @seed(0)
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(example: Any) -> None:
        if example not in found:
            found.append(example)

    draw()
    return found


@cache
def written() -> tuple[Element, ...]:
    """Return every element of the cases, each once."""
    found: list[Element] = []
    for case in CASES:
        arm = case.arm
        recipe = (getattr(arm.recipe, name) for name in type(arm.recipe).model_fields)
        layers = [place.layer for place in arm.all_places]
        drawn = [
            value
            for layer in layers
            for name, value in layer
            if name.endswith("_initializer")
        ]
        for each in (*layers, *drawn, *recipe):
            if isinstance(each, Element) and each not in found:
                found.append(each)
    return tuple(found)


@cache
def examples(kind: type[Element]) -> list[Item]:
    """Return elements of a kind, drawn and from the cases, where they fit."""
    specs = drawn(elements(kind))
    specs += [spec for spec in written() if type(spec) is kind]
    if not issubclass(kind, LayerElement):
        return [Item(spec) for spec in specs]
    return [
        Item(spec, shape)
        for spec in specs
        for shape in (VECTOR, IMAGE, (4, 5, 1))
        if fits(spec, shape)
    ]


def fits(spec: LayerElement, shape: tuple[int, ...]) -> bool:
    try:
        places([spec], shape)
    except ShapeError:
        return False
    return True


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
