"""The JSON Schema accepts what the language accepts.

A schema cannot check shapes or look up arms, so it may accept more; what it
refuses, the language refuses too.
"""

import json
from typing import Any

import pytest
import yaml

from framework_parity.common.data.base import Dataset
from framework_parity.common.spec.load import parse, schema
from tests.common.json_schema import accepts
from tests.common.written import ELEMENTS, RICH, experiment, key, written
from tests.malformed import GOOD, GOOD_JSON, NETWORKS, RECIPES, Malformed

SCHEMA = schema()

# Errors that only the whole experiment shows, or only Python distinguishes.
BEYOND_A_SCHEMA = {
    "group-decay",
    "group-layer",
    "group-no-difference",
    "group-twice",
    "initializer-outside",
    "initializer-range",
    "initializer-range_infinite",
    "lr-huge",
    "lr-infinite",
    "lr-nan",
    "lr-overflow",
    "loss-classes",
    "loss-two_classes",
    "nesterov",
    "penalty-nothing",
    "stopping-no_validation",
    "stopping-seldom",
    "plateau-seldom",
    "plateau-threshold",
    "checkpoint-twice",
    "schedule-milestones",
    "schedule-peak",
    "units-float",
    "image",
    "softmax-axis",
    "width-one_hot",
    "concatenate-axis",
    "layer_norm-axes",
    "nothing-learnt",
    "width",
}


@pytest.mark.parametrize(
    "document",
    [
        yaml.safe_load(GOOD),
        json.loads(GOOD_JSON),
        experiment(),
        RICH,
        experiment(data="spiral"),
        experiment(claims=["only.epochs > 1"]),
        experiment(dialect=None, arms={"a": ["relu"]}),
    ],
    ids=[
        "yaml",
        "json",
        "short",
        "rich",
        "bare_data",
        "bare_claim",
        "no_dialect",
    ],
)
def test_schema_takes_what_the_language_takes(document: Any) -> None:
    assert accepts(SCHEMA, document)


@pytest.mark.parametrize("dialect", ["torch", "keras"])
def test_schema_takes_every_complete_dump(dialect: str) -> None:
    spec = parse(RICH | {"dialect": dialect})
    assert accepts(SCHEMA, json.loads(spec.model_dump_json()))


@pytest.mark.parametrize(
    "entry",
    [e for e in RECIPES + NETWORKS if e.id not in BEYOND_A_SCHEMA],
    ids=lambda entry: entry.id,
)
def test_schema_refuses_what_it_can_see(entry: Malformed) -> None:
    assert not accepts(SCHEMA, yaml.safe_load(entry.text))


@pytest.mark.parametrize(
    "change",
    [
        {"recipie": {}},
        {"name": "My Example"},
        {"name": 3},
        {"dialect": "jax"},
        {"data": {}},
        {"data": {"spiral": {}, "digits": {}}},
        {"data": {"spiral": {}, "tset": 0.2}},
        {"data": {"spiral": {"sample": 3}}},
        {"data": {"spiral": {}, "test": 1}},
        {"data": {"polynomial": {"coefficients": []}}},
        {"claims": "only.epochs > 1"},
        {"claims": [{"name": "x"}]},
        {"arms": {}},
        {"arms": []},
        {"arms": None},
    ],
    ids=str,
)
def test_schema_refuses_wrong_outer_fields(change: dict[str, Any]) -> None:
    assert not accepts(SCHEMA, experiment(**change))


@pytest.mark.parametrize("field", ["name", "data", "recipe", "arms"])
def test_schema_demands_the_outer_fields(field: str) -> None:
    document = experiment()
    del document[field]
    assert not accepts(SCHEMA, document)


# A data set has no schema of its own: it stands inside that of `data`.
@pytest.mark.parametrize(
    "element",
    [e for e in ELEMENTS if not issubclass(e, Dataset)],
    ids=key,
)
def test_schema_knows_each_kind_with_its_fields(element: Any) -> None:
    known = SCHEMA["$defs"]
    name = element.__name__
    if name not in known:  # Two share it; pydantic writes the module before.
        name = f"{element.__module__.replace('.', '__')}__{name}"
    element_schema = {"$ref": f"#/$defs/{name}", "$defs": known}
    kind, (fields,) = element.kind(), written(element).values()
    assert accepts(element_schema, written(element))
    assert accepts(element_schema, kind) == (not fields)
    assert not accepts(element_schema, {kind: fields | {"nonsense": 1}})
    assert not accepts(element_schema, {"nonsense": fields})
    assert not accepts(element_schema, 3)
