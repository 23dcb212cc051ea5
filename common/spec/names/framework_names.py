"""Translation of names of PyTorch and Keras to the specification language.

`framework_names.json` next to this file has every public class, function and
argument of both frameworks for the elements of the language, and common
abbreviations. Each entry has the equivalent in the language, or states that
there is none. `python -m tests.framework_names` generates the file from the
backends and from hand-written entries.

An unknown name in a specification is looked up here before a name with a
similar spelling is suggested.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from framework_parity.common.spec.errors import (
    closest,
    names,
    nearest,
    same_letters,
    shown,
)

TABLE = Path(__file__).with_suffix(".json")

OWNERS = {
    "": "",
    "t": "PyTorch's ",
    "k": "Keras's ",
    "kt": "PyTorch's and Keras's ",
}

# Each family of elements: the noun with its article, and the place of it.
FAMILIES = {
    "layer": ("a layer", "a list of layers"),
    "loss": ("a loss", "'recipe.loss'"),
    "optimizer": ("an optimiser", "'recipe.optimizer'"),
    "schedule": ("a schedule", "'recipe.schedule'"),
    "initializer": ("an initialiser", "a layer's 'kernel_initializer'"),
    "padding": ("a padding", "the 'padding' of a convolution or a pool"),
    "clipping": ("a clipping", "'recipe.clipping'"),
    "source": ("a data set", "'data'"),
    "regularizer": ("a penalty", "'recipe.penalty'"),
    "constraint": ("a constraint", ""),
    "callback": ("a callback", ""),
    "statistic": ("a statistic", "a claim"),
}


# The most likely meaning of a bare number.
_FOUND = (
    "the number of features follows from what reaches it: write '{}' alone"
)
COUNTED = {
    "batch_norm": _FOUND.format("batch_norm"),
    "layer_norm": _FOUND.format("layer_norm"),
    "softmax": "it is taken over the channels: write 'softmax' alone",
    "spiral": "write {spiral: {samples: 300}}",
    "digits": "write {digits: {samples: 300}}",
}


@dataclass(frozen=True)
class Meaning:
    """The equivalent of a framework's name in the language.

    Attributes:
        of: the owner of the name: `t` for PyTorch, `k` for Keras, `kt` for
            both, empty for a common abbreviation.
        write: the equivalent, in YAML; empty where there is none.
        at: the place of the equivalent, such as `recipe.clipping`; `layer`
            for a separate layer; empty where it replaces the name.
        drop: whether the name has to be omitted.
        says: the meaning, a sentence without a full stop.
    """

    of: str
    write: str = ""
    at: str = ""
    drop: bool = False
    says: str = ""

    @property
    def word(self) -> str:
        """The kind or field of the equivalent."""
        match = re.search(r"\w+", self.write)
        return match[0] if match else ""

    def sentence(self, name: object) -> str:
        """Return the sentence about a name, quoted as it was written."""
        term = OWNERS[self.of] + shown(name)
        reason = f": {self.says}" if self.says else ""
        if self.drop:
            return f"leave out {term}{reason}"
        if not self.write:
            kind = f" ({self.says})" if self.says else ""
            return f"the language has no equivalent of {term}{kind}"
        if self.at == "layer":
            where = f", {self.says}" if self.says else ""
            return (
                f"{term} is written as a layer of its own here{where}, such "
                f"as {self.write}"
            )
        if self.at:
            place, _, field = self.at.rpartition(".")
            where = "" if place == "experiment" else f" in '{place}'"
            if place == "experiment":
                where = " beside 'recipe'"
            return (
                f"{term} is written '{field}: {self.write}'{where} here"
                f"{reason}"
            )
        plain = re.fullmatch(r"[\w.()-]+", self.write)
        write = f"'{self.write}'" if plain else self.write
        return f"{term} is written {write} here{reason}"


@dataclass(frozen=True)
class NameTable:
    """The names of both frameworks, by the place where they are written.

    Attributes:
        kinds: family → name → meaning; names are lower case without `_`.
        fields: kind, record, family or `*` → name → meaning.
        values: `kind.field` → name → meaning.
        families: family → the kinds of the language.
    """

    kinds: dict[str, dict[str, Meaning]]
    fields: dict[str, dict[str, Meaning]]
    values: dict[str, dict[str, Meaning]]
    families: dict[str, list[str]]

    def family_of(self, kind: str) -> list[str]:
        """Return the families that contain an element of this kind."""
        return [f for f, words in self.families.items() if kind in words]


@cache
def table() -> NameTable:
    """Return the table in `framework_names.json`."""
    document = json.loads(TABLE.read_text("utf-8"))
    read = {
        part: {
            scope: dict(_meanings(entries))
            for scope, entries in document[part].items()
        }
        for part in ("kinds", "fields", "values")
    }
    return NameTable(**read, families=document["families"])


def _meanings(
    entries: list[dict[str, object]],
) -> Iterator[tuple[str, Meaning]]:
    for entry in entries:
        rest = {k: v for k, v in entry.items() if k != "names"}
        owners = entry["names"]
        assert isinstance(owners, dict)
        for name, of in owners.items():
            yield name, Meaning(of, **rest)  # type: ignore[arg-type]


def bare(name: object) -> str:
    """Return the lookup key of a name: letters and digits of its last part.

    >>> bare("nn.BatchNorm2d"), bare("max_pool2d"), bare("kaiming_normal_")
    ('batchnorm2d', 'maxpool2d', 'kaimingnormal')
    """
    text = str(name)
    if re.fullmatch(r"[A-Za-z_][\w.]*(\(\))?", text):
        text = text.removesuffix("()").rpartition(".")[2]
    return same_letters(text)


def family_like(allowed: Collection[str]) -> str:
    """Return the family with most of the allowed kinds.

    >>> family_like(["valid", "same"])
    'padding'
    """
    shared = {
        family: len(set(words) & set(allowed))
        for family, words in table().families.items()
    }
    return max(shared, key=lambda family: shared[family])


def kind_hint(name: object, allowed: Collection[str], family: str) -> str:
    """Return a hint about a framework's name for an element.

    Args:
        name: the value where the kind of an element is expected.
        allowed: the kinds that are allowed there.
        family: the family of these kinds, such as `layer`.

    Returns:
        The hint, or an empty string if the name is unknown.
    """
    meaning = table().kinds.get(family, {}).get(bare(name))
    if meaning is None:
        return elsewhere_hint(name, family)
    if meaning.write and not meaning.at and meaning.word not in allowed:
        return (
            f"{OWNERS[meaning.of]}{shown(name)} has no equivalent at this "
            f"place, expected one of: {names(allowed)}"
        )
    return meaning.sentence(name)


def elsewhere_hint(name: object, family: str = "") -> str:
    """Return a hint about an element of another family.

    Args:
        name: the value where the kind of an element is expected.
        family: the family that is expected there.

    Returns:
        What the element is and where it is written, or an empty string.
    """
    for candidate, (article, place) in FAMILIES.items():
        meaning = table().kinds.get(candidate, {}).get(bare(name))
        word = same_word(name, table().families.get(candidate, ()))
        if candidate == family or not (word or (meaning and meaning.of)):
            continue
        if word:
            return f"{word!r} is {article}, written in {place}"
        assert meaning is not None
        if meaning.at or not place or not meaning.write:
            return meaning.sentence(name)
        return f"{meaning.sentence(name)}; it is {article}, in {place}"
    return ""


def same_word(name: object, words: Collection[str]) -> str:
    """Return the word with the same letters and digits as a name.

    Args:
        name: the name.
        words: the words to search.

    Returns:
        The first such word, or an empty string.

    >>> same_word("BatchNorm", ["dense", "batch_norm"])
    'batch_norm'
    """
    return next((w for w in words if same_letters(w) == bare(name)), "")


def field_hint(kind: str, name: object, allowed: Collection[str]) -> str:
    """Return a hint about a framework's name for a field.

    Args:
        kind: the kind of the element or record with the field.
        name: the unknown field.
        allowed: the known fields.

    Returns:
        The hint, or an empty string if the name is unknown.
    """
    if word := same_word(name, allowed):
        return f"{shown(name)} is written '{word}' here"
    for scope in (kind, *table().family_of(kind), "*"):
        meaning = table().fields.get(scope, {}).get(bare(name))
        if meaning is None:
            continue
        if meaning.write and not meaning.at and meaning.word not in allowed:
            continue
        return meaning.sentence(name)
    if hint := elsewhere_hint(name):
        fields = f"; allowed here: {names(allowed)}" if allowed else ""
        return hint + fields
    return ""


def value_hint(place: str, value: object) -> str:
    """Return a hint about a framework's name for a value.

    Args:
        place: the field, as `kind.field`.
        value: the value of the field.

    Returns:
        The hint, or an empty string if the value is unknown.
    """
    meaning = table().values.get(place, {}).get(same_letters(str(value)))
    return meaning.sentence(value) if meaning else ""


def unknown_kind(name: object, allowed: Collection[str]) -> str:
    """Return the message about an unknown kind of element.

    Args:
        name: the unknown kind.
        allowed: the kinds that are allowed there.

    Returns:
        A sentence, with a hint to the equivalent or to a similar name.
    """
    if hint := kind_hint(name, allowed, family_like(allowed)):
        return hint
    return (
        f"got {shown(name)}, expected one of: {closest(name, allowed)}"
        + nearest(name, allowed)
    )


def unknown_field(kind: str, name: object, allowed: Collection[str]) -> str:
    """Return the message about an unknown field.

    Args:
        kind: the kind of the element or record with the field.
        name: the unknown field.
        allowed: the known fields.

    Returns:
        A sentence, with a hint to the equivalent or to a similar name.
    """
    if hint := field_hint(kind, name, allowed):
        return f"unknown field; {hint}"
    if not allowed:
        return "unknown field; no fields are allowed here"
    return f"unknown field; allowed: {names(allowed)}" + nearest(name, allowed)


def unnamed_value(kind: str, value: object, allowed: Collection[str]) -> str:
    """Return the message about a bare value where a kind takes none.

    Args:
        kind: the kind of the element.
        value: the bare value, as in `{relu: 3}`.
        allowed: the fields of the element.

    Returns:
        A sentence, with a hint to the correct form.
    """
    got = f"got {shown(value)}, but '{kind}' takes no bare value"
    for family in table().family_of(kind):
        meaning = table().kinds[family].get(bare(kind))
        if meaning and not meaning.at and meaning.word not in ("", kind):
            term = OWNERS[meaning.of] + repr(kind.title())
            write = f"{{{meaning.word}: {shown(value)}}}"
            return f"{got}: {meaning.says}; {term} is written {write}"
    if kind in COUNTED and isinstance(value, int):
        return f"{got}; {COUNTED[kind]}"
    if not allowed:
        return f"{got} and has no fields; write '{kind}' alone"
    return f"{got}; name its fields, which are: {names(allowed)}"
