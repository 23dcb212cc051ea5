"""Messages about values in the wrong form for an element or a record."""

import math
import re
from typing import Any

from framework_parity.common.spec.errors import shown
from framework_parity.common.spec.names.framework_names import (
    field_hint,
    same_word,
    table,
)

# The likely meaning of a number where an element or a record is expected.
NUMBERS = {
    "padding": "{{symmetric: {}}}",
    "clipping": "{{by_global_norm: {}}}",
    "optimizer": "{{adam: {}}}",
    "kernel_initializer": "{{constant: {}}}",
    "bias_initializer": "{{constant: {}}}",
    "schedule": "{{exponential: {{by: {}}}}}",
    "penalty": "{{l2: {}}}",
    "early_stopping": "{{patience: {}}}",
    "plateau": "{{by: 0.1, patience: {}}}",
    "accumulation": "{{batches: {}}}",
    "probes": "",
}
# The most likely meaning of a word where a record is expected.
WORDS = {
    "penalty": {"l1": "{l1: 0.01}", "l2": "{l2: 0.01}"},
    "early_stopping": {"true": "{patience: 5}"},
    "plateau": {"true": "{by: 0.1, patience: 10}"},
    "accumulation": {"sum": "{batches: 4, reduction: sum}"},
}
# The keys that name a class in a framework's own configuration.
NAMING = ("type", "kind", "class_name", "class", "layer", "name", "_target_")
RATE = re.compile(r"\.decay$")


def form_hint(place: str, value: Any) -> str:
    """Return a hint about the correct form of a value.

    Args:
        place: the field, as `kind.field`.
        value: the value of the field.

    Returns:
        The hint, or an empty string.
    """
    field = place.rpartition(".")[2]
    if _is_number(value):
        if RATE.search(place):
            return (
                "the rate's own decay is written 'schedule: {inverse_time: "
                f"{{k: {value:g}}}}}' in 'recipe'"
            )
        form = NUMBERS.get(field, "")
        return f"write {form.format(value)}" if form else ""
    if field == "lr" and isinstance(value, str) and _is_quoted(value):
        return f"write {value} without quotes"
    if field == "lr" and isinstance(value, dict | str):
        return (
            "a schedule is written 'schedule: {cosine: {steps: 100}}' in "
            "'recipe', and multiplies this rate"
        )
    write = WORDS.get(field, {}).get(str(value).lower(), "")
    return f"write {write}" if write else ""


def no_element(place: str, value: Any) -> str:
    """Return the message about a value that is not one element.

    Args:
        place: the field, as `kind.field`, or `layer`.
        value: the value of the field.

    Returns:
        A sentence with the expected form.
    """
    field = place.rpartition(".")[2]
    got = f"got {shown(value)}"
    form = NUMBERS.get(field, "")
    if _is_number(value) and form:
        return f"{got}, expected one element; write {form.format(value)}"
    if field == "padding" and isinstance(value, list | tuple):
        return (
            f"{got}, expected one element; rows and columns to add on both "
            "sides are written {symmetric: [1, 1]}"
        )
    if isinstance(value, list | tuple) and value:
        kind = str(value[0])
        if len(value) == 2 and table().family_of(kind):
            return f"{got}, expected one element; write {{{kind}: {value[1]}}}"
    if isinstance(value, dict) and len(value) > 1:
        return f"{got}, {_many(value)}"
    return f"{got}, expected one element, written 'kind' or {{kind: fields}}"


def _many(value: dict[Any, Any]) -> str:
    """Return the message about a mapping with several keys."""
    inside = "expected one key, the kind, with its fields inside it"
    kinds = [str(key) for key in value if table().family_of(str(key))]
    named = [key for key in NAMING if key in value]
    if len(kinds) > 1:
        return (
            f"expected one element: {{{kinds[0]}: ...}}, {{{kinds[1]}: ...}}"
        )
    if named and not kinds:
        return f"{inside}: write {_nested(value, named[0])}"
    if not kinds:
        return f"{inside}: {{dense: {{units: 3}}}}"
    field = next(key for key in value if str(key) != kinds[0])
    hint = field_hint(kinds[0], field, ())
    if hint:
        return f"{inside}; {hint}"
    return f"{inside}: {{{kinds[0]}: {{{field}: ...}}}}"


def _nested(value: dict[Any, Any], naming: str) -> str:
    """Return the element for a mapping that names its class in a field.

    Args:
        value: the mapping, such as `{type: Dense, units: 3}`.
        naming: the key that names the class.
    """
    kind = str(value[naming])
    words = [w for kinds in table().families.values() for w in kinds]
    fields = ", ".join(f"{k}: {v}" for k, v in value.items() if k != naming)
    return shown_text(f"{{{same_word(kind, words) or kind}: {{{fields}}}}}")


def shown_text(text: str) -> str:
    """Return a text, truncated to 60 characters."""
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_quoted(value: str) -> bool:
    """Whether a text is a finite number, written in quotes.

    >>> _is_quoted("0.005"), _is_quoted("nan"), _is_quoted("cosine")
    (True, False, False)
    """
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
