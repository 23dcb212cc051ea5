"""What a name of PyTorch or Keras is called in the language.

`framework_names.json` beside this file has every public class, function and
argument of both frameworks for the elements of the language, and common
abbreviations, with the word that is written here or the statement that there
is no equivalent. `python -m tests.framework_names` makes it from what the
backends say and from what they cannot.

A name that a specification may not contain is looked up here before anything
that is merely spelt alike is suggested.
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

# Each family of elements, with an article, and where it is written.
FAMILIES = {
    "layer": ("a layer", "an arm's list of layers"),
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


# What a bare number most likely means.
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
    """What one name of a framework means here.

    Attributes:
        of: whose name it is: `t` PyTorch's, `k` Keras's, `kt` both, or
            nothing where it is a common word for the same.
        write: what to write, in YAML; empty where there is no equivalent.
        at: where to write it, such as `recipe.clipping`; empty where it
            takes the name's place, `layer` for a layer of its own.
        drop: whether the name is to be left out.
        says: what it means, in a sentence without an end.
    """

    of: str
    write: str = ""
    at: str = ""
    drop: bool = False
    says: str = ""

    @property
    def word(self) -> str:
        """The kind or field that is to be written."""
        found = re.search(r"\w+", self.write)
        return found[0] if found else ""

    def sentence(self, name: object) -> str:
        """Return the sentence about a name, as it was written."""
        told = OWNERS[self.of] + shown(name)
        reason = f": {self.says}" if self.says else ""
        if self.drop:
            return f"leave out {told}{reason}"
        if not self.write:
            kind = f" ({self.says})" if self.says else ""
            return f"the language has no equivalent of {told}{kind}"
        if self.at == "layer":
            where = f", {self.says}" if self.says else ""
            return (
                f"{told} is written as a layer of its own here{where}, such "
                f"as {self.write}"
            )
        if self.at:
            place, _, field = self.at.rpartition(".")
            where = "" if place == "experiment" else f" in '{place}'"
            if place == "experiment":
                where = " beside 'recipe'"
            return (
                f"{told} is written '{field}: {self.write}'{where} here"
                f"{reason}"
            )
        plain = re.fullmatch(r"[\w.()-]+", self.write)
        write = f"'{self.write}'" if plain else self.write
        return f"{told} is written {write} here{reason}"


@dataclass(frozen=True)
class Table:
    """The names of both frameworks, by where they would be written.

    Attributes:
        kinds: family → name → meaning, the name without capitals and `_`.
        fields: kind, record, family or `*` → name → meaning.
        values: `kind.field` → name → meaning.
        families: family → the words that the language has for it.
    """

    kinds: dict[str, dict[str, Meaning]]
    fields: dict[str, dict[str, Meaning]]
    values: dict[str, dict[str, Meaning]]
    families: dict[str, list[str]]

    def family_of(self, kind: str) -> list[str]:
        """Return the families that have an element of this kind."""
        return [f for f, words in self.families.items() if kind in words]


@cache
def table() -> Table:
    """Return the committed table."""
    document = json.loads(TABLE.read_text("utf-8"))
    read = {
        part: {
            scope: dict(_meanings(entries))
            for scope, entries in document[part].items()
        }
        for part in ("kinds", "fields", "values")
    }
    return Table(**read, families=document["families"])


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
    """Return a name as it is looked up: the last part, letters and digits.

    >>> bare("nn.BatchNorm2d"), bare("max_pool2d"), bare("kaiming_normal_")
    ('batchnorm2d', 'maxpool2d', 'kaimingnormal')
    """
    text = str(name)
    if re.fullmatch(r"[A-Za-z_][\w.]*(\(\))?", text):
        text = text.removesuffix("()").rpartition(".")[2]
    return same_letters(text)


def family_like(allowed: Collection[str]) -> str:
    """Return the family that most of the allowed words belong to.

    >>> family_like(["valid", "same"])
    'padding'
    """
    shared = {
        family: len(set(words) & set(allowed))
        for family, words in table().families.items()
    }
    return max(shared, key=lambda family: shared[family])


def kind_hint(name: object, allowed: Collection[str], family: str) -> str:
    """Return what a framework's name means as an element, or nothing.

    Args:
        name: what was written where an element's kind is expected.
        allowed: the kinds that may stand there.
        family: what these are, such as `layer`.
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
    """Return what an element of another family is and where it is written."""
    for other, (article, place) in FAMILIES.items():
        meaning = table().kinds.get(other, {}).get(bare(name))
        own = same_word(name, table().families.get(other, ()))
        if other == family or not (own or (meaning and meaning.of)):
            continue
        if own:
            return f"{own!r} is {article}, written in {place}"
        assert meaning is not None
        if meaning.at or not place or not meaning.write:
            return meaning.sentence(name)
        return f"{meaning.sentence(name)}; it is {article}, in {place}"
    return ""


def same_word(name: object, words: Collection[str]) -> str:
    """Return the word that has a name's letters and digits, or nothing.

    >>> same_word("BatchNorm", ["dense", "batch_norm"])
    'batch_norm'
    """
    return next((w for w in words if same_letters(w) == bare(name)), "")


def field_hint(kind: str, name: object, allowed: Collection[str]) -> str:
    """Return what a framework's argument is called here, or nothing.

    Args:
        kind: of the element or record that the field was written in.
        name: the field that was written.
        allowed: the fields that there are.
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
    return elsewhere_hint(name)


def value_hint(place: str, value: object) -> str:
    """Return what a framework's value is called here, or nothing.

    Args:
        place: the field, as `kind.field`.
        value: what was written there.
    """
    meaning = table().values.get(place, {}).get(same_letters(str(value)))
    return meaning.sentence(value) if meaning else ""


def unknown_kind(name: object, allowed: Collection[str]) -> str:
    """Return the sentence about an element that the language does not have.

    Args:
        name: what was written.
        allowed: the kinds that may stand there.
    """
    if hint := kind_hint(name, allowed, family_like(allowed)):
        return hint
    return (
        f"got {shown(name)}, expected one of: {closest(name, allowed)}"
        + nearest(name, allowed)
    )


def unknown_field(kind: str, name: object, allowed: Collection[str]) -> str:
    """Return the sentence about a field that a kind does not have.

    Args:
        kind: of the element or record that it was written in.
        name: the field that was written.
        allowed: the fields that there are.
    """
    if hint := field_hint(kind, name, allowed):
        return f"unknown field; {hint}"
    if not allowed:
        return "unknown field; no fields are allowed here"
    return f"unknown field; allowed: {names(allowed)}" + nearest(name, allowed)


def unnamed_value(kind: str, value: object, allowed: Collection[str]) -> str:
    """Return the sentence about a bare value that a kind does not take.

    Args:
        kind: of the element.
        value: what was written, as in `{relu: 3}`.
        allowed: the fields of the element.
    """
    got = f"got {shown(value)}, but '{kind}' takes no bare value"
    for family in table().family_of(kind):
        meaning = table().kinds[family].get(bare(kind))
        if meaning and not meaning.at and meaning.word not in ("", kind):
            theirs = OWNERS[meaning.of] + repr(kind.title())
            write = f"{{{meaning.word}: {shown(value)}}}"
            return f"{got}: {meaning.says}; {theirs} is written {write}"
    if kind in COUNTED and isinstance(value, int):
        return f"{got}; {COUNTED[kind]}"
    if not allowed:
        return f"{got} and has no fields; write '{kind}' alone"
    return f"{got}; name its fields, which are: {names(allowed)}"
