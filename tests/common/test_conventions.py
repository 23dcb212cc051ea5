"""The table of conventions: what silence means in each dialect."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from common import reference
from common.conventions import CONVENTIONS, Convention, defaults_of
from common.element import Element, Model, members, speaking
from common.experiment import Arm
from common.optimizers import Optimizer
from common.penalties import Penalty
from common.recipe import Accumulation, EarlyStopping, Plateau, Recipe
from comparisons import tasks
from tests.cases import CASES, STEPS, arm
from tests.common.written import DEMANDED, ELEMENTS, key, written
from tests.tolerances import MATTERS, distance

KINDS: dict[str, type[Model]] = {key(kind): kind for kind in ELEMENTS} | {
    "recipe": Recipe,
    "early_stopping": EarlyStopping,
    "plateau": Plateau,
    "penalty": Penalty,
    "accumulation": Accumulation,
}

# What has to stand beside a field so that it has an effect.
EFFECTIVE: dict[str, dict[str, Any]] = {
    "sgd.velocity": {"momentum": 0.9},
    "sgd.decay": {"momentum": 0.9, "weight_decay": 0.1},
    "rmsprop.velocity": {"momentum": 0.9},
    **{
        row.field: {"weight_decay": 0.1}
        for row in CONVENTIONS
        if row.field.endswith(".decay") and row.field != "sgd.decay"
    },
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
    """Return the class, the field, and the least that must be written."""
    kind, field = row.field.split(".")
    fields = DEMANDED.get(kind, {}) | EFFECTIVE.get(row.field, {})
    return KINDS[kind], field, LEAST.get(kind, {kind: fields})


@each_row
def test_row_names_a_field_of_the_language(row: Convention) -> None:
    cls, field, _ = taken_apart(row)
    assert cls.model_fields[field].is_required()


@each_dialect
@each_row
def test_dialect_fills_what_is_left_unsaid(
    row: Convention, dialect: str
) -> None:
    cls, field, least = taken_apart(row)
    with speaking(dialect):
        filled = cls.model_validate(least)
        said = cls.model_validate(_with(least, field, getattr(row, dialect)))
    assert filled == said
    assert field in filled.model_fields_set


@each_row
def test_what_is_said_wins_over_the_dialect(row: Convention) -> None:
    cls, field, least = taken_apart(row)
    with speaking("keras"):
        plain = cls.model_validate(least)
        said = cls.model_validate(_with(least, field, row.torch))
    assert (said == plain) == (row.torch == row.keras)


@each_row
def test_without_a_dialect_it_must_be_said(row: Convention) -> None:
    cls, field, least = taken_apart(row)
    missing = {"type": "missing", "loc": (field,)}
    with pytest.raises(ValidationError) as caught:
        cls.model_validate(least)
    found = [{k: e[k] for k in missing} for e in caught.value.errors()]
    assert missing in found


@each_dialect
@each_element
def test_dialect_and_demanded_fields_make_an_element_whole(
    element: type[Element], dialect: str
) -> None:
    filled = defaults_of(dialect).get(element.kind(), {})
    unfilled = {
        name
        for name, field in element.model_fields.items()
        if field.is_required() and name not in filled
    }
    assert unfilled == set(DEMANDED.get(key(element), {}))
    with speaking(dialect):
        element.model_validate(written(element))


@each_dialect
@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field) for kind in DEMANDED for field in DEMANDED[kind]],
)
def test_no_dialect_fills_what_neither_framework_knows(
    kind: str, field: str, dialect: str
) -> None:
    rest = {k: v for k, v in DEMANDED[kind].items() if k != field}
    with speaking(dialect), pytest.raises(ValidationError) as caught:
        KINDS[kind].model_validate({KINDS[kind].kind(): rest})
    assert [error["loc"] for error in caught.value.errors()] == [(field,)]


def test_rows_have_names_and_fields_of_their_own() -> None:
    assert len({row.name for row in CONVENTIONS}) == len(CONVENTIONS)
    assert len({row.field for row in CONVENTIONS}) == len(CONVENTIONS)


@pytest.mark.parametrize("dialect", ["Torch", "kears", "", "jax"])
def test_unknown_dialect_is_refused(dialect: str) -> None:
    with pytest.raises(ValueError, match="expected one of: keras, torch"):
        defaults_of(dialect)


def test_dialect_ends_with_its_block() -> None:
    with speaking("torch"), speaking("keras"):
        pass
    with pytest.raises(ValidationError):
        KINDS["adam"].model_validate("adam")


def _with(least: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    if least in LEAST.values():
        return least | {field: value}
    [(kind, fields)] = least.items()
    return {kind: fields | {field: value}}


# --- Each convention matters: its two values train to different weights. ---


def dense(**fields: Any) -> list[Any]:
    return [{"dense": {"units": 3, **fields}}]


def scheduled(kind: str, **fields: Any) -> Arm:
    return arm(dense(), schedule={kind: fields})


def watched(layers: list[Any], **recipe: Any) -> Arm:
    """Return an arm that is evaluated on a part of its own."""
    plain = arm(layers, **recipe)
    data = plain.data.model_copy(update={"validation": 0.25})
    return Arm(plain.name, plain.layers, data, plain.recipe)


def image(*layers: Any, sides: Any = (4, 5, 3)) -> Arm:
    return arm([*layers, "flatten", *dense()], sides)


def conv(kind: str, **fields: Any) -> dict[str, Any]:
    filters = {"filters": 2} if kind == "conv2d" else {}
    return {kind: {**filters, "size": 3, **fields}}


# For each row, a network and a recipe in which the row's value is `value`.
EXAMPLES: dict[str, Callable[[Any], Arm]] = {
    "dense_kernel_initializer": lambda value: arm(
        dense(kernel_initializer=value)
    ),
    "dense_bias_initializer": lambda value: arm(dense(bias_initializer=value)),
    **{
        f"{kind}_{tensor}_initializer": lambda value, kind=kind, t=tensor: (
            image(conv(kind, **{f"{t}_initializer": value}))
        )
        for kind in ("conv2d", "depthwise_conv2d")
        for tensor in ("kernel", "bias")
    },
    "depthwise_conv2d_fan_in": lambda value: image(
        conv("depthwise_conv2d", fan_in=value, kernel_initializer="he_uniform")
    ),
    "average_pool_padding": lambda value: image(
        {
            "average_pool": {
                "size": 3,
                "padding": "same",
                "count_padding": value,
            }
        }
    ),
    "flatten_order": lambda value: arm(
        [{"flatten": value}, *dense()], (4, 5, 3)
    ),
    **{
        f"batch_norm_{field}": lambda value, field=field: arm(
            [{"batch_norm": {field: value}}, *dense()]
        )
        for field in ("epsilon", "kept", "running_variance")
    },
    "leaky_relu_slope": lambda value: arm(
        [{"dense": 6}, {"leaky_relu": value}, *dense()]
    ),
    "layer_norm_epsilon": lambda value: arm(
        [{"layer_norm": {"epsilon": value}}, *dense()]
    ),
    "layer_norm_axes": lambda value: image({"layer_norm": {"axes": value}}),
    "prelu_slopes": lambda value: arm(
        [*dense(), {"prelu": {"slopes": value}}, *dense()]
    ),
    "prelu_initial": lambda value: arm(
        [{"prelu": {"initial": value}}, *dense()]
    ),
    # Nothing but zeros reaches it, until what stands before it has learnt.
    "prelu_at_zero": lambda value: arm(
        [
            *dense(kernel_initializer="zeros"),
            {"prelu": {"at_zero": value, "initial": 0.25}},
            *dense(),
        ]
    ),
    "normal_stddev": lambda value: arm(
        dense(kernel_initializer={"normal": value})
    ),
    "truncated_normal_stddev": lambda value: arm(
        dense(kernel_initializer={"truncated_normal": value})
    ),
    # So wide that few values of the one lie within the bounds of the other.
    "truncated_normal_bounds": lambda value: arm(
        dense(
            kernel_initializer={
                "truncated_normal": {"stddev": 4.0, "bounds": value}
            }
        )
    ),
    "uniform_low": lambda value: arm(
        dense(kernel_initializer={"uniform": {"low": value}})
    ),
    "uniform_high": lambda value: arm(
        dense(kernel_initializer={"uniform": {"high": value}})
    ),
    "glorot_normal_truncation": lambda value: arm(
        dense(kernel_initializer={"glorot_normal": {"truncated": value}})
    ),
    "he_normal_truncation": lambda value: arm(
        dense(kernel_initializer={"he_normal": {"truncated": value}})
    ),
    "lecun_normal_truncation": lambda value: arm(
        dense(kernel_initializer={"lecun_normal": {"truncated": value}})
    ),
    "sgd_learning_rate": lambda value: arm(dense(), optimizer={"sgd": value}),
    # The two velocities part only where the rate changes.
    "sgd_velocity": lambda value: arm(
        dense(),
        optimizer={"sgd": {"lr": 0.1, "momentum": 0.9, "velocity": value}},
        schedule=STEPS,
    ),
    "sgd_decay": lambda value: arm(
        dense(),
        optimizer={
            "sgd": {
                "lr": 0.1,
                "momentum": 0.9,
                "weight_decay": 0.1,
                "decay": value,
            }
        },
    ),
    # Keras's sum of squares starts at 0.1, which drowns any epsilon.
    "adagrad_epsilon": lambda value: arm(
        dense(),
        optimizer={"adagrad": {"initial_accumulator": 0.0, "epsilon": value}},
    ),
    "penalty_form": lambda value: arm(
        dense(), penalty={"l2": 0.1, "form": value}
    ),
    "penalty_weights": lambda value: arm(
        dense(bias_initializer="fan_in_uniform"),
        penalty={"l2": 0.1, "weights": value},
    ),
    "clip_by_norm_epsilon": lambda value: arm(
        dense(), clipping={"by_norm": {"limit": 1e-2, "epsilon": value}}
    ),
    "clip_by_global_norm_epsilon": lambda value: arm(
        dense(), clipping={"by_global_norm": {"limit": 1e-2, "epsilon": value}}
    ),
    "accumulation_reduction": lambda value: arm(
        dense(), accumulation={"batches": 2, "reduction": value}
    ),
    "multi_step_boundary": lambda value: scheduled(
        "multi_step", at=[2, 5], by=0.5, boundary=value
    ),
    "polynomial_decay_end": lambda value: scheduled(
        "polynomial_decay", steps=10, end=value
    ),
    "cosine_past_its_end": lambda value: scheduled(
        "cosine", steps=10, past_end=value
    ),
    "cosine_restarts_times": lambda value: scheduled(
        "cosine_restarts", first=5, times=value
    ),
    "early_stopping_counting": lambda value: watched(
        dense(),
        early_stopping={"patience": 2, "min_delta": 9.0, "counting": value},
    ),
    "plateau_counting": lambda value: watched(
        dense(), plateau={"patience": 2, "threshold": 9.0, "counting": value}
    ),
    # The loss falls by more than 0.1, and by less than a tenth of itself.
    "plateau_threshold_mode": lambda value: watched(
        dense(kernel_initializer={"normal": 5.0}),
        plateau={"patience": 1, "threshold": 0.1, "threshold_mode": value},
    ),
    "plateau_last_cooldown": lambda value: watched(
        dense(),
        plateau={
            "patience": 1,
            "threshold": 9.0,
            "cooldown": 2,
            "last_cooldown": value,
        },
    ),
    # Beside weights that begin at zero, even so small a rate is seen.
    "plateau_least_change": lambda value: watched(
        dense(kernel_initializer="zeros"),
        optimizer={"sgd": 1e-8},
        plateau={"patience": 1, "threshold": 9.0, "least_change": value},
    ),
    "shuffle": lambda value: arm(dense(), shuffle=value),
    "batch_size": lambda value: arm(dense(), batch_size=value),
}


def example(row: Convention, value: Any) -> Arm:
    """Return the row's example, or the optimiser's with a large epsilon."""
    if row.name in EXAMPLES:
        return EXAMPLES[row.name](value)
    kind, field = row.field.split(".")
    fields = {"epsilon": 1e-3} | EFFECTIVE.get(row.field, {})
    return arm(
        dense(),
        optimizer={kind: fields | {field: value}},
        schedule=STEPS,
    )


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
    # Some conventions change how many numbers a tensor has; then the others
    # are compared.
    apart = [
        distance(value, other)
        for name, value in torch.items()
        if value.shape == (other := keras[name]).shape
    ]
    assert max(apart) > MATTERS


@pytest.mark.parametrize(
    "row",
    [row for row in CONVENTIONS if row.torch == row.keras],
    ids=lambda row: row.name,
)
def test_a_row_whose_values_are_one_says_so(row: Convention) -> None:
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
