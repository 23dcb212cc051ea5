"""The table of conventions: the defaults of each dialect."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.conventions import (
    CONVENTIONS,
    Convention,
    defaults_of,
)
from framework_parity.common.spec.node import (
    Model,
    SpecNode,
    defaults_from,
    members,
)
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.spec.penalties import Penalty
from framework_parity.common.spec.recipe import (
    Accumulation,
    EarlyStopping,
    Plateau,
    Recipe,
)
from framework_parity.comparisons.workers import tasks
from tests.cases import CASES
from tests.common.written import DEMANDED, ELEMENTS, key, written
from tests.examples import EFFECTIVE, EXAMPLES, example
from tests.tolerances import MATTERS, distance

KINDS: dict[str, type[Model]] = {key(kind): kind for kind in ELEMENTS} | {
    "recipe": Recipe,
    "early_stopping": EarlyStopping,
    "plateau": Plateau,
    "penalty": Penalty,
    "accumulation": Accumulation,
}

LEAST: dict[str, Any] = {
    "recipe": {"loss": "cross_entropy", "optimizer": "adam", "epochs": 1},
    "early_stopping": {"patience": 1, "min_delta": 0.0},
    "plateau": {"by": 0.5, "patience": 1},
    "penalty": {"l2": 0.1},
    "accumulation": {"batches": 2},
}

each_row = pytest.mark.parametrize(
    "row", CONVENTIONS, ids=lambda row: row.name
)
each_dialect = pytest.mark.parametrize("dialect", ["torch", "keras"])
each_element = pytest.mark.parametrize("element", ELEMENTS, ids=key)


def taken_apart(row: Convention) -> tuple[type[Model], str, Any]:
    """Return the class, the field, and the required fields."""
    kind, field = row.field.split(".")
    fields = DEMANDED.get(kind, {}) | EFFECTIVE.get(row.field, {})
    return KINDS[kind], field, LEAST.get(kind, {kind: fields})


@each_row
def test_row_names_a_field_of_the_language(row: Convention) -> None:
    cls, field, _ = taken_apart(row)
    assert cls.model_fields[field].is_required()


@each_row
def test_sources_of_a_row_exist(row: Convention) -> None:
    for package, source in zip(
        ("torch", "keras.src"), row.sources, strict=True
    ):
        match = re.fullmatch(r"(\S+\.py) \((.+)\)", source)
        assert match, source
        file = installed(package) / match[1]
        assert match[2] in file.read_text("utf-8"), source


def installed(package: str) -> Path:
    """Return the folder of a framework without importing it."""
    name, *inner = package.split(".")
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent.joinpath(*inner)


@each_dialect
@each_row
def test_dialect_fills_missing_fields(row: Convention, dialect: str) -> None:
    cls, field, least = taken_apart(row)
    with defaults_from(dialect):
        filled = cls.model_validate(least)
        explicit = cls.model_validate(
            _with(least, field, getattr(row, dialect))
        )
    assert filled == explicit
    assert field in filled.model_fields_set


@each_row
def test_written_value_overrides_the_dialect(row: Convention) -> None:
    cls, field, least = taken_apart(row)
    with defaults_from("keras"):
        plain = cls.model_validate(least)
        explicit = cls.model_validate(_with(least, field, row.torch))
    assert (explicit == plain) == (row.torch == row.keras)


@each_row
def test_field_is_required_without_a_dialect(row: Convention) -> None:
    cls, field, least = taken_apart(row)
    missing = {"type": "missing", "loc": (field,)}
    with pytest.raises(ValidationError) as caught:
        cls.model_validate(least)
    found: list[Any] = [*caught.value.errors()]
    errors = [{k: e[k] for k in missing} for e in found]
    assert missing in errors


@each_dialect
@each_element
def test_dialect_and_required_fields_complete_an_element(
    element: type[SpecNode], dialect: str
) -> None:
    filled = defaults_of(dialect).get(element.kind(), {})
    unfilled = {
        name
        for name, field in element.model_fields.items()
        if field.is_required() and name not in filled
    }
    assert unfilled == set(DEMANDED.get(key(element), {}))
    with defaults_from(dialect):
        element.model_validate(written(element))


@each_dialect
@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field) for kind in DEMANDED for field in DEMANDED[kind]],
)
def test_fields_without_a_framework_default_are_required(
    kind: str, field: str, dialect: str
) -> None:
    rest = {k: v for k, v in DEMANDED[kind].items() if k != field}
    with defaults_from(dialect), pytest.raises(ValidationError) as caught:
        KINDS[kind].model_validate({KINDS[kind].kind(): rest})
    assert [error["loc"] for error in caught.value.errors()] == [(field,)]


def test_rows_have_unique_names_and_fields() -> None:
    assert len({row.name for row in CONVENTIONS}) == len(CONVENTIONS)
    assert len({row.field for row in CONVENTIONS}) == len(CONVENTIONS)


@pytest.mark.parametrize("dialect", ["Torch", "kears", "", "jax"])
def test_unknown_dialect_is_refused(dialect: str) -> None:
    with pytest.raises(ValueError, match="expected one of: keras, torch"):
        defaults_of(dialect)


def test_dialect_ends_with_its_block() -> None:
    with defaults_from("torch"), defaults_from("keras"):
        pass
    with pytest.raises(ValidationError):
        KINDS["adam"].model_validate("adam")


def _with(least: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    if least in LEAST.values():
        return least | {field: value}
    [(kind, fields)] = least.items()
    return {kind: fields | {field: value}}


# --- Each convention matters: its two values train to different weights. ---


# In float64, these change nothing, or nothing but what is reported;
# `test_bias_correction` and `test_optimizers` show what they do change.
ELSEWHERE = ("bias_correction", "reported", "adamw.decay")


def test_every_convention_has_an_example() -> None:
    optimizers = {kind.kind() for kind in members(Optimizer)}
    for row in CONVENTIONS:
        kind = row.field.split(".")[0]
        known = kind in optimizers or row.field.endswith(ELSEWHERE)
        assert known or row.name in EXAMPLES


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in CONVENTIONS
        if row.torch != row.keras and not row.field.endswith(ELSEWHERE)
    ],
    ids=lambda row: row.name,
)
def test_the_two_values_of_a_convention_train_to_different_weights(
    row: Convention,
) -> None:
    torch, keras = (
        tasks.train(reference.Trainer, example(row, value), 0, "float64")[
            0
        ].weights
        for value in (row.torch, row.keras)
    )
    # Some conventions change which tensors there are, or how many numbers
    # one has; then the others are compared.
    distances = [
        distance(value, keras_value)
        for name, value in torch.items()
        if (keras_value := keras.get(name)) is not None
        and value.shape == keras_value.shape
    ]
    assert max(distances) > MATTERS


@pytest.mark.parametrize(
    "row",
    [row for row in CONVENTIONS if row.torch == row.keras],
    ids=lambda row: row.name,
)
def test_sentence_of_a_row_with_equal_values_states_it(
    row: Convention,
) -> None:
    assert "in both" in row.sentence


CHOICES = [
    "flatten.order",
    "leaky_relu.slope",
    "depthwise_conv2d.fan_in",
    "average_pool.count_padding",
    "layer_norm.axes",
    "prelu.at_zero",
    *(
        row.field
        for row in CONVENTIONS
        if row.field.split(".")[1]
        in ("velocity", "decay", "epsilon_placement", "bias_correction")
    ),
]


@pytest.mark.parametrize("field", CHOICES)
def test_both_values_of_a_convention_are_cases_for_both_backends(
    field: str,
) -> None:
    kind, name = field.split(".")
    [row] = [row for row in CONVENTIONS if row.field == field]
    elements = [
        element
        for case in CASES
        for element in (*case.arm.layers, case.arm.recipe.optimizer)
        if element.kind() == kind
    ]
    assert {getattr(element, name) for element in elements} >= {
        row.torch,
        row.keras,
    }
