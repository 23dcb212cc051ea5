"""Make the table of framework names from three sources.

The sources are the public names and arguments of both frameworks, the calls
that the backends make for each element (`spoken`), and the declarations in
the three YAML files beside this one. A public name that none of them explains
is a fault, and so is a declaration that contradicts a backend.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from framework_parity.common.data.scaling import Normalize
from framework_parity.common.data.spec import Data
from framework_parity.common.metrics.registry import STATISTICS
from framework_parity.common.spec.arm import ArmSpec
from framework_parity.common.spec.errors import same_letters
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.groups import ParameterGroup
from framework_parity.common.spec.layers.activations import Custom
from framework_parity.common.spec.names.framework_names import (
    TABLE,
    Meaning,
    bare,
)
from framework_parity.common.spec.node import Model, SpecNode, members
from framework_parity.common.spec.penalties import Penalty
from framework_parity.common.spec.recipe import (
    Accumulation,
    EarlyStopping,
    Plateau,
    Recipe,
)
from tests.common.written import FAMILIES
from tests.framework_names.public import GRID, MODULES

HERE = Path(__file__).parent
LETTERS = {"torch": "t", "keras": "k"}
RECORDS: tuple[type[Model], ...] = (
    Experiment,
    ArmSpec,
    Recipe,
    Data,
    EarlyStopping,
    Plateau,
    Accumulation,
    Normalize,
    ParameterGroup,
    Penalty,
)
# The record whose fields correspond to what a script passes to a framework.
PASSED = {
    "fit": "recipe",
    "compile": "recipe",
    "DataLoader": "recipe",
    "EarlyStopping": "early_stopping",
    "ReduceLROnPlateau": "plateau",
    "L1": "penalty",
    "L2": "penalty",
    "L1L2": "penalty",
}

# A value for each field of a record, by the record that it belongs to.
BELONGS: dict[str, dict[str, str]] = {
    "recipe": {
        "loss": "cross_entropy",
        "optimizer": "{adam: 0.001}",
        "penalty": "{l2: 0.01}",
        "clipping": "{by_global_norm: 1.0}",
        "accumulation": "{batches: 4}",
        "groups": "[{layers: [dense_1], lr_factor: 0.1}]",
        "schedule": "{cosine: {steps: 100}}",
        "batch_size": "32",
        "epochs": "10",
        "last_batch": "drop",
        "shuffle": "each_epoch",
        "plateau": "{by: 0.5, patience: 5}",
        "early_stopping": "{patience: 5}",
        "checkpoint": "validation_loss",
        "evaluate_every": "1",
        "precision": "float32",
    },
    "data": {
        "test": "0.2",
        "validation": "0.2",
        "scaling": "standardize",
    },
    "experiment": {
        "dialect": "torch",
        "arms": "{net: [{dense: 3}]}",
        "claims": "[net.test_accuracy > 0.5]",
        "data": "{digits: {}}",
    },
}


# The data sets with required fields.
DEMANDING = {
    "table": "{table: {file: samples.csv, target: label, classes: 3}}",
    "points": "{points: {x: [[0, 1], [1, 0]], y: [1, 2]}}",
}


class UnexplainedError(Exception):
    """The sources do not explain every name, or contradict each other."""


def declared(file: str) -> dict[str, list[dict[str, Any]]]:
    """Return what a YAML file beside this one declares."""
    text = (HERE / f"{file}.yaml").read_text("utf-8")
    document: dict[str, list[dict[str, Any]]] = yaml.safe_load(text)
    return document


def made(answers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the table in the form in which it is committed.

    Args:
        answers: framework → what `tests.framework_names.ask` prints of it.

    Raises:
        UnexplainedError: if a public name or argument is neither mapped nor
            declared without equivalent, or a declaration contradicts a
            backend.
    """
    making = _Making(answers)
    making.take_kinds()
    making.take_fields()
    making.take_misplaced()
    making.check_formulas()
    if making.faults:
        raise UnexplainedError("\n".join(making.faults))
    return {
        "families": {
            family: [cls.kind() for cls in members(union)]
            for family, union in FAMILIES.items()
        }
        | {"statistic": sorted(STATISTICS)},
        "kinds": _grouped(making.kinds),
        "fields": _grouped(making.fields),
        "values": _grouped(_read(declared("values"))),
    }


def text(document: dict[str, Any]) -> str:
    """Return the table as a file: a line for each entry."""
    parts = []
    for part, scopes in document.items():
        lines = []
        for scope, entries in scopes.items():
            dumps = [json.dumps(each, ensure_ascii=False) for each in entries]
            inside = ",\n   ".join(dumps)
            lines.append(f"  {json.dumps(scope)}: [\n   {inside}\n  ]")
        inside = ",\n".join(lines)
        parts.append(f" {json.dumps(part)}: {{\n{inside}\n }}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def committed() -> str:
    """Return the file as it is."""
    return TABLE.read_text("utf-8")


Names = dict[str, Meaning]


class _Making:
    def __init__(self, answers: dict[str, dict[str, Any]]) -> None:
        self.answers = answers
        self.kinds = _read(declared("kinds"))
        self.fields = _read(declared("fields"))
        self.faults: list[str] = []
        self.of: dict[str, dict[str, set[str]]] = {}

    def take_kinds(self) -> None:
        """Add the backends' names, the language's own, and the frameworks."""
        for answer in self.answers.values():
            for family, classes in answer["kinds"].items():
                for name, kinds in classes.items():
                    self._take_backend_name(family, name, kinds)
        for family, union in FAMILIES.items():
            meanings = self.kinds.setdefault(family, {})
            for cls in members(union):
                meanings.setdefault(bare(cls.kind()), _of_kind(cls))
                for name, abbreviated in meanings.items():
                    if abbreviated == Meaning("", write=cls.kind()):
                        meanings[name] = _of_kind(cls)
        for framework, name, own_name, families, _ in self._public():
            for family in families:
                names = self.kinds.get(family, {})
                if bare(name) not in names and bare(own_name) in names:
                    names[bare(name)] = names[bare(own_name)]
            at = [f for f in families if bare(name) in self.kinds.get(f, {})]
            if families and not at:
                self.faults.append(f"{framework}: {name} is not explained")
            for family in at:
                self._own("kinds", family, name, framework)

    def _take_backend_name(
        self, family: str, name: str, kinds: list[str]
    ) -> None:
        meanings = self.kinds.setdefault(family, {})
        meaning = meanings.get(bare(name))
        classes = {cls.kind(): cls for cls in members(FAMILIES[family])}
        if meaning is None and len(kinds) == 1:
            meanings[bare(name)] = _of_kind(classes[kinds[0]])
        elif meaning is None:
            self.faults.append(f"{name} is said for {kinds}; declare which")
        elif meaning.word in classes and meaning.word not in kinds:
            self.faults.append(
                f"{name} is declared as {meaning.word}, but said for {kinds}"
            )

    def take_fields(self) -> None:
        """Add the arguments that carry a field's value, and the frameworks."""
        for framework, answer in self.answers.items():
            for kind, rows in answer["arguments"].items():
                for name, fields in rows.items():
                    self._take_argument(framework, kind, name, fields)
        for framework, name, _, families, arguments in self._public():
            for scope, allowed in self._scopes(name, families):
                for argument in arguments:
                    self._explain(framework, scope, allowed, name, argument)

    def _take_argument(
        self, framework: str, kind: str, name: str, fields: dict[str, bool]
    ) -> None:
        allowed = _fields_of(kind)
        if same_letters(name) in map(same_letters, allowed):
            return
        scope, meaning = self._declared(kind, name)
        plain = [field for field, same in fields.items() if same]
        if meaning is None and len(fields) == len(plain) == 1:
            self.fields.setdefault(kind, {})[bare(name)] = Meaning(
                "", write=plain[0]
            )
            scope = kind
        elif meaning is None or (
            meaning.write and not meaning.at and meaning.word not in fields
        ):
            self.faults.append(
                f"{kind}.{name} carries {fields}; declare what it means"
            )
            return
        elif not plain and not meaning.says:
            self.faults.append(
                f"{kind}.{name} has another value than {fields}; say which"
            )
        self._own("fields", scope, name, framework)

    def _explain(
        self,
        framework: str,
        scope: str,
        allowed: list[str],
        name: str,
        argument: str,
    ) -> None:
        if same_letters(argument) in map(same_letters, allowed):
            return
        field_scope, meaning = self._declared(scope, argument)
        if meaning is None:
            self.faults.append(
                f"{framework}: {name}({argument}) is not explained as a "
                f"field of {scope}"
            )
            return
        self._own("fields", field_scope, argument, framework)

    def _declared(self, kind: str, name: str) -> tuple[str, Meaning | None]:
        for scope in (kind, *_families(kind), "*"):
            meaning = self.fields.get(scope, {}).get(bare(name))
            if meaning is not None:
                return scope, meaning
        return kind, None

    def _scopes(
        self, name: str, families: tuple[str, ...]
    ) -> Iterator[tuple[str, list[str]]]:
        """Yield the kinds or records that a class's arguments belong to."""
        if name in PASSED:
            yield PASSED[name], _fields_of(PASSED[name])
            return
        for family in families:
            meaning = self.kinds.get(family, {}).get(bare(name))
            if meaning is None or not meaning.write or meaning.at:
                continue
            if meaning.word in OURS or family == "statistic":
                continue
            yield meaning.word, _fields_of(meaning.word)

    def take_misplaced(self) -> None:
        """Add the language's own fields under the records they do not fit."""
        for place, fields in BELONGS.items():
            for scope in ("experiment", "recipe", "data", "arm"):
                if scope == place:
                    continue
                for field, write in fields.items():
                    if field in _fields_of(scope):
                        continue
                    self.fields.setdefault(scope, {}).setdefault(
                        bare(field),
                        Meaning("", write=write, at=f"{place}.{field}"),
                    )
        for cls in members(FAMILIES["source"]):
            write = DEMANDING.get(cls.kind(), f"{{{cls.kind()}: {{}}}}")
            self.fields["experiment"].setdefault(
                bare(cls.kind()),
                Meaning("", write=write, at="experiment.data"),
            )

    def check_formulas(self) -> None:
        """Compare each activation that is a formula here with the framework's.

        The frameworks compute in float32, to a few units in the last place.
        """
        grid = np.array(GRID)
        for framework, answer in self.answers.items():
            for name, values in answer["activations"].items():
                meaning = self.kinds["layer"][bare(name)]
                if not meaning.write.startswith("{custom"):
                    continue
                formula = yaml.safe_load(meaning.write)["custom"]
                expected = Custom(formula=formula).value(grid)
                if not np.allclose(expected, values, rtol=1e-5, atol=1e-6):
                    self.faults.append(f"{framework}: {name} is not {formula}")

    def _public(
        self,
    ) -> Iterator[tuple[str, str, str, tuple[str, ...], list[str]]]:
        """Yield framework, name, own name, families, and arguments."""
        for framework, answer in self.answers.items():
            for module, names in answer["public"].items():
                families = MODULES[framework].get(module, ())
                for name, (own_name, arguments) in names.items():
                    given = _own_of(module, arguments)
                    yield framework, name, own_name, families, given

    def _own(self, part: str, scope: str, name: str, framework: str) -> None:
        names: Names = getattr(self, part)[scope]
        meaning = names[bare(name)]
        words = [c.kind() for c in members(FAMILIES.get(scope, SpecNode))]
        if part == "kinds" and name in words and meaning.word != name:
            return  # The language uses this name for something else.
        of = "".join(sorted({*meaning.of, LETTERS[framework]}))
        names[bare(name)] = Meaning(
            of, meaning.write, meaning.at, meaning.drop, meaning.says
        )


# Elements without a class in either framework. The arguments of the
# classes that are written with them are not fields of theirs.
OURS = (
    "residual",
    "concatenate",
    "frozen",
    "custom",
    "random_crop",
    "random_flip",
)


def _own_of(module: str, arguments: list[str]) -> list[str]:
    """Return a class's arguments without the tensors that it is called with.

    A function's first arguments are those of a call, not of a class.
    """
    given = {
        "x",
        "y_true",
        "y_pred",
        "input",
        "target",
        "optimizer",
        "params",
        "tensor",
    }
    if module in ("torch.nn.functional", "keras.metrics"):
        return []
    return [name for name in arguments if name not in given]


def _read(document: dict[str, list[dict[str, Any]]]) -> dict[str, Names]:
    result: dict[str, Names] = {}
    for scope, entries in document.items():
        names = result.setdefault(scope, {})
        for entry in entries:
            meaning = Meaning(
                "",
                str(entry.get("write", "")),
                entry.get("at", ""),
                entry.get("drop", False),
                entry.get("says", ""),
            )
            for name in str(entry["names"]).split():
                known = bare(name) if part_is_name(name) else name
                if names.setdefault(known, meaning) is not meaning:
                    raise UnexplainedError(
                        f"{scope}: {name} is declared twice"
                    )
    return result


def part_is_name(name: str) -> bool:
    """Whether a declared name contains letters, to look it up by.

    >>> part_is_name("-1"), part_is_name("val_loss")
    (False, True)
    """
    return any(c.isalpha() for c in name)


def _of_kind(cls: type[SpecNode]) -> Meaning:
    """Return the meaning of a kind, with the opening of its docstring."""
    opening = (cls.__doc__ or "").strip().split("\n")[0].replace("`", "'")
    opening = re.sub(r"[;.] [A-Z]\w+ (et al|and|\d{4}).*", "", opening)
    opening = opening.rstrip(".:")
    if re.match(r"[A-Z][a-z]*[ :]", opening):
        opening = opening[0].lower() + opening[1:]
    return Meaning("", write=cls.kind(), says=opening)


def _fields_of(kind: str) -> list[str]:
    for record in RECORDS:
        if record.kind() == kind:
            return list(record.model_fields)
    fields: list[str] = []
    for union in FAMILIES.values():
        for cls in members(union):
            if cls.kind() == kind:
                fields += cls.model_fields
    return fields


def _families(kind: str) -> list[str]:
    return [
        family
        for family, union in FAMILIES.items()
        if kind in [cls.kind() for cls in members(union)]
    ]


def _grouped(scopes: dict[str, Names]) -> dict[str, list[dict[str, Any]]]:
    """Return each scope's names, grouped by their meaning."""
    result: dict[str, list[dict[str, Any]]] = {}
    for scope, names in scopes.items():
        groups: dict[tuple[Any, ...], dict[str, str]] = {}
        for name, m in names.items():
            key = (m.write, m.at, m.drop, m.says)
            groups.setdefault(key, {})[name] = m.of
        result[scope] = [
            {"names": dict(sorted(group.items()))}
            | {
                key: value
                for key, value in zip(
                    ("write", "at", "drop", "says"), meaning, strict=True
                )
                if value
            }
            for meaning, group in groups.items()
        ]
    return result
