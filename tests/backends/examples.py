"""Elements of every kind: random ones, and those of the cases."""

from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from framework_parity.common.spec.architecture import ShapeError, layer_nodes
from framework_parity.common.spec.clipping import Clipping
from framework_parity.common.spec.initializers import KernelInitializer
from framework_parity.common.spec.layer import LayerSpec, TokenShape
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.layers.freezing import Frozen
from framework_parity.common.spec.layers.merging import Concatenate, Residual
from framework_parity.common.spec.layers.reshaping import PixelShuffle
from framework_parity.common.spec.losses import Loss
from framework_parity.common.spec.node import SpecNode, members
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.spec.penalties import Penalty
from framework_parity.common.spec.schedules import Schedule
from framework_parity.comparisons.fuzz.strategies import elements
from tests.backends.items import Item
from tests.cases import CASES
from tests.coverage.elements import chosen

DRAWN = 30
VECTOR, IMAGE, SEQUENCE = (5,), (4, 5, 3), (5, 4)
TOKENS = TokenShape((6,), 4)

FAMILIES = (
    Layer,
    KernelInitializer,
    Loss,
    Optimizer,
    Schedule,
    Clipping,
)

# Layers that contain layers are drawn as whole networks, whose shapes fit.
KINDS = [
    kind
    for family in FAMILIES
    for kind in members(family)
    if kind not in (Residual, Concatenate, Frozen)
]

# A penalty's function does not know which weights it applies to, so it is
# emitted but not read.
EMITTED = [*KINDS, Penalty]


def drawn(strategy: Any, count: int = DRAWN) -> list[Any]:
    """Return at most `count` different examples of a strategy."""
    result: list[Any] = []

    @seed(0)
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(example: Any) -> None:
        if example not in result:
            result.append(example)

    draw()
    return result


@cache
def written() -> tuple[SpecNode, ...]:
    """Return every element of the cases, each once."""
    nodes: list[SpecNode] = []
    for case in CASES:
        arm = case.arm
        recipe = (
            getattr(arm.recipe, name) for name in type(arm.recipe).model_fields
        )
        layers = [node.layer for node in arm.all_nodes]
        drawn = [
            value
            for layer in layers
            for name, value in layer
            if name.endswith("_initializer")
        ]
        for each in (*layers, *drawn, *recipe):
            if isinstance(each, SpecNode) and each not in nodes:
                nodes.append(each)
    return tuple(nodes)


@cache
def examples(kind: type[SpecNode]) -> list[Item]:
    """Return elements of a kind, random and from the cases, if they fit."""
    specs = drawn(elements(kind))
    specs += [spec for spec in written() if type(spec) is kind]
    if not issubclass(kind, LayerSpec):
        return [Item(spec) for spec in specs]
    shapes: list[Any] = [VECTOR, IMAGE, (4, 5, 1), SEQUENCE, TOKENS]
    if kind is PixelShuffle:
        shapes.append((2, 3, 8))
    return [
        Item(spec, shape)
        for spec in specs
        for shape in shapes
        if fits(spec, shape)
    ]


def fits(spec: LayerSpec, shape: tuple[int, ...]) -> bool:
    try:
        layer_nodes([spec], shape)
    except ShapeError:
        return False
    return True


def representative(items: list[Item], least: int) -> list[Item]:
    """Return the items with a new kind, choice or shape, and some others.

    Args:
        items: elements of one kind.
        least: the fewest items to return, if there are so many.
    """
    seen: set[Any] = set()
    kept = []
    for item in items:
        held = chosen(item.spec) | {item.shape}
        if held - seen:
            kept.append(item)
        seen |= held
    others = [item for item in items if item not in kept]
    missing = max(0, least - len(kept))
    return kept + others[:: max(1, len(others) // least)][:missing]
