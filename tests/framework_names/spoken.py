"""The calls of one backend for each element: classes and their arguments.

The backend's own function returns the `Call` of every kind. Then each field
is given another value: the arguments that change are the framework's names
of the field.
"""

import importlib
import inspect
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import numpy as np
from pydantic_core import PydanticCustomError

from framework_parity.common.codegen.calls import Call
from framework_parity.common.codegen.lookup import function_for
from framework_parity.common.spec.layer import Shape, TokenShape
from framework_parity.common.spec.node import SpecNode, defaults_from, members
from tests.common.written import FAMILIES, written
from tests.framework_names.public import MODULES

# The families whose elements a backend builds one by one.
SAID = ("layer", "loss", "optimizer", "schedule", "initializer")
# Each layer accepts at least one of these shapes of a sample.
SHAPES: tuple[Shape, ...] = (
    (6, 6, 3),
    (6, 3),
    (5,),
    TokenShape((6,), 4),
)
LR, STEPS_PER_EPOCH, FANS = 0.1, 7, (5, 4)
# Kinds that are this project's own classes in both frameworks.
OURS = ("residual", "concatenate", "frozen", "custom")


def spoken(framework: str) -> dict[str, Any]:
    """Return which names a backend uses, and for what.

    Args:
        framework: `torch` or `keras`.

    Returns:
        `kinds`: family → class → the kinds that are built with it;
        `arguments`: kind → argument → field → whether the value is the
        field's own.
    """
    kinds: dict[str, dict[str, list[str]]] = {}
    arguments: dict[str, dict[str, dict[str, bool]]] = {}
    for family in SAID:
        for cls in members(FAMILIES[family]):
            kind = cls.kind()
            if kind in OURS:
                continue
            function = function_for(f"{framework}_impl", cls)
            for spec in _examples(cls):
                for call in _calls(function, family, spec).values():
                    name = _public_name(call, framework)
                    if name is None:
                        continue
                    entries = kinds.setdefault(family, {}).setdefault(name, [])
                    if kind not in entries:
                        entries.append(kind)
                _compare(function, family, spec, framework, arguments)
    return {"kinds": kinds, "arguments": arguments}


def _examples(cls: type[SpecNode]) -> Iterator[SpecNode]:
    for dialect in ("torch", "keras"):
        with defaults_from(dialect):
            yield cls.model_validate(written(cls))


def _calls(function: Any, family: str, spec: Any) -> dict[Shape, Call]:
    """Return a backend's calls for an element, for each shape that fits."""
    if family == "layer":
        calls = {}
        for shape in SHAPES:
            try:
                spec.output_shape(shape)
            except PydanticCustomError:  # the layer refuses the shape
                continue
            calls[shape] = function(spec, shape)
        return calls
    if family == "schedule":
        return {(): function(spec, LR, STEPS_PER_EPOCH)}
    if family == "initializer":
        return {(): function(spec, *FANS)}
    return {(): function(spec)}


def _compare(
    function: Any,
    family: str,
    spec: SpecNode,
    framework: str,
    arguments: dict[str, dict[str, dict[str, bool]]],
) -> None:
    """Change one field at a time and record which arguments change."""
    for field in type(spec).model_fields:
        for other in _others(spec, field):
            first = _calls(function, family, spec)
            then = _calls(function, family, other)
            for shape in set(first) & set(then):
                before, after = first[shape], then[shape]
                if _public_name(after, framework) is None:
                    continue
                if before.function is not after.function:
                    continue
                old, new = _named(before), _named(after)
                value = getattr(other, field)
                for name in new:
                    if _equal(old.get(name), new[name]):
                        continue
                    was = getattr(spec, field)
                    same = _equal(new[name], value) and _equal(
                        old.get(name), was
                    )
                    if isinstance(new[name], Call):
                        # An initialiser, or this project's own function.
                        if not isinstance(value, SpecNode):
                            continue
                        same = True
                    rows = arguments.setdefault(spec.kind(), {})
                    fields = rows.setdefault(name, {})
                    fields[field] = fields.get(field, True) and same


def _others(spec: SpecNode, field: str) -> Iterator[SpecNode]:
    """Yield the element with other values of one field."""
    value = getattr(spec, field)
    annotation = type(spec).model_fields[field].annotation
    if get_origin(annotation) is not None and isinstance(value, str):
        tried: list[Any] = list(get_args(annotation))
    elif isinstance(value, bool):
        tried = [not value]
    elif isinstance(value, int):
        tried = [value + 1, value + 2]
    elif isinstance(value, float):
        tried = [value * 0.5, value + 0.25, value + 2.0]
    elif isinstance(value, tuple) and value and isinstance(value[0], int):
        tried = [[each + 1 for each in value]]
    elif value is None:
        tried = [[1, 1], 0.5]
    else:
        tried = ["zeros", "same", "ones"]
    fields = {name: getattr(spec, name) for name in type(spec).model_fields}
    for other in tried:
        if other == value:
            continue
        try:
            with defaults_from("torch"):
                yield type(spec).model_validate(fields | {field: other})
        except ValueError:
            continue


def _named(call: Call) -> dict[str, Any]:
    """Return a call's arguments, each by its name."""
    parameters = list(inspect.signature(call.function).parameters)
    if _fills(call):
        parameters = parameters[1:]
    return dict(zip(parameters, call.args, strict=False)) | call.kwargs


def _fills(call: Call) -> bool:
    """Whether the first argument is a tensor or optimiser given later."""
    first = next(iter(inspect.signature(call.function).parameters), "")
    return first in ("tensor", "optimizer", "params")


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, Call) and isinstance(other, Call):
        return (
            one.function is other.function
            and _equal(list(one.args), list(other.args))
            and _equal(list(one.kwargs.values()), list(other.kwargs.values()))
        )
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    try:
        return bool(np.all(one == other))
    except Exception:  # noqa: BLE001 - what cannot be compared differs
        return False


def _public_name(call: Call, framework: str) -> str | None:
    """Return the public name of a call, or None for this project's own."""
    function = call.function
    if getattr(function, "__name__", "") == "Activation" and isinstance(
        call.args[0], str
    ):
        return call.args[0]
    for module in MODULES[framework]:
        for name, member in vars(importlib.import_module(module)).items():
            if member is function and not name.startswith("_"):
                return str(getattr(function, "__name__", name))
    return None
