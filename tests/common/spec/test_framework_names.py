"""Every name of both frameworks is answered by its equivalent here, if any.

The whole committed table is read: a suggested word is valid in place of the
name; where there is no equivalent, nothing is suggested.
That the table is complete is tested in `tests/test_framework_names.py`.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
import yaml
from pydantic import TypeAdapter

from framework_parity.common.metrics.registry import STATISTICS
from framework_parity.common.spec.errors import (
    SpecError,
    nearest,
    same_letters,
)
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.names.framework_names import (
    FAMILIES as NAME_FAMILIES,
)
from framework_parity.common.spec.names.framework_names import (
    Meaning,
    field_hint,
    table,
    unknown_field,
    unknown_kind,
)
from framework_parity.common.spec.node import SpecNode, defaults_from, members
from tests.common.written import DEMANDED, FAMILIES, RICH, experiment, written
from tests.framework_names.making import RECORDS

# A name has to be explained in one or two short sentences.
LONGEST = 330


class Row(NamedTuple):
    """One name of the table, where it would be written."""

    scope: str
    name: str
    meaning: Meaning


def rows(part: str) -> list[Row]:
    """Return a part of the table, a row for each name."""
    scopes = getattr(table(), part)
    return [
        Row(scope, name, meaning)
        for scope, names in scopes.items()
        for name, meaning in names.items()
    ]


def each_scope(entries: list[Row]) -> Any:
    """Parametrize a test over the scopes, with the rows of each."""
    scopes = sorted({row.scope for row in entries})
    return pytest.mark.parametrize(
        "entries",
        [[row for row in entries if row.scope == scope] for scope in scopes],
        ids=scopes,
    )


KINDS = [row for row in rows("kinds") if row.scope in FAMILIES]
PLACED = {
    "layer": lambda name: {"arms": {"only": [{name: {}}]}},
    "loss": lambda name: {"recipe": {"loss": name}},
    "optimizer": lambda name: {"recipe": {"optimizer": {name: 0.1}}},
    "schedule": lambda name: {"recipe": {"schedule": {name: {}}}},
    "clipping": lambda name: {"recipe": {"clipping": {name: 1.0}}},
    "initializer": lambda name: {
        "arms": {"only": [{"dense": {"units": 3, "kernel_initializer": name}}]}
    },
    "padding": lambda name: {
        "arms": {
            "only": [{"conv2d": {"filters": 1, "size": 3, "padding": name}}]
        }
    },
    "source": lambda name: {"data": {name: {}}},
}


def spec(changed: dict[str, Any]) -> dict[str, Any]:
    """Return a valid experiment with some of its fields changed."""
    document = experiment()
    for part, fields in changed.items():
        old = document.get(part, {})
        keep = isinstance(fields, dict) and part == "recipe"
        document[part] = {**old, **fields} if keep else fields
    return document


def refusal(changed: dict[str, Any]) -> str:
    """Return the message about an experiment that is refused."""
    with pytest.raises(SpecError) as caught:
        parse(spec(changed))
    return str(caught.value)


def elements(write: str) -> list[Any]:
    """Return the suggested elements as a list."""
    value = yaml.safe_load(write)
    return value if isinstance(value, list) else [value]


@cache
def kinds(family: str) -> dict[str, type[SpecNode]]:
    return {cls.kind(): cls for cls in members(FAMILIES[family])}


def valid(family: str, value: Any) -> bool:
    """Whether an element is valid in its family, with its required fields."""
    if isinstance(value, str):
        value = written(kinds(family)[value])
    with defaults_from("keras"):
        TypeAdapter(FAMILIES[family]).validate_python(value)
    return True


def unknown_spelling(name: str, family: str) -> str:
    """Return a name in a spelling that the language does not know."""
    return name.upper() if name in table().families[family] else name


@each_scope(KINDS)
def test_unknown_kind_is_explained_where_it_is_written(
    entries: list[Row],
) -> None:
    for family, name, meaning in entries:
        if family not in PLACED:
            continue
        unknown = unknown_spelling(name, family)
        message = refusal(PLACED[family](unknown))
        assert unknown in message
        check(message, meaning)


def check(message: str, meaning: Meaning) -> None:
    """Check that a message states a meaning, and nothing else."""
    assert "did you mean" not in message
    assert len(message) < LONGEST
    assert message.isprintable()
    if meaning.drop:
        assert "leave out " in message
    elif not meaning.write:
        assert "the language has no equivalent of " in message
        assert "is written" not in message
    else:
        assert meaning.write in message


@each_scope(KINDS)
def test_suggested_kind_is_valid_in_its_place(entries: list[Row]) -> None:
    for family, _, meaning in entries:
        if meaning.write and not meaning.at and family in FAMILIES:
            suggested = elements(meaning.write)
            if meaning.write.startswith("{table:"):
                # The file of the example does not exist.
                fields = kinds("source")["table"].model_fields
                assert set(suggested[0]["table"]) <= set(fields)
                continue
            assert all(valid(family, value) for value in suggested)


def allowed(kind: str) -> list[str]:
    """Return the fields of a kind or a record."""
    for record in RECORDS:
        if record.kind() == kind:
            return [f for f in record.model_fields if f != "source"]
    return list(element(kind)[1].model_fields)


def element(kind: str) -> tuple[str, type[SpecNode]]:
    """Return the first family of a kind, and its class."""
    return next((f, kinds(f)[kind]) for f in FAMILIES if kind in kinds(f))


def users(scope: str) -> Iterator[str]:
    """Yield the kinds whose fields a scope is about."""
    if scope == "*":
        for family in FAMILIES:
            yield from kinds(family)
    elif scope in FAMILIES:
        yield from kinds(scope)
    else:
        yield scope


def holds(kind: str, row: Row) -> bool:
    """Whether a row is the one that a kind's field is looked up in."""
    if same_letters(row.name) in map(same_letters, allowed(kind)):
        return False
    families = [f for f in FAMILIES if kind in kinds(f)]
    for scope in (kind, *families, "*"):
        meaning = table().fields.get(scope, {}).get(row.name)
        if meaning and (
            meaning.at or not meaning.write or meaning.word in allowed(kind)
        ):
            return scope == row.scope
    return False


@each_scope(rows("fields"))
def test_unknown_field_is_explained_for_each_kind(
    entries: list[Row],
) -> None:
    for row in entries:
        for kind in users(row.scope):
            if not holds(kind, row):
                continue
            message = unknown_field(kind, row.name, allowed(kind))
            check(message, row.meaning)
            if row.meaning.write and not row.meaning.at:
                assert row.meaning.write in allowed(kind)


ELEMENTS = [
    row
    for row in rows("fields")
    if row.scope in {k for f in FAMILIES for k in kinds(f)}
]


@each_scope(ELEMENTS)
def test_suggested_field_is_valid_in_place_of_the_name(
    entries: list[Row],
) -> None:
    family, cls = element(entries[0].scope)
    kind = cls.kind()
    for row in entries:
        if not holds(kind, row):
            continue
        demanded = written(cls)[kind]
        with pytest.raises(ValueError, match="unknown field"):
            valid(family, {kind: {**demanded, row.name: 1}})
        if not row.meaning.write or row.meaning.at:
            continue
        with defaults_from("keras"):
            complete = cls.model_validate(written(cls))
        value = getattr(complete, row.meaning.write)
        assert valid(family, {kind: {**demanded, row.meaning.write: value}})


MOVED = [row for row in rows("kinds") + rows("fields") if row.meaning.at]


@each_scope(MOVED)
def test_what_belongs_elsewhere_is_valid_there(entries: list[Row]) -> None:
    for _, _, meaning in entries:
        assert elsewhere(meaning)


@cache
def elsewhere(meaning: Meaning) -> bool:
    """Whether the suggestion is valid in the place that it names."""
    value = yaml.safe_load(meaning.write)
    place, _, field = meaning.at.rpartition(".")
    if meaning.at == "layer":
        return valid("layer", value)
    if place == "experiment":
        if field == "claims":
            value = [claim.replace("net.", "only.") for claim in value]
        if field == "arms":
            return all(valid("layer", layer) for layer in value["net"])
        if field == "data":
            if "table" in value:
                value = {"table": DEMANDED["table"]}
            return valid("source", value)
        parse(spec({field: value}))
    elif place == "recipe":
        parse(spec({"recipe": {field: value}}))
    elif place == "data":
        return placed_in_data(field, value)
    elif place in kinds("source"):
        assert valid("source", {place: {field: value}})
    else:
        assert valid("layer", {place: {**DEMANDED[place], field: value}})
    return True


def placed_in_data(field: str, value: Any) -> bool:
    """Whether a field of the data is valid; a number's scale needs numbers."""
    if field != "target_scaling":
        return bool(parse(spec({"data": {"spiral": {}, field: value}})))
    changed = {
        "data": {"polynomial": {}, field: value},
        "recipe": {"loss": "mean_squared_error"},
        "arms": {"only": [{"dense": 1}]},
    }
    return bool(parse(spec(changed)))


@each_scope(rows("values"))
def test_a_suggested_value_is_one_of_the_fields(entries: list[Row]) -> None:
    for place, name, meaning in entries:
        kind, field = place.split(".")
        message = refusal(valued(kind, field, name))
        check(message, meaning)
        if meaning.write:
            refused = ""
            try:
                parse(spec(valued(kind, field, meaning.write)))
            except SpecError as error:
                refused = error.field
            # If it is refused, then because of another field.
            assert not refused.endswith(field)


def valued(kind: str, field: str, value: Any) -> dict[str, Any]:
    """Return what to change so that one field has a value."""
    if kind == "experiment":
        return {field: value}
    if kind == "recipe":
        return {"recipe": {field: value}}
    if kind == "data":
        return {"data": {"spiral": {}, field: value}}
    beside: dict[str, dict[str, Any]] = {
        "early_stopping": {"patience": 2},
        "plateau": {"patience": 2},
        "accumulation": {"batches": 2},
        "penalty": {"l2": 0.1},
    }
    if kind in beside:
        return {"recipe": {kind: {**beside[kind], field: value}}}
    fields = {**DEMANDED.get(kind, {}), field: value}
    return {"arms": {"only": [{kind: fields}, {"dense": 3}]}}


@each_scope([row for row in rows("kinds") if row.scope == "statistic"])
def test_unknown_metric_is_explained_in_a_claim(entries: list[Row]) -> None:
    for _, name, meaning in entries:
        if name in STATISTICS:
            continue
        message = refusal({"claims": [f"only.{name} > 0"]})
        check(message, meaning)
        if meaning.write:
            assert re.match(r"\w+", meaning.write)[0] in STATISTICS  # type: ignore[index]


@pytest.mark.parametrize("family", ["regularizer", "constraint", "callback"])
def test_names_without_an_element_are_explained_in_any_place(
    family: str,
) -> None:
    for name, meaning in table().kinds[family].items():
        if name in table().kinds["layer"] or not meaning.of:
            continue
        message = unknown_kind(name, list(kinds("layer")))
        check(message, meaning)


@pytest.mark.parametrize(
    ("name", "place", "message"),
    [
        ("AdamW", "optimizer", "'adamw'"),
        ("kaiming_normal_", "initializer", "{he_normal: {truncated: false}}"),
        ("nn.Dropout2d", "layer", "'spatial_dropout'"),
        ("keras.layers.BatchNormalization", "layer", "'batch_norm'"),
        ("torch.nn.LSTM", "layer", "'lstm'"),
        ("categorical_crossentropy", "loss", "'cross_entropy'"),
        ("bce", "loss", "'binary_cross_entropy'"),
        ("ConvLSTM2D", "layer", "the language has no equivalent"),
        ("mse", "loss", "'mean_squared_error'"),
        (
            "ReduceLROnPlateau",
            "schedule",
            "'plateau: {by: 0.1, patience: 10}'",
        ),
        ("adam", "layer", "'adam' is an optimiser"),
        ("relu", "loss", "'relu' is a layer"),
    ],
)
def test_kind_names_from_reports_are_explained(
    name: str, place: str, message: str
) -> None:
    assert message in unknown_kind(name, list(kinds(place)))


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        (
            "batch_norm",
            "momentum",
            "'running_decay' here: the share of the old",
        ),
        ("batch_norm", "trainable", "{frozen: [{dense: 8}]}"),
        ("dense", "activation", "a layer of its own here"),
        ("dense", "kernel_regularizer", "'penalty: {l2: 0.01}' in 'recipe'"),
        ("conv2d", "kernel_size", "'size'"),
        ("adam", "learning_rate", "'lr'"),
        ("adam", "clipnorm", "'clipping: {by_norm: 1.0}' in 'recipe'"),
        ("recipe", "num_epochs", "'epochs'"),
        (
            "recipe",
            "class_weight",
            "{weighted_cross_entropy: [1.0, 2.0, 4.0]}",
        ),
        ("experiment", "batch_size", "'batch_size: 32' in 'recipe'"),
        ("experiment", "digits", "'data: {digits: {}}' beside 'recipe'"),
    ],
)
def test_field_names_from_reports_are_explained(
    kind: str, name: str, message: str
) -> None:
    assert message in field_hint(kind, name, allowed(kind))


def test_no_kernel_initializer_is_suggested_for_a_bias() -> None:
    message = refusal(
        {"arms": {"only": [{"dense": {"units": 3, "bias_initializer": "he"}}]}}
    )
    assert "no equivalent" in message
    assert "he_uniform" not in message


@pytest.mark.parametrize(
    ("name", "allowed", "meant"),
    [
        ("rleu", ["relu", "selu"], ["relu"]),
        ("sigmod", ["sigmoid"], ["sigmoid"]),
        ("max_ppol", ["max_pool"], ["max_pool"]),
        ("cross_entorpy", ["cross_entropy"], ["cross_entropy"]),
        ("adamm", ["adam", "adamw"], ["adam", "adamw"]),
        # Different things, however alike they are spelt.
        ("conv1d", ["conv2d"], []),
        ("gru", ["relu"], []),
        ("min_pool", ["max_pool"], []),
        ("uncentered", ["centered"], []),
        ("trainable", ["affine"], []),
        ("max_lr", ["min_lr"], []),
        ("bce", ["huber"], []),
        ("crelu", ["prelu", "relu"], []),
    ],
)
def test_only_a_spelling_mistake_is_corrected(
    name: str, allowed: list[str], meant: list[str]
) -> None:
    hint = nearest(name, allowed)
    assert re.findall(r"'(\w+)'", hint) == meant


def test_families_are_those_of_the_language() -> None:
    expected = {f: list(kinds(f)) for f in FAMILIES}
    families = dict(table().families)
    assert sorted(families.pop("statistic")) == sorted(STATISTICS)
    assert families == expected
    assert set(FAMILIES) < set(NAME_FAMILIES)
    assert parse(RICH)
