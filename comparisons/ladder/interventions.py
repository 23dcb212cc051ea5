"""Switches: one convention of an arm, set to another value.

A row of `common/spec/conventions.py` names its field as `kind.field`, and so
does the path of a complete specification: `optimizer.adam.epsilon` ends in
`adam.epsilon`. A switch sets the field wherever it stands, nested or not.
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
    """Return the conventions that an arm speaks of, with what it says.

    Of a field that stands in several places, the first value counts.
    """
    said = {**_said(_written(arm.layers), ()), **_said(_recipe(arm), ())}
    return {
        row.name: (row, said[tuple(row.field.split("."))])
        for row in CONVENTIONS
        if tuple(row.field.split(".")) in said
    }


def switched(arm: Arm, row: Convention, value: Any) -> Arm | None:
    """Return the arm with a field at another value, everywhere.

    None if the arm does not speak of it, says so already, or could not be
    meant.
    """
    kind, field = row.field.split(".")
    try:
        layers = _LAYERS.validate_python(
            _with(_written(arm.layers), kind, field, value)
        )
        recipe = Recipe.model_validate(
            _with(_recipe(arm), kind, field, value)["recipe"]
        )
        # Whether all fits together is known to a whole experiment alone.
        Experiment(
            name="switched", data=arm.data, recipe=recipe, arms={"arm": layers}
        )
    except ValidationError:
        return None
    same = layers == arm.layers and recipe == arm.recipe
    return None if same else replace(arm, layers=layers, recipe=recipe)


def starts_elsewhere(arm: Arm, other: Arm) -> bool:
    """Whether two arms differ in what their tensors start from.

    Of tensors that are the same in number and shape; all that is shared on
    the ladder are these values, so nothing there shows such a difference.
    """
    if arm.tensors != other.tensors:
        return False
    mine, its = (initial_weights(each, 0, "float64") for each in (arm, other))
    return any(not np.array_equal(mine[name], its[name]) for name in mine)


def _written(layers: tuple[Layer, ...]) -> Any:
    return _LAYERS.dump_python(layers, mode="json")


def _recipe(arm: Arm) -> dict[str, Any]:
    return {"recipe": arm.recipe.model_dump(mode="json")}


def _said(written: Any, path: tuple[str, ...]) -> dict[tuple[str, ...], Any]:
    """Return every value by the last two words of the path to it."""
    found: dict[tuple[str, ...], Any] = {}
    if isinstance(written, list | tuple):
        for each in written:
            found = _said(each, path) | found
    elif isinstance(written, dict):
        for key, value in written.items():
            here = (*path, key)[-2:]
            found.setdefault(here, value)
            found = found | _said(value, here)
    return found


def _with(written: Any, kind: str, field: str, value: Any) -> Any:
    """Return what is written, with `field` of every `kind` changed."""
    if isinstance(written, list | tuple):
        return [_with(each, kind, field, value) for each in written]
    if not isinstance(written, dict):
        return written
    found = {k: _with(v, kind, field, value) for k, v in written.items()}
    inside = found.get(kind)
    if isinstance(inside, dict) and field in inside:
        found[kind] = inside | {field: value}
    return found
