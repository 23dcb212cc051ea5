"""The cases in this folder, and the ways in which each is written."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.external.calculations import Arrays, Calculation

FILE = Path(__file__).parent / "cases.json"
ARRAYS = FILE.with_suffix(".npz")
FLOATS = ("float32", "float64")

# How close a way is to the published case.
DIRECT = "directly"
LAYOUT = "with axes moved"
ONE_ROW = "as an image of one row"
FOLDED = "with a factor in the weights"
FORMULA = "by a custom formula"
COMPOSED = "by other layers"
EACH = "one sample at a time"
ZEROS = "with zeros in the kernel"
MASKED = "with a mask in further channels"


class NotExpressible(Exception):  # noqa: N818 - a finding, not a failure
    """The language has no way to write a case.

    Args:
        reason: what is missing; the cases are counted by it.
        detail: the operator or argument that needs it.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Node:
    """One operator of a case's graph."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]

    def get(self, name: str, unsaid: Any = None) -> Any:
        """Return an attribute, or its default in ONNX."""
        return self.attributes.get(name, unsaid)

    def number(self, name: str, unsaid: float) -> float:
        """Return an attribute, rounded to float32 as in ONNX."""
        return float(np.float32(self.get(name, unsaid)))


@dataclass(frozen=True)
class Way:
    """One way to write a case.

    Attributes:
        name: of the way, unique in its case.
        how: how close it is to the published case.
        items: the calculations.
        join: a function of the results that returns the case's outputs, by
            their number, in ONNX's layout.
        rows: for an output by its number, which elements of the flattened
            expected array are calculated; by default all.
        double: whether the double-precision result of ONNX's evaluator is
            used; not where ONNX rounds a constant to float32 and the
            element of the language does not.
    """

    name: str
    how: str
    items: list[Calculation]
    join: Callable[[list[Arrays]], dict[int, np.ndarray]]
    rows: dict[int, np.ndarray] = field(default_factory=dict)
    double: bool = True


@dataclass(frozen=True, eq=False)
class Case:
    """A published test: a graph, its inputs, and the expected outputs.

    Attributes:
        suite: of ONNX's tests.
        name: of the test.
        opset: the version of the operators.
        nodes: the graph, in order.
        inputs: their names.
        outputs: likewise.
        values: the inputs and weights, by name; a string names a type that
            NumPy does not have.
        shipped: the outputs that ONNX ships.
        double: the outputs of its evaluator in double precision, or a
            string with the reason why there are none.
    """

    suite: str
    name: str
    opset: int
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    values: dict[str, Any]
    shipped: list[Any]
    double: Any

    @property
    def id(self) -> str:
        """The id of the tests."""
        return f"{self.suite}-{self.name.removeprefix('test_')}"

    @property
    def ops(self) -> str:
        """The operators, joined by a plus."""
        return "+".join(node.op for node in self.nodes)

    @cached_property
    def precisions(self) -> tuple[str, ...]:
        """The precisions that the inputs can be written in."""
        kinds = {v.dtype.name for v in self.values.values() if _array(v)}
        return ("float64",) if "float64" in kinds else FLOATS

    def expected(self, dtype: str, *, double: bool = True) -> list[Any]:
        """Return the expected outputs in a precision.

        Args:
            dtype: `float32` or `float64`.
            double: whether the evaluator's results may be used.

        Returns:
            For each output an array, or None where ONNX has no value. Outputs
            that ONNX ships in double are preferred to its evaluator's.
        """
        result: list[Any] = []
        for number, shipped in enumerate(self.shipped):
            known = [shipped]
            if double and not isinstance(self.double, str):
                known.append(self.double[number])
            fits = [
                each
                for each in known
                if _array(each)
                and (each.dtype.name == dtype or each.dtype.kind in "biu")
            ]
            result.append(fits[0] if fits else None)
        return result


def _array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def in_precision(case: Case, dtype: str) -> dict[str, Any]:
    """Return a case's values, with float32 converted to a precision."""
    return {
        name: value.astype(dtype)
        if _array(value) and value.dtype.name == "float32"
        else value
        for name, value in case.values.items()
    }


@lru_cache(maxsize=1)
def cases() -> tuple[Case, ...]:
    """Return the cases in this folder."""
    with np.load(ARRAYS) as file:
        arrays = dict(file)
    return tuple(_read(record, arrays) for record in records()["cases"])


@lru_cache(maxsize=1)
def records() -> dict[str, Any]:
    """Return what belongs to the arrays: the graphs and the provenance."""
    result: dict[str, Any] = json.loads(FILE.read_text())
    return result


def _read(record: dict[str, Any], arrays: Arrays) -> Case:
    def filled(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        begin, shape = value["at"], value["shape"]
        numbers = arrays[value["from"]][begin : begin + math.prod(shape)]
        return numbers.astype(value.get("as", numbers.dtype)).reshape(shape)

    return Case(
        suite=record["suite"],
        name=record["name"],
        opset=record["opset"],
        nodes=tuple(
            Node(
                op=node["op"],
                inputs=tuple(node["inputs"]),
                outputs=tuple(node["outputs"]),
                attributes={
                    name: filled(value)
                    for name, value in node["attributes"].items()
                },
            )
            for node in record["nodes"]
        ),
        inputs=tuple(record["inputs"]),
        outputs=tuple(record["outputs"]),
        values={n: filled(v) for n, v in record["values"].items()},
        shipped=[filled(value) for value in record["shipped"]],
        double=record["double"]
        if isinstance(record["double"], str)
        else [filled(value) for value in record["double"]],
    )
