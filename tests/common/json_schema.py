"""The part of JSON Schema that our schema uses, to validate documents.

An unknown keyword raises, so that none is silently ignored.
"""

import re
from collections.abc import Callable
from typing import Any

TYPES: dict[str, Any] = {
    "array": list,
    "boolean": bool,
    "null": type(None),
    "object": dict,
    "string": str,
}

# Keywords that describe and do not restrict.
PROSE = {"$schema", "$defs", "title", "description", "default"}


def accepts(schema: dict[str, Any], document: Any) -> bool:
    """Return whether a document is valid under a schema."""
    return _accepts(schema, document, schema)


def _accepts(schema: Any, value: Any, root: Any) -> bool:
    for keyword, wanted in schema.items():
        if keyword in PROSE:
            continue
        if not RULES[keyword](wanted, value, schema, root):
            return False
    return True


def _is(kind: str, value: Any) -> bool:
    if kind in ("integer", "number"):
        numbers = int if kind == "integer" else (int, float)
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])


def _numeric(test: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    return lambda wanted, value, schema, root: (
        not _is("number", value) or test(value, wanted)
    )


def _sized(kind: str) -> Callable[..., bool]:
    return lambda wanted, value, schema, root: (
        not _is(kind, value) or len(value) >= wanted
    )


def _properties(wanted: Any, value: Any, schema: Any, root: Any) -> bool:
    return not _is("object", value) or all(
        _accepts(wanted[name], inner, root)
        for name, inner in value.items()
        if name in wanted
    )


def _patterns(wanted: Any, value: Any, schema: Any, root: Any) -> bool:
    return not _is("object", value) or all(
        _accepts(inner_schema, inner, root)
        for pattern, inner_schema in wanted.items()
        for name, inner in value.items()
        if re.search(pattern, name)
    )


def _additional(wanted: Any, value: Any, schema: Any, root: Any) -> bool:
    assert wanted is False
    known = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    return not _is("object", value) or all(
        name in known or any(re.search(p, name) for p in patterns)
        for name in value
    )


def _reference(wanted: Any, value: Any, schema: Any, root: Any) -> bool:
    assert wanted.startswith("#/$defs/")
    return _accepts(root["$defs"][wanted.split("/")[-1]], value, root)


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


RULES: dict[str, Callable[..., bool]] = {
    "$ref": _reference,
    "additionalProperties": _additional,
    "anyOf": lambda w, v, s, r: any(_accepts(each, v, r) for each in w),
    "const": lambda w, v, s, r: _same(w, v),
    "enum": lambda w, v, s, r: any(_same(each, v) for each in w),
    "exclusiveMaximum": _numeric(lambda value, bound: value < bound),
    "exclusiveMinimum": _numeric(lambda value, bound: value > bound),
    "items": lambda w, v, s, r: (
        not _is("array", v) or all(_accepts(w, each, r) for each in v)
    ),
    "maximum": _numeric(lambda value, bound: value <= bound),
    "minimum": _numeric(lambda value, bound: value >= bound),
    "maxItems": lambda w, v, s, r: not _is("array", v) or len(v) <= w,
    "minItems": _sized("array"),
    "minProperties": _sized("object"),
    "oneOf": lambda w, v, s, r: sum(_accepts(each, v, r) for each in w) == 1,
    "pattern": lambda w, v, s, r: (
        not _is("string", v) or re.search(w, v) is not None
    ),
    "patternProperties": _patterns,
    "properties": _properties,
    "required": lambda w, v, s, r: (
        not _is("object", v) or all(name in v for name in w)
    ),
    "type": lambda w, v, s, r: _is(w, v),
}
