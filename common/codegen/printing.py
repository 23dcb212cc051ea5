"""Printing: a described call as the source code that would make it.

What is printed runs without this project: a library's names are printed as
people write them (`nn.Linear`), and a class of ours is printed whole, with
all of its module that it leans on.
"""

import ast
import inspect
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from framework_parity.common.codegen.calls import Call, Code

WIDTH = 79


class Expression(str):
    """Source that is printed as it stands, such as `model.parameters()`."""

    __slots__ = ()


@dataclass(frozen=True)
class Vocabulary:
    """The names that a framework's code goes by.

    Attributes:
        modules: for each prefix, a module and the import that brings it:
            `{"nn": (torch.nn, "from torch import nn")}`. The first that has
            a name wins; an empty prefix stands for names imported alone.
        own: modules of ours, whose classes and functions are printed whole.
    """

    modules: dict[str, tuple[ModuleType, str]]
    own: tuple[ModuleType, ...]

    def name(self, thing: Any) -> str:
        """Return the name that code calls a function or class by.

        Raises:
            LookupError: if no module of the vocabulary has it.
        """
        name: str = thing.__name__
        for prefix, (module, _) in self.modules.items():
            if getattr(module, name, None) is thing:
                return f"{prefix}.{name}" if prefix else name
        if self.home(name) or self.is_assembled(thing):
            return name
        raise LookupError(
            f"no module of the vocabulary has {thing.__module__}.{name}; add "
            "it to VOCABULARY in emit.py"
        )

    def home(self, name: str) -> ModuleType | None:
        """Return the module of ours that defines a name, if one does."""
        return next((m for m in self.own if name in _defined(m)), None)

    def is_assembled(self, thing: Any) -> bool:
        """Whether a class was made of others of ours, at run time."""
        ours = {module.__name__ for module in self.own}
        made = isinstance(thing, type) and thing.__module__ in ours
        return made and self.home(thing.__name__) is None


def source(
    said: Any, vocabulary: Vocabulary, taken: int = 0, indent: int = 0
) -> str:
    """Return a call, a value, or a list of them, as an expression.

    Args:
        said: what to print.
        vocabulary: the framework's names.
        taken: columns of the first line that are not free any more.
        indent: columns that the first line is indented by.

    Raises:
        TypeError: for a value that has no source.
    """
    if isinstance(said, Call):
        parts = [("", value) for value in said.args]
        parts += [(f"{key}=", value) for key, value in said.kwargs.items()]
        opening = f"{vocabulary.name(said.function)}("
        return _broken((opening, parts, ")"), vocabulary, taken, indent)
    if isinstance(said, list):
        parts = [("", value) for value in said]
        return _broken(("[", parts, "]"), vocabulary, taken, indent)
    if isinstance(said, Expression):
        return str(said)
    if isinstance(said, str):
        return json.dumps(said, ensure_ascii=False)
    if isinstance(said, Code):
        return _wrapped(said.text, taken, indent)
    if isinstance(said, np.float64):
        return f"np.float64({float(said)!r})"
    if said is None or isinstance(said, bool | int | float | tuple):
        return repr(said)
    if callable(said):
        return vocabulary.name(said)
    raise TypeError(f"{said!r} has no source")


def _broken(
    said: tuple[str, list[tuple[str, Any]], str],
    vocabulary: Vocabulary,
    taken: int,
    indent: int,
) -> str:
    """Print on one line where it fits, else one part a line, indented."""
    opening, parts, closing = said
    inside = indent + 4

    def printed(key: str, value: Any) -> str:
        taken = inside + len(key) + len(",")
        return key + source(value, vocabulary, taken, inside)

    alone = [key + source(v, vocabulary, -10_000) for key, v in parts]
    line = opening + ", ".join(alone) + closing
    if taken + len(line) <= WIDTH:
        return line
    margin = " " * inside
    lines = [f"{margin}{printed(key, value)},\n" for key, value in parts]
    return f"{opening}\n{''.join(lines)}{' ' * indent}{closing}"


def _wrapped(text: str, taken: int, indent: int) -> str:
    """Print code that stands between parentheses on as many lines as it takes.

    It may be broken after a space or an opening parenthesis, and between
    closing ones.
    """
    lines, line = [], ""
    margin = " " * (indent + 4)
    for part in re.findall(r"[^\s()]*\(|[^\s()]+\s*|\)\s*", text):
        if line and taken + len((line + part).rstrip()) > WIDTH:
            lines.append(line.rstrip())
            line, taken = margin, len(",")
        line += part
    return "\n".join([*lines, line])


def statement(said: Any, vocabulary: Vocabulary, name: str = "") -> str:
    """Return a line that makes something, and binds it to a name if given."""
    start = f"{name} = " if name else ""
    return start + source(said, vocabulary, taken=len(start))


def assembled(said: Any, vocabulary: Vocabulary) -> list[str]:
    """Return lines that define the classes that were made of others."""
    if isinstance(said, Call):
        inside = [said.function, *said.args, *said.kwargs.values()]
        return [
            line for each in inside for line in assembled(each, vocabulary)
        ]
    if isinstance(said, list):
        return [line for each in said for line in assembled(each, vocabulary)]
    if not vocabulary.is_assembled(said):
        return []
    bases = [("", base) for base in said.__bases__]
    taken = len(":")
    opening = f"class {said.__name__}("
    head = _broken((opening, bases, ")"), vocabulary, taken, 0)
    inside = [
        line for base in said.__bases__ for line in assembled(base, vocabulary)
    ]
    return [*inside, f'{head}:\n    """One after another."""\n\n']


def script(lines: Iterable[str], vocabulary: Vocabulary) -> str:
    """Return lines with all before them that they need to run.

    That is the imports, and the classes and functions of ours.
    """
    body = "\n".join(lines)
    ours = _ours(body, vocabulary)
    text = "\n".join([*ours.values(), body])
    names = _names(text)
    imports = {
        line
        for prefix, (module, line) in vocabulary.modules.items()
        if prefix in names or (not prefix and names & vars(module).keys())
    }
    for module in vocabulary.own:
        imports |= {
            line
            for name, line in _imported(module)
            if name in names and name not in ours
        }
    blocks = ["\n".join(sorted(imports, key=_import_order))]
    return "\n\n\n".join([*blocks, *ours.values(), body]) + "\n"


def _ours(text: str, vocabulary: Vocabulary) -> dict[str, str]:
    """Return the source of ours that some lines lean on, leaves first."""
    found: dict[str, str] = {}
    for name in sorted(_names(text)):
        module = vocabulary.home(name)
        if module is not None and name not in found:
            own = _source_of(name, module)
            if own != text:
                found |= _ours(own, vocabulary)
            found[name] = own
    return found


@cache
def _source_of(name: str, module: ModuleType) -> str:
    """Return what defines a name of a module of ours."""
    value = getattr(module, name)
    if getattr(value, "__module__", None) == module.__name__:
        return inspect.getsource(value).rstrip()
    return _assigned(module).get(name, f"{name} = {value!r}")


def _names(text: str) -> set[str]:
    return {
        node.id
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name)
    }


@cache
def _defined(module: ModuleType) -> frozenset[str]:
    """Return the names that stand for something in a module of ours.

    That is its classes, functions and assignments, and the numbers that it
    has from elsewhere in this project.
    """
    own = (
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
        or isinstance(value, float)
    )
    return frozenset([*_assigned(module), *own])


@cache
def _assigned(module: ModuleType) -> dict[str, str]:
    """Return the assignments that stand in a module, by name."""
    source = inspect.getsource(module)
    found = {}
    for node in ast.parse(source).body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                found[name] = ast.get_source_segment(source, node) or ""
    return found


@cache
def _imported(module: ModuleType) -> tuple[tuple[str, str], ...]:
    """Return the names that a module imports, each with a line for it."""
    found = []
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                start = "import"
                if isinstance(node, ast.ImportFrom):
                    start = f"from {node.module} import"
                name = alias.asname or alias.name
                found.append((name, f"{start} {ast.unparse(alias)}"))
    return tuple(found)


def _import_order(line: str) -> tuple[bool, str]:
    """Sort as people do: whole modules first, then by name."""
    return line.startswith("from"), line
