"""Set one convention of an arm to another value.

A row of `common/spec/conventions.py` names its field as `kind.field`, and the
path of that field in a complete specification ends in the same two names:
`optimizer.adam.epsilon` ends in `adam.epsilon`. A switch sets the field
wherever it occurs, nested or not.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.conventions import CONVENTIONS, Convention
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.recipe import Recipe
from framework_parity.common.training.loop import initial_weights

_LAYERS: TypeAdapter[tuple[Layer, ...]] = TypeAdapter(tuple[Layer, ...])


def rows_of(arm: Arm) -> dict[str, tuple[Convention, Any]]:
    """Return the conventions whose field an arm has, with its value.

    Of a field that occurs several times, the first value is taken.
    """
    values = {
        **_field_values(_written(arm.layers), ()),
        **_field_values(_recipe(arm), ()),
    }
    return {
        row.name: (row, values[tuple(row.field.split("."))])
        for row in CONVENTIONS
        if tuple(row.field.split(".")) in values
    }


def switched(arm: Arm, row: Convention, value: Any) -> Arm | None:
    """Return a copy of the arm with every occurrence of a field changed.

    Args:
        arm: the arm.
        row: the convention of the field.
        value: the new value.

    Returns:
        The copy; None if the arm does not have the field, has that value
        already, or would be invalid.
    """
    kind, field = row.field.split(".")
    try:
        layers = _LAYERS.validate_python(
            _with(_written(arm.layers), kind, field, value)
        )
        recipe = Recipe.model_validate(
            _with(_recipe(arm), kind, field, value)["recipe"]
        )
        # Only a whole experiment is validated completely.
        Experiment(
            name="switched", data=arm.data, recipe=recipe, arms={"arm": layers}
        )
    except ValidationError:
        return None
    same = layers == arm.layers and recipe == arm.recipe
    return None if same else replace(arm, layers=layers, recipe=recipe)


def starts_elsewhere(arm: Arm, other: Arm) -> bool:
    """Return whether two arms differ in the initial values of their tensors.

    The other rungs of the ladder do not show this difference, since both
    frameworks start from the same values there.

    Args:
        arm: an arm.
        other: an arm; where its tensors differ in number or shape, the
            result is False.

    Returns:
        Whether any initial value differs under seed 0.
    """
    if arm.tensors != other.tensors:
        return False
    first, second = (initial_weights(a, 0, "float64") for a in (arm, other))
    return any(not np.array_equal(first[n], second[n]) for n in first)


def _written(layers: tuple[Layer, ...]) -> Any:
    return _LAYERS.dump_python(layers, mode="json")


def _recipe(arm: Arm) -> dict[str, Any]:
    return {"recipe": arm.recipe.model_dump(mode="json")}


def _field_values(
    written: Any, path: tuple[str, ...]
) -> dict[tuple[str, ...], Any]:
    """Return every value by the last two names of the path to it."""
    values: dict[tuple[str, ...], Any] = {}
    if isinstance(written, list | tuple):
        for item in written:
            values = _field_values(item, path) | values
    elif isinstance(written, dict):
        for key, value in written.items():
            here = (*path, key)[-2:]
            values.setdefault(here, value)
            values = values | _field_values(value, here)
    return values


def _with(written: Any, kind: str, field: str, value: Any) -> Any:
    """Return a document with `field` of every `kind` changed."""
    if isinstance(written, list | tuple):
        return [_with(item, kind, field, value) for item in written]
    if not isinstance(written, dict):
        return written
    changed = {k: _with(v, kind, field, value) for k, v in written.items()}
    inside = changed.get(kind)
    if isinstance(inside, dict) and field in inside:
        changed[kind] = inside | {field: value}
    return changed
