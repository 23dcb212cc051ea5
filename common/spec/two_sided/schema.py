"""The extension of the JSON Schema to two-sided values."""

import json
from typing import Any

from framework_parity.common.spec.two_sided.arms import SIDES
from framework_parity.common.spec.two_sided.experiment import PARTS

Schema = dict[str, Any]

# Descriptions belong to the field, not to each of its sides.
_PROSE = ("title", "description", "default")


def two_sided(schema: Schema) -> Schema:
    """Return a schema that also accepts two-sided values.

    Args:
        schema: the schema of an experiment without sides.

    Returns:
        The schema in which every value inside `data`, `recipe` and each arm
        may also be a mapping of `torch` and `keras`. It also accepts a
        two-sided value inside another, which the parser rejects.
    """
    return _Extension(schema).extended()


class _Extension:
    """A schema together with the definitions that are added to it."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.known: Schema = dict(schema["$defs"])
        self.values: dict[str, str] = {}
        self.reached: list[str] = []

    def extended(self) -> Schema:
        properties = dict(self.schema["properties"])
        for part in PARTS:
            inside = self._inside(properties[part])
            properties[part] = (
                inside if part == "arms" else self._either(inside)
            )
        for name in self.reached:  # grows while it is walked
            self.known[name] = self._inside(self.schema["$defs"][name])
        return self.schema | {"properties": properties, "$defs": self.known}

    def _inside(self, schema: Any) -> Any:
        """Return a schema whose fields and entries may have two sides."""
        if isinstance(schema, list):
            return [self._inside(entry) for entry in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name not in self.reached:
                self.reached.append(name)
        extended: Schema = {}
        for word, value in schema.items():
            if word in ("properties", "patternProperties"):
                extended[word] = {
                    key: self._either(self._inside(inner))
                    for key, inner in value.items()
                }
            elif word == "items":
                extended[word] = self._either(self._inside(value), entry=True)
            elif word in ("anyOf", "oneOf"):
                extended[word] = self._inside(value)
            elif word == "prefixItems":
                extended[word] = [self._either(self._inside(v)) for v in value]
            else:
                extended[word] = value
        return extended

    def _either(self, schema: Schema, *, entry: bool = False) -> Schema:
        """Return a schema that accepts a value, or one for each framework.

        Args:
            schema: the schema of the value.
            entry: whether the value is an entry of a list, where a side may
                also be null or, for layers, several entries.
        """
        value = {k: v for k, v in schema.items() if k not in _PROSE}
        prose = {k: v for k, v in schema.items() if k in _PROSE}
        if set(value) != {"$ref"}:
            value = {"$ref": f"#/$defs/{self._named(value)}"}
        side = value
        if entry:
            several = {"type": "array", "items": value}
            side = {"anyOf": [value, {"type": "null"}, several]}
        sides = {
            "type": "object",
            "properties": dict.fromkeys(SIDES, side),
            "required": list(SIDES),
            "additionalProperties": False,
        }
        return prose | {"anyOf": [value, sides]}

    def _named(self, schema: Schema) -> str:
        """Return the name of the definition with this schema."""
        text = json.dumps(schema, sort_keys=True)
        if text not in self.values:
            name = f"value_{len(self.values) + 1}"
            self.values[text] = name
            self.known[name] = schema
        return self.values[text]
