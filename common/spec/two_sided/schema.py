"""The part of the JSON Schema that lets values have two sides."""

import json
from typing import Any

from framework_parity.common.spec.two_sided.arms import SIDES
from framework_parity.common.spec.two_sided.experiment import PARTS

Schema = dict[str, Any]

# Descriptions stay with the field, not with each of its sides.
_PROSE = ("title", "description", "default")


def two_sided(schema: Schema) -> Schema:
    """Return a schema that also takes two-sided values.

    Args:
        schema: that of an experiment without sides.

    Returns:
        The schema in which every value inside `data`, `recipe` and each arm
        may also be a mapping of `torch` and `keras`. It takes a two-sided
        value inside of another, which the language refuses.
    """
    return _Extension(schema).extended()


class _Extension:
    """One schema, and the definitions that it gets."""

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
            return [self._inside(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name not in self.reached:
                self.reached.append(name)
        found: Schema = {}
        for word, value in schema.items():
            if word in ("properties", "patternProperties"):
                found[word] = {
                    key: self._either(self._inside(inner))
                    for key, inner in value.items()
                }
            elif word == "items":
                found[word] = self._either(self._inside(value), entry=True)
            elif word in ("anyOf", "oneOf"):
                found[word] = self._inside(value)
            elif word == "prefixItems":
                found[word] = [self._either(self._inside(v)) for v in value]
            else:
                found[word] = value
        return found

    def _either(self, schema: Schema, *, entry: bool = False) -> Schema:
        """Return a schema that takes a value, or one for each framework.

        Args:
            schema: of the value.
            entry: whether it is one of a list, in which a side may also be
                nothing or, of layers, several entries.
        """
        own = {k: v for k, v in schema.items() if k not in _PROSE}
        prose = {k: v for k, v in schema.items() if k in _PROSE}
        if set(own) != {"$ref"}:
            own = {"$ref": f"#/$defs/{self._named(own)}"}
        side = own
        if entry:
            several = {"type": "array", "items": own}
            side = {"anyOf": [own, {"type": "null"}, several]}
        sides = {
            "type": "object",
            "properties": dict.fromkeys(SIDES, side),
            "required": list(SIDES),
            "additionalProperties": False,
        }
        return prose | {"anyOf": [own, sides]}

    def _named(self, schema: Schema) -> str:
        """Return the name of a definition that says this."""
        text = json.dumps(schema, sort_keys=True)
        if text not in self.values:
            name = f"value_{len(self.values) + 1}"
            self.values[text] = name
            self.known[name] = schema
        return self.values[text]
