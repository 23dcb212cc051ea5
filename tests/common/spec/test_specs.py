"""A specification has one meaning in all its forms, and a complete dump."""

import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from pydantic import BaseModel

from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.load import load, parse
from framework_parity.common.spec.node import SpecNode
from framework_parity.common.spec.optimizers.adam import Adam
from tests.common.written import RICH, experiment


def dump(spec: BaseModel) -> Any:
    """Return the spec as a file would hold it."""
    return json.loads(spec.model_dump_json())


def assert_complete(spec: Any, dumped: Any) -> None:
    """Raise if any field of any element is left out of a dump."""
    if isinstance(spec, SpecNode):
        kind = spec.kind()
        fields = {} if dumped == kind else dumped[kind]
        assert set(fields) == set(type(spec).model_fields)
        dumped = fields
    if isinstance(spec, BaseModel):
        for name in type(spec).model_fields:
            if name == "source":
                source = getattr(spec, name)
                kind = source.kind()
                assert_complete(source, {kind: dumped[kind]})
            elif name in dumped or getattr(spec, name) is not None:
                assert_complete(getattr(spec, name), dumped[name])
    elif isinstance(spec, dict):
        assert set(spec) == set(dumped)
        for name, value in spec.items():
            assert_complete(value, dumped[name])
    elif isinstance(spec, tuple):
        for item, dumped_item in zip(spec, dumped, strict=True):
            assert_complete(item, dumped_item)


initializers = st.one_of(
    st.sampled_from(
        [
            *("zeros", "ones", "fan_in_uniform", "glorot_uniform"),
            *("he_uniform", "lecun_uniform", "orthogonal"),
            *("normal", "truncated_normal", "uniform"),
        ]
    ),
    st.builds(lambda v: {"constant": v}, st.floats(-10, 10)),
    st.builds(lambda g: {"orthogonal": g}, st.floats(1e-3, 10)),
    st.builds(
        lambda low, width: {"uniform": {"low": low, "high": low + width}},
        st.floats(-10, 10),
        st.floats(1e-3, 10),
    ),
    st.builds(
        lambda bounds: {"truncated_normal": {"bounds": bounds}},
        st.sampled_from(["absolute", "deviations"]),
    ),
    st.builds(lambda s: {"normal": s}, st.floats(1e-3, 10)),
    st.builds(lambda t: {"he_normal": {"truncated": t}}, st.booleans()),
    st.builds(lambda t: {"glorot_normal": {"truncated": t}}, st.booleans()),
    st.builds(lambda t: {"lecun_normal": {"truncated": t}}, st.booleans()),
)
denses = st.one_of(
    st.builds(lambda units: {"dense": units}, st.integers(1, 50)),
    st.fixed_dictionaries(
        {"units": st.integers(1, 50)},
        optional={"bias": st.booleans(), "kernel_initializer": initializers},
    ).map(lambda fields: {"dense": fields}),
)
layers = st.one_of(
    denses,
    st.sampled_from(["relu", "tanh", "sigmoid", "linear", "flatten"]),
    st.builds(lambda rate: {"dropout": rate}, st.floats(0, 0.9)),
    st.sampled_from(["leaky_relu", "elu", "gelu", "swish", "hard_swish"]),
    st.builds(lambda slope: {"leaky_relu": slope}, st.floats(0, 1)),
    st.builds(lambda alpha: {"elu": alpha}, st.floats(0.1, 2)),
    st.builds(lambda form: {"gelu": form}, st.sampled_from(["erf", "tanh"])),
    st.builds(lambda n: {"custom": f"x ** {n} - x"}, st.integers(2, 9)),
)
optimizers = st.one_of(
    st.sampled_from(["sgd", "adam"]),
    st.fixed_dictionaries(
        {},
        optional={
            "lr": st.floats(1e-6, 10),
            "momentum": st.floats(0, 0.99),
            "velocity": st.sampled_from(["of_gradients", "of_steps"]),
        },
    ).map(lambda fields: {"sgd": fields}),
    st.fixed_dictionaries(
        {},
        optional={
            "beta_1": st.floats(0, 0.99),
            "epsilon": st.floats(1e-12, 1e-2),
            "epsilon_placement": st.sampled_from(["epsilon", "epsilon_hat"]),
        },
    ).map(lambda fields: {"adam": fields}),
)
recipes = st.fixed_dictionaries(
    {
        "loss": st.just("cross_entropy"),
        "optimizer": optimizers,
        "epochs": st.integers(1, 100),
    },
    optional={
        "batch_size": st.one_of(st.just("full"), st.integers(1, 100)),
        "schedule": st.sampled_from(
            [
                "constant",
                {"cosine": 5},
                {"step_decay": {"every": 1, "by": 0.5}},
                {"multi_step": {"at": [1, 3], "by": 0.5, "per": "epoch"}},
                {"natural_exponential": 0.01},
            ]
        ),
        "early_stopping": st.just({"patience": 3}),
        "plateau": st.sampled_from([{}, {"cooldown": 2, "by": 0.3}]),
        "checkpoint": st.just("validation_accuracy"),
    },
)
experiments = st.builds(
    lambda dialect, recipe, hidden: experiment(
        dialect=dialect,
        recipe=recipe,
        arms={"only": [*hidden, {"dense": 3}]},
    ),
    st.sampled_from(["torch", "keras"]),
    recipes,
    st.lists(layers, max_size=5),
)


@given(experiments)
def test_what_is_dumped_is_read_back_as_the_same(
    written: dict[str, Any],
) -> None:
    spec = parse(written)
    again = parse(dump(spec))
    assert again == spec
    assert hash(again.arm("only")) == hash(spec.arm("only"))
    assert again.content_hash == spec.content_hash


@given(experiments)
def test_dump_says_every_field_and_needs_no_dialect(
    written: dict[str, Any],
) -> None:
    spec = parse(written)
    dumped = dump(spec)
    assert_complete(spec, dumped)
    del dumped["dialect"]
    alone = parse(dumped)
    assert alone.content_hash == spec.content_hash
    assert (alone.data, alone.recipe, alone.arms) == (
        spec.data,
        spec.recipe,
        spec.arms,
    )


@pytest.mark.parametrize("dialect", ["torch", "keras"])
def test_rich_experiment_is_dumped_whole_and_read_back(dialect: str) -> None:
    spec = parse(RICH | {"dialect": dialect})
    assert_complete(spec, dump(spec))
    assert parse(dump(spec)) == spec
    assert parse(spec.model_dump()) == spec


@pytest.mark.parametrize("dialect", ["torch", "keras"])
def test_complete_dump_means_the_same_in_the_other_dialect(
    dialect: str,
) -> None:
    spec = parse(RICH | {"dialect": dialect})
    other_dialect = {"torch": "keras", "keras": "torch"}[dialect]
    again = parse(dump(spec) | {"dialect": other_dialect})
    assert again.content_hash == spec.content_hash


def test_dialects_have_different_defaults() -> None:
    torch, keras = (parse(RICH | {"dialect": d}) for d in ("torch", "keras"))
    assert torch.content_hash != keras.content_hash


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ({"dense": 3}, {"dense": {"units": 3}}),
        ({"dense": 3}, {"dense": {"units": 3, "bias": True}}),
        ("flatten", {"flatten": "channels_last"}),
        ("flatten", {"flatten": None}),
        ("flatten", {"flatten": {}}),
        ({"dropout": 0.5}, {"dropout": {"rate": 0.5}}),
        ({"dropout": 0}, {"dropout": 0.0}),
        ("relu", {"relu": {}}),
        ("leaky_relu", {"leaky_relu": 0.3}),
        ("elu", {"elu": {"alpha": 1.0}}),
        ("gelu", {"gelu": "erf"}),
        ({"custom": "x / 2"}, {"custom": {"formula": "x / 2"}}),
        ({"prelu": None}, {"prelu": {"slopes": "per_number"}}),
    ],
)
def test_two_forms_of_one_layer_mean_the_same(short: Any, long: Any) -> None:
    def spec(layer: Any) -> Any:
        return parse(experiment(arms={"a": [layer, {"dense": 3}]}))

    assert spec(short).arms == spec(long).arms
    assert spec(short).content_hash == spec(long).content_hash


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ({"max_pool": 2}, {"max_pool": {"size": [2, 2], "stride": 2}}),
        (
            {"conv2d": {"filters": 2, "size": 3}},
            {"conv2d": {"filters": 2, "size": [3, 3], "padding": "valid"}},
        ),
        (
            {"average_pool": {"size": 3, "padding": {"symmetric": 1}}},
            {
                "average_pool": {
                    "size": 3,
                    "stride": 3,
                    "padding": {"symmetric": {"by": [1, 1]}},
                }
            },
        ),
    ],
)
def test_two_forms_of_one_window_mean_the_same(short: Any, long: Any) -> None:
    def spec(layer: Any) -> Any:
        layers = [layer, "flatten", {"dense": 10}]
        return parse(experiment(data="digits", arms={"a": layers}))

    assert spec(short).arms == spec(long).arms
    assert spec(short).content_hash == spec(long).content_hash
    assert parse(dump(spec(short))) == spec(short)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ({}, {"schedule": "constant"}),
        ({}, {"shuffle": "once", "last_batch": "keep"}),
        ({}, {"batch_size": 32}),
        ({"optimizer": "adam"}, {"optimizer": {"adam": 0.001}}),
        (
            {"optimizer": {"sgd": 1}},
            {"optimizer": {"sgd": {"lr": 1.0, "velocity": "of_steps"}}},
        ),
    ],
)
def test_two_forms_of_one_recipe_mean_the_same(short: Any, long: Any) -> None:
    base = experiment()["recipe"]
    first = parse(experiment(recipe=base | short))
    second = parse(experiment(recipe=base | long))
    assert first.recipe == second.recipe
    assert first.content_hash == second.content_hash


def test_bare_and_written_out_data_mean_the_same() -> None:
    written = {"spiral": {"classes": 3}, "test": 0.2, "seed": 0}
    bare = parse(experiment(data="spiral"))
    assert bare.data == parse(experiment(data=written)).data


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"spiral": {}, "seed": 1}},
        {"data": {"spiral": {"noise": 0.21}}},
        {"arms": {"other": [{"dense": 4}, "relu", {"dense": 3}]}},
        {"arms": {"only": [{"dense": 4}, "tanh", {"dense": 3}]}},
        {"recipe": experiment()["recipe"] | {"epochs": 3}},
        {"dialect": "torch"},
    ],
)
def test_different_meaning_has_a_different_hash(
    change: dict[str, Any],
) -> None:
    base = parse(experiment())
    assert parse(experiment(**change)).content_hash != base.content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"teaches": "something"},
        {"claims": ["only.epochs > 1"]},
    ],
)
def test_descriptive_fields_do_not_change_the_hash(
    change: dict[str, Any],
) -> None:
    base = parse(experiment())
    assert parse(experiment(**change)).content_hash == base.content_hash


def test_yaml_and_json_files_mean_the_same(tmp_path: Any) -> None:
    spec = parse(RICH)
    (tmp_path / "a.json").write_text(spec.model_dump_json())
    (tmp_path / "a.yaml").write_text(json.dumps(dump(spec)))
    assert load(tmp_path / "a.json") == load(tmp_path / "a.yaml") == spec


@pytest.mark.parametrize("number", ["1e-3", "1E-3", "1.e-3", "+1e-3", "0.001"])
def test_yaml_numbers_are_numbers_as_people_write_them(
    number: str, tmp_path: Any
) -> None:
    text = json.dumps(experiment()).replace(
        '"adam"', f"{{adam: {{epsilon: {number}}}}}"
    )
    (tmp_path / "a.yaml").write_text(text)
    optimizer = load(tmp_path / "a.yaml").recipe.optimizer
    assert isinstance(optimizer, Adam)
    assert optimizer.epsilon == 0.001


def test_spec_cannot_be_changed_in_place() -> None:
    spec = parse(experiment())
    with pytest.raises(ValueError, match="frozen"):
        spec.recipe.epochs = 3


def test_message_of_an_error_begins_with_its_file() -> None:
    error = SpecError("recipe.epochs", "is odd")
    assert str(error) == "recipe.epochs: is odd"
    assert str(error.located("a.yaml")) == "a.yaml: recipe.epochs: is odd"
