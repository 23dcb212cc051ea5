"""Reading: a live object is read back as the spec it was built from."""

from functools import cache
from typing import Any

import pytest

from framework_parity.common.spec.architecture import layer_nodes, walk
from framework_parity.common.spec.canonical import canonical, canonical_layers
from framework_parity.common.spec.initializers import FanInUniform
from framework_parity.common.spec.layer import LayerSpec, Shape, TokenShape
from framework_parity.common.spec.layers.core import Dense
from framework_parity.common.spec.node import SpecNode
from framework_parity.comparisons.fuzz.strategies import elements, networks
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.backends.examples import (
    DRAWN,
    IMAGE,
    KINDS,
    TOKENS,
    VECTOR,
    drawn,
    examples,
    representative,
)
from tests.backends.items import Item
from tests.cases import LAYERS
from tests.cases_images import EVEN_AND_ODD

# Fewest items of a kind that are built and read.
ENOUGH = 12

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.kind())


def expected(item: Item) -> Any:
    if isinstance(item.spec, LayerSpec):
        return canonical_layers((item.spec,), item.shape)[0]
    return canonical(item.spec)


@each_kind
def test_each_kind_has_enough_examples(kind: type[SpecNode]) -> None:
    items = examples(kind)
    assert items
    if len(items) < 20:
        assert len(drawn(elements(kind), 10 * DRAWN)) < 20


@on_each_backend
@each_kind
def test_what_is_built_is_read_back(
    kind: type[SpecNode], backend: str, pair: WorkerPair
) -> None:
    items = representative(examples(kind), ENOUGH)
    future = pair.workers[backend].submit("read_back", items=items)
    for item, seen in zip(items, future.result(), strict=True):
        spec = expected(item)
        assert seen.read == spec, item
        assert len(seen.readers) == 1, (item, seen.readers)


@each_kind
def test_canonical_forms_are_idempotent(kind: type[SpecNode]) -> None:
    for item in examples(kind):
        spec = expected(item)
        assert expected(Item(spec, item.shape)) == spec


@cache
def networks_of(shape: Shape) -> list[Any]:
    """Return networks with blocks: the cases, and random ones."""
    cases = [
        case.arm.layers
        for case in LAYERS
        if case.arm.data.source.shape == shape
        and any(node.blocks for node in case.arm.nodes)
    ]
    if isinstance(shape, TokenShape):
        return cases
    return [*drawn(networks(shape).filter(len), DRAWN), *cases]


def ways_of_networks() -> list[Any]:
    """Return each shape with each kind of dropout; they take turns."""
    shapes = VECTOR, IMAGE, EVEN_AND_ODD, TOKENS
    return [
        pytest.param(
            *(shape, masked),
            id=f"{shape}-{'masked' if masked else 'native'}",
            marks=pytest.mark.slow if masked == number % 2 else (),
        )
        for number, shape in enumerate(shapes)
        for masked in (False, True)
    ]


@on_each_backend
@pytest.mark.parametrize(("shape", "masked"), ways_of_networks())
def test_a_network_is_read_back(
    shape: Shape, masked: bool, backend: str, pair: WorkerPair
) -> None:
    all_networks = networks_of(shape)
    inside = (
        node for n in all_networks for node in walk(layer_nodes(n, shape))
    )
    assert {"residual", "concatenate"} <= {p.layer.kind() for p in inside}
    future = pair.workers[backend].submit(
        "read_networks", networks=all_networks, shape=shape, masked=masked
    )
    for layers, seen in zip(all_networks, future.result(), strict=True):
        assert seen == canonical_layers(layers, shape)
        assert canonical_layers(seen, shape) == seen


@on_each_backend
@pytest.mark.parametrize(
    ("name", "book"),
    [
        ("layer", "layers"),
        ("loss", "losses.py"),
        ("optimizer", "optimizers"),
    ],
)
def test_an_unknown_class_is_reported_with_the_readers_file(
    name: str, book: str, backend: str, pair: WorkerPair
) -> None:
    future = pair.workers[backend].submit("read_unknown", name=name)
    message = future.result()
    assert message.startswith("got ")
    assert "Unheard" in message
    assert f"{backend}_impl/introspect/{book}" in message


@on_each_backend
@pytest.mark.parametrize(
    "name", ["softplus", "selu", "dense", "flatten", "loss"]
)
def test_objects_with_another_meaning_are_not_read(
    name: str, backend: str, pair: WorkerPair
) -> None:
    """Each has a class that a reader knows, but settings that it does not."""
    future = pair.workers[backend].submit("read_near", name=name)
    assert "which no reader recognises" in future.result()


@pytest.mark.parametrize(
    ("backend", "batch_norm"),
    [("torch", "training"), ("keras", "evaluation")],
)
def test_layers_that_a_user_froze_are_read_as_frozen(
    backend: str, batch_norm: str, pair: WorkerPair
) -> None:
    worker = pair.workers[backend]
    dense, norm, relu, last = worker.submit("read_frozen", whole=True).result()
    for frozen, kind in ((dense, "dense"), (norm, "batch_norm")):
        assert frozen.batch_norm == batch_norm
        assert [layer.kind() for layer in frozen.layers] == [kind]
    assert (relu.kind(), last.kind()) == ("relu", "dense")


@on_each_backend
def test_a_layer_that_is_frozen_in_part_is_not_read(
    backend: str, pair: WorkerPair
) -> None:
    future = pair.workers[backend].submit("read_frozen", whole=False)
    assert "some parameters of a 'dense' are trained" in future.result()


def test_a_layer_without_a_note_has_pytorchs_default_initializers(
    pair: WorkerPair,
) -> None:
    layer = pair.workers["torch"].submit("read_bare").result()
    assert layer == Dense(
        units=3,
        kernel_initializer=FanInUniform(),
        bias_initializer=FanInUniform(),
    )
