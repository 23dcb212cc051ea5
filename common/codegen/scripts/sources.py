"""The code that makes the samples of a data set.

It is the code of the data set's own method `draw`, with the values of this
specification in the place of the attributes, so that the two cannot differ.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from framework_parity.common.codegen.printing import WIDTH
from framework_parity.common.data.base import Dataset
from framework_parity.common.data.image_sets import ImageSet
from framework_parity.common.data.tables import TableDataset
from framework_parity.common.training.randomness import stream_key

# Stands for the line breaks of a tuple until the code has its margin.
NEWLINE = "\0"

# A longer tuple is broken into lines.
LONG = 40


def is_drawn(source: Dataset) -> bool:
    """Return whether `source_code` has code for a data set.

    Images of a standard data set have a loader in each framework, and a
    user's own files are stored beside the script.
    """
    return not isinstance(source, ImageSet | TableDataset)


def source_code(source: Dataset, seed: int, exact: bool) -> list[str]:
    """Return code that assigns all samples and targets to x and y.

    Args:
        source: the data set; see `is_drawn`.
        seed: the seed of the draw.
        exact: whether the samples are exactly those of `source.draw`;
            otherwise they are drawn by NumPy's default generator.

    Returns:
        Import lines, then statements.
    """
    text = textwrap.dedent(inspect.getsource(type(source).draw))
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    replaced = _Replaced(text, source, seed, exact)
    lines: list[str] = []
    for node in replaced.chosen(function.body):
        if isinstance(node, ast.Return):
            assert isinstance(node.value, ast.Tuple)
            x, y = (replaced.text(value) for value in node.value.elts)
            lines += [f"{n} = {v}" for n, v in (("x", x), ("y", y)) if n != v]
        elif not _is_docstring(node):
            lines.append(replaced.text(node))
    return [line.replace(NEWLINE, "\n") for line in lines]


class _Replaced:
    """Source text in which attributes and streams have their values."""

    def __init__(
        self, text: str, source: Dataset, seed: int, exact: bool
    ) -> None:
        self.lines = text.splitlines(keepends=True)
        self.source, self.seed, self.exact = source, seed, exact

    def chosen(self, body: list[ast.stmt]) -> Iterator[ast.stmt]:
        """Yield statements, those of one branch where attributes decide."""
        for node in body:
            if isinstance(node, ast.If):
                branch = node.body if self.value(node.test) else node.orelse
                yield from self.chosen(branch)
            else:
                yield node

    def text(self, node: ast.AST) -> str:
        """Return the text of a node, with its replacements."""
        if isinstance(node, ast.IfExp):
            test = self.value(node.test)
            return self.text(node.body if test else node.orelse)
        first = self.place(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        last = self.place(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        text, shift = "".join(self.lines)[first:last], first
        for inner in sorted(self.found(node), key=_position, reverse=True):
            start = self.place(inner.lineno, inner.col_offset)  # type: ignore[attr-defined]
            end = self.place(inner.end_lineno, inner.end_col_offset)  # type: ignore[attr-defined]
            new = self.replacement(inner)
            text = text[: start - shift] + new + text[end - shift :]
        margin = " " * node.col_offset  # type: ignore[attr-defined]
        return textwrap.dedent(margin + text)

    def place(self, line: int | None, column: int | None) -> int:
        """Return the position in the text of a line and a column."""
        assert line is not None
        assert column is not None
        return sum(map(len, self.lines[: line - 1])) + column

    def found(self, node: ast.AST) -> list[ast.AST]:
        """Return the outermost nodes inside a node that are replaced."""
        if self.is_replaced(node):
            return [node]
        inner = (self.found(child) for child in ast.iter_child_nodes(node))
        return [found for some in inner for found in some]

    def is_replaced(self, node: ast.AST) -> bool:
        match node:
            case ast.Attribute(value=ast.Name(id="self")):
                return True
            case ast.Call(func=ast.Name(id="stream")):
                return True
            case ast.Name(id="seed") | ast.IfExp():
                return True
        return False

    def replacement(self, node: ast.AST) -> str:
        match node:
            case ast.Attribute():
                return _literal(self.value(node))
            case ast.Name():
                return repr(self.seed)
            case ast.Call(args=[_, ast.Constant(value=purpose)]):
                return self.generator(str(purpose))
        return self.text(node)

    def generator(self, purpose: str) -> str:
        """Return the expression of the random generator of a purpose."""
        if not self.exact:
            return f"np.random.default_rng({self.seed})"
        key = stream_key(self.seed, purpose)
        number = sum(int(part) << 64 * i for i, part in enumerate(key))
        return f"np.random.Generator(np.random.Philox(key={number}))"

    def value(self, node: ast.AST) -> Any:
        """Return the value of an expression of the attributes."""
        expression = ast.Expression(node)  # type: ignore[arg-type]
        code = compile(ast.fix_missing_locations(expression), "", "eval")
        return eval(code, {"self": self.source, "np": np})  # noqa: S307


def _literal(value: Any) -> str:
    """Return a value as code, a long tuple on several lines."""
    text = repr(value)
    if not isinstance(value, tuple) or len(text) <= LONG:
        return text
    inside = textwrap.fill(text[1:-1], WIDTH - 4)
    return f"({NEWLINE}{textwrap.indent(inside, '    ')}{NEWLINE})".replace(
        "\n", NEWLINE
    )


def _position(node: ast.AST) -> tuple[int, int]:
    return node.lineno, node.col_offset  # type: ignore[attr-defined]


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
