"""Two-sided values: read at every place, refused where they are invalid."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from framework_parity.common.data.synthetic import Source
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.clipping import Clipping
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.initializers import KernelInitializer
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.load import parse, schema
from framework_parity.common.spec.losses import Loss
from framework_parity.common.spec.node import SpecNode, members
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.spec.padding import CausalPadding
from framework_parity.common.spec.schedules import Schedule
from framework_parity.common.spec.two_sided.arms import TwoArms
from framework_parity.common.spec.two_sided.experiment import (
    PARTS,
    TwoSided,
    parse_sides,
    path_name,
)
from framework_parity.common.training import loop
from framework_parity.common.training.batches import segments
from tests.common.json_schema import accepts
from tests.common.written import RICH, experiment, key, written

IMAGES: dict[str, Any] = {"digits": {}}
TOKENS: dict[str, Any] = {"noise": {"sides": [7], "tokens": 4, "classes": 10}}
SEQUENCES: dict[str, Any] = {"noise": {"sides": [7, 4], "classes": 10}}
ARRANGED: dict[str, dict[str, Any]] = {
    "reshape": {"noise": {"sides": [6], "classes": 10, "samples": 300}},
    "repeat": {"noise": {"sides": [6], "classes": 10, "samples": 300}},
    "pixel_shuffle": {
        "noise": {"sides": [3, 4, 8], "classes": 10, "samples": 300}
    },
}
"""The data of layers that take few shapes."""
SCHEMA = schema()


def recipe(**fields: Any) -> dict[str, Any]:
    defaults = {"loss": "cross_entropy", "optimizer": "adam", "epochs": 2}
    return defaults | fields


def embeddings(kind: type[SpecNode]) -> Iterator[dict[str, Any]]:
    """Yield experiments with an element of a kind; one of them is valid."""
    element = written(kind)
    ends: list[Any] = [{"dense": 10}]
    if kind in members(Layer):
        flat = ["flatten", element, *ends]
        yield experiment(data=IMAGES, arms={"a": [element, *flat[:1], *ends]})
        yield experiment(data=IMAGES, arms={"a": flat})
        flat = [element, "flatten", *ends]
        data = ARRANGED.get(kind.kind(), SEQUENCES)
        yield experiment(data=data, arms={"a": flat})
        yield experiment(data=TOKENS, arms={"a": flat})
    if kind in members(CausalPadding):
        fields = {"filters": 2, "size": 3, "padding": element}
        for conv, data in ("conv2d", IMAGES), ("conv1d", SEQUENCES):
            window = [{conv: fields}, "flatten", *ends]
            yield experiment(data=data, arms={"a": window})
    if kind in members(KernelInitializer):
        dense = {"dense": {"units": 10, "kernel_initializer": element}}
        yield experiment(data=IMAGES, arms={"a": ["flatten", dense]})
        yield experiment(
            arms={"a": [{"dense": dense["dense"] | {"units": 3}}]}
        )
    if kind in members(Loss):
        sets: list[dict[str, Any]] = [
            {"spiral": {}},
            {"spiral": {"classes": 2}},
            {"sine": {}},
        ]
        for data in sets:
            for units in (1, 2, 3):
                yield experiment(
                    data=data,
                    recipe=recipe(loss=element),
                    arms={"a": [{"dense": units}]},
                )
    for name, family in (
        ("optimizer", Optimizer),
        ("clipping", Clipping),
        ("schedule", Schedule),
    ):
        if kind in members(family):
            yield experiment(recipe=recipe(**{name: element}))
    if kind in members(Source):
        embedding = {"embedding": {"vocabulary": 25, "size": 3}}
        yield experiment(
            data=element, arms={"a": [embedding, "flatten", {"dense": 2}]}
        )
        for loss in ("cross_entropy", "mean_squared_error"):
            for units in (1, 2, 3, 4, 10):
                for split in ({}, {"test": 0, "validation": 0}):
                    yield experiment(
                        data=element | split,
                        recipe=recipe(loss=loss),
                        arms={"a": ["flatten", {"dense": units}]},
                    )
                    yield experiment(
                        data=element | split,
                        recipe=recipe(loss=loss),
                        arms={"a": [{"dense": units}]},
                    )


def embedded(kind: type[SpecNode], **fields: Any) -> dict[str, Any]:
    """Return the first valid experiment with an element of a kind."""
    for document in embeddings(kind):
        try:
            parse(document | fields)
        except SpecError:
            continue
        return document | fields
    raise LookupError(f"no experiment with a {kind.kind()!r} is valid")


# Sets of images need files that are not here, and a softmax is refused
# inside of every network.
KINDS = [
    kind
    for family in (
        *(Layer, CausalPadding, KernelInitializer, Loss, Optimizer),
        *(Clipping, Schedule, Source),
    )
    for kind in members(family)
    if kind.kind() not in ("mnist", "fashion_mnist", "cifar10", "softmax")
]


def paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside a part of a document."""
    if path != ("arms",):
        yield path
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for name, inner in pairs:
        yield from paths(inner, (*path, name))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        document = document[part]
    return document


def with_value(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a document with one value replaced."""
    changed = copy.deepcopy(document)
    at(changed, path[:-1])[path[-1]] = value
    return changed


def whole(document: Any) -> Any:
    """Return a document, complete and without claims, as JSON has it."""
    spec = parse(document)
    return json.loads(spec.model_dump_json())


def in_a_list(document: Any, path: tuple[Any, ...]) -> bool:
    return isinstance(at(document, path[:-1]), list)


@pytest.mark.parametrize("kind", KINDS, ids=key)
def test_every_value_of_every_kind_may_have_two_sides(
    kind: type[SpecNode],
) -> None:
    document = whole(embedded(kind))
    name = kind.kind()
    own_paths = [
        path
        for path in every_path(document)
        if name in path or at(document, path) == name
    ]
    assert own_paths
    assert_two_sides(document, own_paths)


def test_every_value_of_a_rich_experiment_may_have_two_sides() -> None:
    document = whole(RICH)
    assert_two_sides(document, list(every_path(document)))


def every_path(document: Any) -> Iterator[tuple[Any, ...]]:
    for part in PARTS:
        yield from paths(document[part], (part,))


def assert_two_sides(
    document: Any, value_paths: list[tuple[Any, ...]]
) -> None:
    """Give each value twice, which must mean the same as once."""
    plain = parse(document)
    for path in value_paths:
        value = at(document, path)
        if value is None and in_a_list(document, path):
            continue
        both = with_value(document, path, {"torch": value, "keras": value})
        spec = parse_sides(both)
        assert isinstance(spec, TwoSided)
        assert [v.name for v in spec.values] == [path_name(path)]
        assert spec.sides == {"torch": plain, "keras": plain}
        assert spec.content_hash == plain.content_hash
        assert accepts(SCHEMA, both), path


@pytest.mark.parametrize("kind", KINDS, ids=key)
def test_defaults_of_the_dialects_are_read_back_from_two_sides(
    kind: type[SpecNode],
) -> None:
    document = embedded(kind)
    document["recipe"] = document["recipe"] | {"batch_size": 8}
    sides = {
        side: parse(document | {"dialect": side}).model_copy(
            update={"dialect": None}
        )
        for side in ("torch", "keras")
    }
    dump = TwoSided({}, (), sides).model_dump()
    assert accepts(SCHEMA, dump)
    spec = parse_sides(dump)
    assert isinstance(spec, TwoSided)
    assert spec.values
    assert spec.sides == sides
    assert spec.model_dump() == dump
    assert spec.content_hash == TwoSided({}, (), sides).content_hash
    assert spec.content_hash not in {s.content_hash for s in sides.values()}


def rich(*path: Any, torch: Any, keras: Any) -> dict[str, Any]:
    """Return the rich experiment with two sides at one place."""
    return with_value(RICH, path, {"torch": torch, "keras": keras})


DENSE = ("arms", "small", 1)


@pytest.mark.parametrize(
    ("path", "torch", "keras"),
    [
        (("recipe", "optimizer", "sgd", "lr"), 0.1, 0.2),
        (("recipe", "optimizer"), {"adam": 0.001}, {"rmsprop": 0.001}),
        (("recipe", "clipping"), {"by_norm": 1.0}, None),
        (("recipe", "batch_size"), "full", 32),
        (("recipe", "epochs"), 3, 4),
        (("recipe", "shuffle"), "once", "never"),
        (("recipe", "early_stopping"), None, {"patience": 3}),
        (("recipe", "early_stopping", "patience"), 2, 3),
        (("recipe", "schedule"), "constant", {"cosine": {"steps": 9}}),
        (("data", "scaling"), "none", "standardize"),
        (("data", "test"), 0.1, 0.2),
        (("data", "spiral"), {"classes": 2}, {"classes": 2, "samples": 300}),
        (("data",), {"spiral": {"classes": 2}}, RICH["data"]),
        (DENSE, {"dense": 2}, {"dense": {"units": 2, "bias": False}}),
        ((*DENSE, "dense"), 2, {"units": 2, "bias": False}),
        (("arms", "small", 0), "sigmoid", "tanh"),
        (("arms", "small"), [{"dense": 2}], ["tanh", {"dense": 2}]),
        (
            ("arms", "small"),
            [{"dense": 2}],
            {"layers": [{"dense": 2}], "recipe": {"epochs": 5}},
        ),
    ],
    ids=str,
)
def test_each_side_is_read_as_if_written_alone(
    path: tuple[Any, ...], torch: Any, keras: Any
) -> None:
    document = {k: v for k, v in RICH.items() if k not in ("claims", "probes")}
    both = with_value(document, path, {"torch": torch, "keras": keras})
    spec = parse_sides(both)
    assert isinstance(spec, TwoSided)
    alone = {
        "torch": with_value(document, path, torch),
        "keras": with_value(document, path, keras),
    }
    assert spec.sides == {
        side: parse(side_document) for side, side_document in alone.items()
    }
    accepted = [
        accepts(SCHEMA, side_document) for side_document in alone.values()
    ]
    assert accepts(SCHEMA, both) == all(accepted)
    again = parse_sides(json.loads(json.dumps(spec.model_dump())))
    assert isinstance(again, TwoSided)
    assert again.sides == spec.sides
    assert again.content_hash == spec.content_hash


def layers(*elements: Any) -> list[str]:
    """Return the kinds of both sides' layers, in one list each."""
    spec = parse_sides(experiment(arms={"a": list(elements)}))
    assert isinstance(spec, TwoSided)
    return [
        " ".join(layer.kind() for layer in side.arm("a").layers)
        for side in spec.sides.values()
    ]


def test_a_layer_may_be_on_one_side_alone() -> None:
    result = layers({"torch": {"dropout": 0.5}, "keras": None}, {"dense": 3})
    assert result == ["dropout dense", "dense"]


def test_a_side_may_be_several_layers() -> None:
    swapped = {
        "torch": ["batch_norm", "relu"],
        "keras": ["relu", "batch_norm"],
    }
    result = layers({"dense": 4}, swapped, {"dense": 3})
    assert result == [
        "dense batch_norm relu dense",
        "dense relu batch_norm dense",
    ]


@pytest.mark.parametrize(
    "block",
    [
        {"residual": [{"torch": ["relu", "tanh"], "keras": "relu"}]},
        {"residual": {"body": ["tanh", {"torch": "relu", "keras": None}]}},
        {"concatenate": [[], [{"torch": ["relu", "tanh"], "keras": []}]]},
    ],
    ids=str,
)
def test_layers_inside_of_blocks_have_sides_too(block: Any) -> None:
    torch, keras = layers(block, {"dense": 3})
    assert torch == keras == f"{next(iter(block))} dense"


def test_branches_are_not_spliced() -> None:
    branches = [[], {"torch": ["relu"], "keras": ["tanh", "relu"]}]
    spec = parse_sides(
        experiment(arms={"a": [{"concatenate": branches}, {"dense": 3}]})
    )
    assert isinstance(spec, TwoSided)
    for side in spec.sides.values():
        block: Any = side.arm("a").layers[0]
        assert len(block.branches) == 2


@pytest.mark.parametrize(
    ("document", "field", "message"),
    [
        (
            rich("recipe", "epochs", torch=1, keras={"torch": 1, "keras": 2}),
            "recipe.epochs (Keras side)",
            "cannot have two sides itself",
        ),
        (
            rich("recipe", torch={"epochs": {"torch": 1}}, keras={}),
            "recipe (PyTorch side)",
            "cannot have two sides itself",
        ),
        (
            with_value(RICH, ("recipe", "epochs"), {"torch": 3}),
            "recipe.epochs",
            "exactly the keys torch and keras; 'keras' is missing",
        ),
        (
            with_value(
                RICH,
                ("recipe", "epochs"),
                {"torch": 3, "keras": 3, "jax": 3},
            ),
            "recipe.epochs",
            "expected no key beside them, got torch, keras, jax",
        ),
        (
            rich("claims", torch=[], keras=[]),
            "claims",
            "only values inside arms, data, recipe may have two sides",
        ),
        (
            experiment(dialect={"torch": "torch", "keras": "keras"}),
            "dialect",
            "'parity audit' gives each framework its own defaults",
        ),
        ({"torch": RICH, "keras": RICH}, "", "of a whole document"),
        (
            experiment(
                arms={
                    "a": [
                        "relu",
                        {"torch": {"dropout": 0.5}, "keras": {"dropout": 1.5}},
                        {"dense": 3},
                    ]
                }
            ),
            "arms.a[1].dropout.rate (Keras side)",
            "a number below 1",
        ),
        (
            rich("recipe", "optimizer", torch={"rmsporp": 0.1}, keras="sgd"),
            "recipe.optimizer (PyTorch side)",
            "did you mean 'rmsprop'?",
        ),
        (
            with_value(
                rich("recipe", "epochs", torch=3, keras=4), ("name",), 3
            ),
            "name",
            "got 3",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_invalid_value_is_refused_with_its_side(
    document: Any, field: str, message: str
) -> None:
    with pytest.raises(SpecError) as error:
        parse_sides(document)
    assert error.value.field == field
    assert message in error.value.message


def test_where_one_experiment_is_expected_two_sides_are_refused() -> None:
    with pytest.raises(SpecError, match=r"recipe.epochs: has a value for"):
        parse(rich("recipe", "epochs", torch=3, keras=4))


def test_arms_may_be_called_torch_and_keras() -> None:
    arms = {"torch": [{"dense": 3}], "keras": ["relu", {"dense": 3}]}
    spec = parse_sides(experiment(arms=arms))
    assert not isinstance(spec, TwoSided)
    assert set(spec.arms) == {"torch", "keras"}


def two_arms(torch: list[Any], keras: list[Any]) -> TwoArms:
    spec = parse_sides(
        experiment(arms={"a": {"torch": torch, "keras": keras}})
    )
    arm = spec.arm("a")
    assert isinstance(arm, TwoArms)
    return arm


def test_layers_of_both_sides_start_from_the_same_weights() -> None:
    deep = [{"dense": 8}, "relu", {"dense": 4}, "relu", {"dense": 3}]
    arm = two_arms([{"dense": 4}, "relu", {"dense": 3}], deep)
    assert arm.partners["dense_3"] == "dense_2"
    torch, keras = (weights(side) for side in (arm.torch, arm.keras))
    assert (torch["dense_2/kernel"] == keras["dense_3/kernel"]).all()
    # Layers of one side only are drawn independently of the other side.
    assert keras["dense_2/kernel"].shape != torch["dense_2/kernel"].shape
    same = two_arms(
        [{"dense": 2}, "relu", {"dense": 3}],
        [{"dense": 2}, "relu", {"dense": 2}, "tanh", {"dense": 3}],
    )
    keras_weights = weights(same.keras)
    assert (
        keras_weights["dense_1/kernel"]
        == weights(same.torch)["dense_1/kernel"]
    ).all()
    assert (
        keras_weights["dense_1/kernel"] != keras_weights["dense_2/kernel"]
    ).any()


def weights(arm: Arm) -> Any:
    return loop.initial_weights(arm, 0, "float64")


def test_dropouts_of_both_sides_drop_the_same() -> None:
    ends: list[Any] = [{"dense": 8}, {"dropout": 0.5}, {"dense": 3}]
    arm = two_arms(ends, [{"dropout": 0.1}, *ends])
    assert arm.partners["dropout_2"] == "dropout_1"
    torch, keras = (
        next(iter(segments(side, 100, 0, range(1)))).masks
        for side in (arm.torch, arm.keras)
    )
    assert (torch["dropout_1"] == keras["dropout_2"]).all()


def test_layers_in_another_order_are_the_same_layers() -> None:
    arm = two_arms(
        [{"dense": 4}, "batch_norm", "relu", {"dense": 3}],
        [{"dense": 4}, "relu", "batch_norm", {"dense": 3}],
    )
    names = ["dense_1", "batch_norm_1", "relu_1", "dense_2"]
    assert arm.partners == {name: name for name in names}
    assert arm.keras.streams == ()
