"""The import graph: no cycles, and one address for an element everywhere."""

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from framework_parity.common.codegen.lookup import function_for
from framework_parity.common.spec.layer import LayerSpec
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.layers.activations import (
    Activation,
    AlongAxis,
)
from framework_parity.common.spec.node import members

ROOT = Path(__file__).parents[1]
PACKAGES = ("common", "comparisons", "torch_impl", "keras_impl")


def modules() -> dict[str, Path]:
    """Return every module of the project by its import name."""
    files = [
        *(ROOT / "framework_parity").glob("*.py"),
        *(ROOT / "framework_parity" / "api").glob("*.py"),
        *(file for name in PACKAGES for file in (ROOT / name).rglob("*.py")),
    ]
    names = {}
    for file in files:
        parts = file.relative_to(ROOT).with_suffix("").parts
        inside = parts[0] == "framework_parity"
        path = parts if inside else ("framework_parity", *parts)
        names[".".join(path).removesuffix(".__init__")] = file
    return names


def imports(tree: ast.AST, known: dict[str, Path]) -> Iterator[str]:
    """Yield the modules that a file imports, in functions, too.

    What is imported for annotations alone (`TYPE_CHECKING`) is left out.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                inner = f"{node.module}.{each.name}"
                yield inner if inner in known else node.module
        else:
            yield from imports(node, known)


def cycles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the strongly connected components of more than one module."""
    names = sorted(graph)
    edges = [(a, b) for a in names for b in graph[a] if b in graph]
    rows, columns = (
        [names.index(edge[end]) for edge in edges] for end in (0, 1)
    )
    matrix = csr_array(
        (np.ones(len(edges)), (rows, columns)), shape=(len(names),) * 2
    )
    _, labels = connected_components(matrix, connection="strong")
    groups: dict[int, set[str]] = {}
    for name, label in zip(names, labels, strict=True):
        groups.setdefault(int(label), set()).add(name)
    return [group for group in groups.values() if len(group) > 1]


def test_there_is_no_import_cycle() -> None:
    known = modules()
    assert len(known) > 200
    graph = {
        name: set(imports(ast.parse(file.read_text("utf-8")), known)) - {name}
        for name, file in known.items()
    }
    assert cycles(graph) == []


def test_a_cycle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}
    assert cycles(graph) == [{"a", "b", "c"}]


@pytest.mark.parametrize("kind", members(Layer), ids=lambda kind: kind.kind())
def test_a_layer_has_its_numpy_definition_at_its_address(
    kind: type[LayerSpec],
) -> None:
    """Activations of one number are defined by their own formulas."""
    if issubclass(kind, Activation) and not issubclass(kind, AlongAxis):
        assert kind.value is not Activation.value
    else:
        assert callable(function_for("common.reference", kind))
