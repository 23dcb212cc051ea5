"""Elements of every kind: drawn at random, and all that the cases hold."""

from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from framework_parity.common.spec.architecture import ShapeError, places
from framework_parity.common.spec.clipping import Clipping
from framework_parity.common.spec.initializers import KernelInitializer
from framework_parity.common.spec.layer import LayerSpec
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.layers.merging import Concatenate, Residual
from framework_parity.common.spec.losses import Loss
from framework_parity.common.spec.node import SpecNode, members
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.spec.penalties import Penalty
from framework_parity.common.spec.schedules import Schedule
from framework_parity.comparisons.fuzz.strategies import elements
from tests.backends.items import Item
from tests.cases import CASES

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

# Where a penalty applies is not the function's to know, so none is read.
EMITTED = [*KINDS, Penalty]


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
def written() -> tuple[SpecNode, ...]:
    """Return every element of the cases, each once."""
    found: list[SpecNode] = []
    for case in CASES:
        arm = case.arm
        recipe = (
            getattr(arm.recipe, name) for name in type(arm.recipe).model_fields
        )
        layers = [place.layer for place in arm.all_nodes]
        drawn = [
            value
            for layer in layers
            for name, value in layer
            if name.endswith("_initializer")
        ]
        for each in (*layers, *drawn, *recipe):
            if isinstance(each, SpecNode) and each not in found:
                found.append(each)
    return tuple(found)


@cache
def examples(kind: type[SpecNode]) -> list[Item]:
    """Return elements of a kind, drawn and from the cases, where they fit."""
    specs = drawn(elements(kind))
    specs += [spec for spec in written() if type(spec) is kind]
    if not issubclass(kind, LayerSpec):
        return [Item(spec) for spec in specs]
    return [
        Item(spec, shape)
        for spec in specs
        for shape in (VECTOR, IMAGE, (4, 5, 1))
        if fits(spec, shape)
    ]


def fits(spec: LayerSpec, shape: tuple[int, ...]) -> bool:
    try:
        places([spec], shape)
    except ShapeError:
        return False
    return True
