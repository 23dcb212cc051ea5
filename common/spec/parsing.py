"""Parse a file or a dictionary into an experiment.

Pydantic's errors are rewritten as one sentence each; see `SpecError`.
"""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from framework_parity.common.spec.conventions import defaults_of
from framework_parity.common.spec.errors import (
    SpecError,
    names,
    nearest,
    shown,
)
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.names.framework_names import (
    unknown_kind,
    value_hint,
)
from framework_parity.common.spec.names.written_forms import (
    form_hint,
    no_element,
)
from framework_parity.common.spec.node import Model

TOO_DEEP = "is nested too deeply to be read"


def read(path: str | Path) -> Any:
    """Return the content of a YAML or JSON file, before validation.

    Args:
        path: the file; `.json` is read as JSON, any other as YAML.

    Returns:
        The parsed document.

    Raises:
        SpecError: if the file is missing, or is not YAML or JSON.
    """
    file = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise SpecError("", f"cannot be read: {reason}", file) from error
    try:
        if Path(path).suffix == ".json":
            return json.loads(text, object_pairs_hook=_unique)
        return yaml.load(text, _Loader)  # noqa: S506 - is a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = getattr(error, "problem", None) or str(error)
        mark = getattr(error, "problem_mark", None)
        line = f" on line {mark.line + 1}" if mark else ""
        raise SpecError(
            "", f"cannot be read as {_language(path)}{line}: {problem}", file
        ) from error


def parse_one(written: Any) -> Experiment:
    """Parse a document that has no two-sided values.

    Args:
        written: a dictionary, as read from a file.

    Returns:
        The experiment.

    Raises:
        SpecError: if the document is invalid; names the field.
    """
    if not isinstance(written, dict):
        raise SpecError(
            "",
            f"got {shown(written)}, expected a mapping with the fields "
            f"{names(Experiment.model_fields)}",
        )
    try:
        return Experiment.model_validate(written)
    except ValidationError as error:
        if any("recursion" in details["type"] for details in error.errors()):
            raise SpecError("", TOO_DEEP) from error
        raise spec_error(error) from error
    except RecursionError as error:
        raise SpecError("", TOO_DEEP) from error


def spec_error(error: ValidationError) -> SpecError:
    """Return pydantic's first error as one sentence.

    Pydantic reports a field that may have one of several types once for each
    type; these errors have the same path and are joined into one
    "expected ... or ...".
    """
    located = [(_path(details), details) for details in error.errors()]
    path, first = located[0]
    same = [details for location, details in located if location == path]
    expected = [text for details in same if (text := _expected(details))]
    if len(expected) == len(same):
        got = shown(first["input"])
        message = f"got {got}, expected {' or '.join(expected)}"
        hint = value_hint(_place(first), first["input"]) or form_hint(
            _place(first), first["input"]
        )
        if hint:
            return SpecError(path, f"{message}; {hint}")
        for details in same:
            if details["type"] == "literal_error":
                message += nearest(
                    details["input"], _quoted(details, "expected")
                )
        return SpecError(path, message)
    return SpecError(path, _message(first))


def _path(error: ErrorDetails) -> str:
    """Return the path of a field, such as arms.deep[2].dense.units."""
    parts = list(error["loc"])
    before: list[str | int] = []
    if parts[:1] == ["arms"] and len(parts) > 2:
        # The tag of an arm, list or mapping, is not a field.
        del parts[2]
        if len(parts) > 2 and parts[2] in ("recipe", "data"):
            before, parts = parts[:2], parts[2:]
    if parts[:1] == ["claims"] and len(parts) > 2:
        # Neither is the tag of a claim.
        del parts[2]
    # Steps of pydantic's path that are not in the document: the source of the
    # data is next to its siblings, and neither a type nor a key is a field.
    if parts[:2] == ["data", "source"]:
        del parts[1]
    if parts[:2] in (["recipe", "batch_size"], ["data", "validation"]):
        del parts[2:]
    if parts[:2] == ["data", "scaling"]:
        del parts[2:3]
    if parts[:3] == ["data", "table", "classes"]:
        del parts[3:]
    if parts[:1] == ["probes"] and len(parts) > 3:
        # These are tags: an epoch is a number or a word, places are names.
        kept = isinstance(parts[3], int)
        parts = parts[: 4 if kept else 3] + [
            part for part in parts[4:] if isinstance(part, int)
        ]
    if parts[-1:] == ["[key]"]:
        del parts[-1]
    if error["type"] == "unknown_field":
        parts.append(error["ctx"]["field"])
    text = ""
    for part in before + parts:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if len(part) <= 60 else f"{part[:57]}..."
            text += f".{name}" if text else name
    return text


def _place(error: ErrorDetails) -> str:
    """Return a field as `kind.field`, or `layer` among an arm's layers."""
    parts = _path(error).split(".")
    if parts[-1].endswith("]"):
        return "layer"
    kind = parts[-2] if len(parts) > 1 else "experiment"
    return f"{kind}.{parts[-1]}"


_EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "string_pattern_mismatch": "a name of lower-case letters, digits and "
    "'_', beginning with a letter",
    "string_type": "text",
    "too_short": "at least one entry",
    "tuple_type": "a list",
}


def _expected(error: ErrorDetails) -> str | None:
    """Return the expected value, or None where it is not known."""
    if error["type"] == "literal_error":
        allowed = _quoted(error, "expected")
        return (
            repr(allowed[0])
            if len(allowed) == 1
            else (f"one of: {names(allowed)}")
        )
    if error["type"] == "model_type":
        return f"a mapping{_with_fields(error['ctx']['class_name'])}"
    template = _EXPECTED.get(error["type"])
    return template and template.format(**error.get("ctx", {}))


def _with_fields(record: str) -> str:
    """Return the fields of a record of the language, or an empty string."""
    waiting: list[type[Model]] = [Model]
    for cls in waiting:
        if cls.__name__ == record:
            return f" with the fields {names(cls.model_fields)}"
        waiting += cls.__subclasses__()
    return ""


def _quoted(error: ErrorDetails, key: str) -> list[str]:
    """Return the names that pydantic lists, in quotes, in its context."""
    return re.findall(r"'([^']*)'", str(error["ctx"][key]))


def _message(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] == "union_tag_invalid":
        allowed = _quoted(error, "expected_tags")
        return unknown_kind(str(context["tag"]), allowed)
    if error["type"] == "union_tag_not_found":
        return no_element(_place(error), error["input"])
    if error["type"] == "missing":
        *_, kind, field = ("", "recipe", *error["loc"])
        fills = field in defaults_of("torch").get(str(kind), {})
        named = "; give it, or name a dialect (torch, keras)" if fills else ""
        return f"is missing{named}"
    if error["type"] == "value_error":
        return str(context["error"])
    return str(context.get("text", error["msg"]))


def _language(path: str | Path) -> str:
    return "JSON" if Path(path).suffix == ".json" else "YAML"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"the key {key!r} stands twice")
    return dict(pairs)


class _Loader(yaml.SafeLoader):
    """YAML in which 1e-3 is a number and no key is allowed twice."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None,
                    None,
                    f"the key {key!r} stands twice",
                    key_node.start_mark,
                )
            seen.add(key) if isinstance(key, str) else None
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
    list("-+0123456789."),
)
