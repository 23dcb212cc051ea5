"""Printing: the source code of a described call.

The code runs without this project: names of a library are printed in their
usual form (`nn.Linear`), and a class of this project is printed in full, with
everything in its module that it depends on.
"""

import ast
import inspect
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from framework_parity.common.codegen.calls import Call, Code

WIDTH = 79


class Expression(str):
    """Source that is printed unchanged, such as `model.parameters()`."""

    __slots__ = ()


@dataclass(frozen=True)
class Vocabulary:
    """The names that a framework's code uses.

    Attributes:
        modules: for each prefix, a module and the line that imports it:
            `{"nn": (torch.nn, "from torch import nn")}`. The first module
            that has a name is used; an empty prefix is for names that are
            imported directly.
        own: modules of this project, whose classes and functions are printed
            in full.
        imports: for further names in written code, the lines that import
            them.
        without: names of decorators and methods that are left out of the
            printed classes, such as those for saving.
    """

    modules: dict[str, tuple[ModuleType, str]]
    own: tuple[ModuleType, ...]
    imports: dict[str, str] = field(default_factory=dict)
    without: frozenset[str] = frozenset()

    def name(self, thing: Any) -> str:
        """Return the name of a function or class in the printed code.

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
        """Return this project's module that defines a name, or None."""
        return next((m for m in self.own if name in _defined(m)), None)

    def is_assembled(self, thing: Any) -> bool:
        """Whether a class was combined at run time from `own` classes."""
        own_modules = {module.__name__ for module in self.own}
        made = isinstance(thing, type) and thing.__module__ in own_modules
        return made and self.home(thing.__name__) is None


def source(
    expression: Any, vocabulary: Vocabulary, taken: int = 0, indent: int = 0
) -> str:
    """Return the expression of a call, a value, or a list of them.

    Args:
        expression: the call or value.
        vocabulary: the framework's names.
        taken: the number of columns of the first line already in use.
        indent: the indentation of the first line, in columns.

    Returns:
        The expression, broken into lines of 79 columns where possible.

    Raises:
        TypeError: for a value that has no source.
    """
    if isinstance(expression, Call):
        parts = [("", value) for value in expression.args]
        parts += [
            (f"{key}=", value) for key, value in expression.kwargs.items()
        ]
        opening = f"{vocabulary.name(expression.function)}("
        return _broken((opening, parts, ")"), vocabulary, taken, indent)
    if isinstance(expression, list):
        parts = [("", value) for value in expression]
        return _broken(("[", parts, "]"), vocabulary, taken, indent)
    if isinstance(expression, Expression):
        return str(expression)
    if isinstance(expression, str):
        return json.dumps(expression, ensure_ascii=False)
    if isinstance(expression, Code):
        return _wrapped(expression.text, taken, indent)
    if isinstance(expression, np.float64):
        return f"np.float64({float(expression)!r})"
    if expression is None or isinstance(
        expression, bool | int | float | tuple
    ):
        return repr(expression)
    if callable(expression):
        return vocabulary.name(expression)
    raise TypeError(f"{expression!r} has no source")


def _broken(
    pieces: tuple[str, list[tuple[str, Any]], str],
    vocabulary: Vocabulary,
    taken: int,
    indent: int,
) -> str:
    """Print on one line if it fits, else one part per line, indented."""
    opening, parts, closing = pieces
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
    """Break code between parentheses into lines that fit.

    A line may end after a space or an opening parenthesis, and between
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


def statement(expression: Any, vocabulary: Vocabulary, name: str = "") -> str:
    """Return a statement that evaluates a call or value.

    Args:
        expression: the call or value.
        vocabulary: the framework's names.
        name: the variable to assign the result to, if any.
    """
    start = f"{name} = " if name else ""
    return start + source(expression, vocabulary, taken=len(start))


def assembled(expression: Any, vocabulary: Vocabulary) -> list[str]:
    """Return the definitions of the classes combined at run time.

    Args:
        expression: the call or value that uses them.
        vocabulary: the framework's names.
    """
    if isinstance(expression, Call):
        inside = [
            expression.function,
            *expression.args,
            *expression.kwargs.values(),
        ]
        return [
            line for value in inside for line in assembled(value, vocabulary)
        ]
    if isinstance(expression, list):
        return [
            line
            for value in expression
            for line in assembled(value, vocabulary)
        ]
    if not vocabulary.is_assembled(expression):
        return []
    bases = [("", base) for base in expression.__bases__]
    taken = len(":")
    opening = f"class {expression.__name__}("
    head = _broken((opening, bases, ")"), vocabulary, taken, 0)
    inside = [
        line
        for base in expression.__bases__
        for line in assembled(base, vocabulary)
    ]
    return [
        *inside,
        f'{head}:\n    """The update of each base, in this order."""\n\n',
    ]


def script(lines: Iterable[str], vocabulary: Vocabulary) -> str:
    """Return a script that runs some lines.

    Args:
        lines: the statements.
        vocabulary: the framework's names.

    Returns:
        The lines, after the imports, classes and functions that they need.
    """
    body = "\n".join(lines)
    return "\n\n\n".join([*preamble(body, vocabulary), body]) + "\n"


def preamble(body: str, vocabulary: Vocabulary) -> list[str]:
    """Return what code needs before it: imports, then definitions.

    Args:
        body: statements.
        vocabulary: the framework's names.

    Returns:
        The import lines as one text, then each class and function of this
        project that the statements use, leaves first.
    """
    definitions = _definitions(body, vocabulary)
    text = "\n".join([*definitions.values(), body])
    names = _names(text)
    imports = {
        line
        for prefix, (module, line) in vocabulary.modules.items()
        if prefix in names or (not prefix and names & vars(module).keys())
    }
    imports |= {
        line for name, line in vocabulary.imports.items() if name in names
    }
    for module in vocabulary.own:
        imports |= {
            line
            for name, line in _imported(module)
            if name in names and name not in definitions
        }
    return ["\n".join(merged_imports(imports)), *definitions.values()]


def merged_imports(lines: Iterable[str]) -> list[str]:
    """Return import lines in order, one for each module that is named.

    Modules of the standard library come first, then an empty line.

    >>> merged_imports(["from a import c", "import z", "from a import b, c"])
    ['import z', 'from a import b, c']
    >>> merged_imports(["import z", "from math import pi"])
    ['from math import pi', '', 'import z']
    """
    whole, names = set(), dict[str, set[str]]()
    for line in lines:
        start, _, imported = line.partition(" import ")
        if imported:
            names.setdefault(start, set()).update(imported.split(", "))
        else:
            whole.add(line)
    merged = sorted(whole) + [
        f"{start} import {', '.join(sorted(names[start], key=_isort_key))}"
        for start in sorted(names)
    ]
    standard = [line for line in merged if _is_standard(line)]
    others = [line for line in merged if line not in standard]
    return [*standard, *([""] if standard and others else []), *others]


def _isort_key(name: str) -> tuple[int, str]:
    """Return the position of a name: constants, classes, then functions."""
    kind = 0 if name.isupper() else 1 if name[:1].isupper() else 2
    return kind, name


def _is_standard(line: str) -> bool:
    module = line.split()[1].partition(".")[0]
    return module in sys.stdlib_module_names


def _definitions(text: str, vocabulary: Vocabulary) -> dict[str, str]:
    """Return this project's definitions that some lines need, leaves first."""
    definitions: dict[str, str] = {}
    for name in sorted(_names(text)):
        module = vocabulary.home(name)
        if module is not None and name not in definitions:
            definition = _source_of(name, module)
            if vocabulary.without:
                definition = _shortened(definition, vocabulary.without)
            if definition != text:
                definitions |= _definitions(definition, vocabulary)
            definitions[name] = definition
    return definitions


def _shortened(definition: str, without: frozenset[str]) -> str:
    """Return a definition without decorators and methods of some names."""
    lines = definition.split("\n")
    dropped: set[int] = set()
    for node in ast.walk(ast.parse(definition)):
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Name) and decorator.id in without:
                dropped.add(decorator.lineno)
        if isinstance(node, ast.FunctionDef) and node.name in without:
            decorators = (d.lineno for d in node.decorator_list)
            first = min([node.lineno, *decorators])
            dropped |= set(range(first, (node.end_lineno or first) + 1))
    text = "\n".join(
        line for n, line in enumerate(lines, 1) if n not in dropped
    )
    return re.sub(r"\n{3,}", "\n\n", text).rstrip()


@cache
def _source_of(name: str, module: ModuleType) -> str:
    """Return the source that defines a name in a module of this project."""
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
    """Return the names that a module of this project defines.

    These are its classes, functions and assignments, and the numbers that it
    imports from elsewhere in this project.
    """
    names = (
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
        or isinstance(value, float)
    )
    return frozenset([*_assigned(module), *names])


@cache
def _assigned(module: ModuleType) -> dict[str, str]:
    """Return the source of the assignments of a module, by name."""
    source = inspect.getsource(module)
    assignments = {}
    for node in ast.parse(source).body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                assignments[name] = ast.get_source_segment(source, node) or ""
    return assignments


@cache
def _imported(module: ModuleType) -> tuple[tuple[str, str], ...]:
    """Return the names that a module imports, each with its import line."""
    imports = []
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                start = "import"
                if isinstance(node, ast.ImportFrom):
                    start = f"from {node.module} import"
                name = alias.asname or alias.name
                imports.append((name, f"{start} {ast.unparse(alias)}"))
    return tuple(imports)
