"""Claims: statements about the results that can be checked.

A claim is a relation between two expressions in statistics of the arms:
`deep.test_accuracy > shallow.test_accuracy`, `l2.gap < 0.5 * none.gap`,
`plain.first_epoch("train_loss", 0.3) > 10`. The statistics are defined in
`common/metrics/run.py`.
"""

import ast
import math
import operator
import re
from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any, ClassVar, NoReturn, TypeAlias

from pydantic import (
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Tag,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from framework_parity.common.metrics.registry import STATISTICS, Statistic
from framework_parity.common.metrics.run import DISTANCE, read_statistic
from framework_parity.common.spec.errors import closest, nearest, shown
from framework_parity.common.spec.names.framework_names import kind_hint
from framework_parity.common.spec.node import Model

RELATIONS: dict[type[ast.cmpop], str] = {
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "==",
}
ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b if b else float("nan"),
}
WORDS = {
    ">=": "at_least",
    "<=": "at_most",
    "==": "equals",
    ">": "above",
    "<": "below",
}

FORM = (
    "one of >, <, >=, <= and == between statistics and numbers, which + - * / "
    "may join: 'deep.test_loss < 0.5 * wide.test_loss', "
    "'deep.first_epoch(\"train_loss\", 0.3) > 10', 'distance(a, b) < 0.1'"
)
LONGEST = 300

Slug: TypeAlias = Annotated[str, Field(pattern=r"^([a-z]\w*)?$")]

Asked: TypeAlias = tuple[Statistic, tuple[str, ...], tuple[Any, ...]]
"""A statistic, its arms and its arguments."""

Lookup: TypeAlias = Callable[[Asked], float]


class Claim(Model):
    """A relation between statistics that should hold.

    Attributes:
        expression: `arm.statistic > arm.statistic`, or a number on either
            side, with >, <, >=, <= or ==, and + - * / between statistics.
            With == and a decimal number on the right, two numbers are equal
            if they agree in the digits of that number. If a side is NaN (an
            arm that has diverged, or a division by 0), the claim is
            undecided; an epoch that is never reached is infinite.
        name: a slug; by default it is made from `expression`.
        sentence: the claim in words; by default `expression`.
    """

    shorthand_field: ClassVar[str] = "expression"
    expression: str
    name: Slug = ""
    sentence: str = ""

    @classmethod
    def _fields_of(cls, written: Any) -> Any:
        return {"expression": written} if isinstance(written, str) else written

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        fields = handler.resolve_ref_schema(handler(schema))
        fields["properties"]["expression"]["description"] = "\n".join(
            ["What an arm can be asked for:"]
            + [f"{s.form}: {s.summary}" for s in STATISTICS.values()]
        )
        return {"anyOf": [dict(fields), {"type": "string"}]}

    @model_validator(mode="before")
    @classmethod
    def _named(cls, written: Any) -> Any:
        fields = cls._fields_of(written)
        if not isinstance(fields, dict) or "expression" not in fields:
            return fields
        expression = slug = str(fields["expression"])
        for sign, word in WORDS.items():
            slug = slug.replace(sign, f" {word} ")
        slug = "_".join(re.findall(r"\w+", slug))
        name = slug if slug[:1].islower() else f"that_{slug}"
        return {"name": name, "sentence": expression} | fields

    @model_validator(mode="after")
    def _parses(self) -> "Claim":
        for side in (self._tree.left, *self._tree.comparators):
            _check(side, self.expression)
        if not self.measured:
            got = shown(self.expression)
            raise ValueError(f"got {got}, which asks no arm")
        return self

    @cached_property
    def _tree(self) -> ast.Compare:
        try:
            tree = ast.parse(self.expression.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            _refuse(self.expression)
        fits = isinstance(tree, ast.Compare) and len(tree.ops) == 1
        if not fits or len(self.expression) > LONGEST:
            _refuse(self.expression)
        assert isinstance(tree, ast.Compare)
        if type(tree.ops[0]) not in RELATIONS:
            _refuse(self.expression)
        return tree

    @property
    def relation(self) -> str:
        """The relation of the claim: >, >=, <, <= or ==."""
        return RELATIONS[type(self._tree.ops[0])]

    @property
    def measured(self) -> list[Asked]:
        """The statistics in the claim, with their arms and arguments."""
        nodes = list(ast.walk(self._tree))
        called = {id(n.func) for n in nodes if isinstance(n, ast.Call)}
        statistics = (_read(n) for n in nodes if id(n) not in called)
        return [statistic for statistic in statistics if statistic]

    def sides(self, lookup: Lookup) -> tuple[float, float]:
        """Return both sides as numbers; `lookup` returns a statistic."""
        tree = self._tree
        left, right = tree.left, tree.comparators[0]
        return _value_of(left, lookup), _value_of(right, lookup)

    def margin(self, left: float, right: float) -> float:
        """Return the margin of the claim; a negative margin means it fails.

        Args:
            left: the value of the left side.
            right: the value of the right side.

        Returns:
            The margin; NaN where a side is NaN, as after divergence.
        """
        # Two epochs that are never reached are equal, though infinite.
        ahead = 0.0 if left == right else left - right
        if self.relation == "==":
            return self._tolerance - abs(ahead)
        return ahead if ">" in self.relation else -ahead

    def holds(self, margin: float) -> bool:
        """Return whether a claim with this margin holds."""
        return margin > 0 or (margin == 0 and "=" in self.relation)

    @property
    def _tolerance(self) -> float:
        """Half a unit in the last digit of the number on the right.

        >>> Claim(expression="a.test_loss == 1.63e-10")._tolerance
        5e-13
        """
        right = self._tree.comparators[0]
        text = ast.get_source_segment(self.expression.strip(), right) or ""
        number = re.fullmatch(r"-?\d*(\.\d*)?(?:[eE]([-+]?\d+))?", text)
        if number is None or (number[1] is None and number[2] is None):
            return 0.0
        digits = len(number[1] or ".") - 1
        return float(f"5e{int(number[2] or 0) - digits - 1}")


class SameBest(Model):
    """The claim that the same arm is the best in both frameworks.

    A relation is checked in each framework separately and has to name the
    arm; this claim is checked in both frameworks together.

    Attributes:
        same_best: the statistic that is maximised, or minimised if it is a
            loss; as in a relation, without the arm.
        name: a slug; by default it is made from the statistic.
        sentence: the claim in words; by default it is made from the
            statistic.
    """

    same_best: str
    name: Slug = ""
    sentence: str = ""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, written: Any) -> Any:
        if not isinstance(written, dict) or "same_best" not in written:
            return written
        slug = "_".join(re.findall(r"\w+", str(written["same_best"])))
        statistic = slug.replace("_", " ")
        return {
            "name": f"same_best_{slug}",
            "sentence": f"The same arm has the best {statistic} in both.",
        } | written

    @model_validator(mode="after")
    def _can_be_asked(self) -> "SameBest":
        statistic, arguments = self.asked
        statistic.check(arguments)
        return self

    @property
    def asked(self) -> tuple[Statistic, tuple[Any, ...]]:
        """The statistic, with its arguments."""
        return read_statistic(self.same_best)

    @property
    def expression(self) -> str:
        """The claim in short."""
        return f"same best {self.same_best}"


def form_of(written: Any) -> str:
    """Return the form of a claim, written or parsed."""
    if isinstance(written, dict):
        return "same_best" if "same_best" in written else "relation"
    return "same_best" if isinstance(written, SameBest) else "relation"


WrittenClaim: TypeAlias = Annotated[
    Annotated[Claim, Tag("relation")] | Annotated[SameBest, Tag("same_best")],
    Discriminator(form_of),
]
"""A claim about each framework, or about both together."""


def _check(node: ast.expr, expression: str) -> None:
    """Raise an error if a node is not arithmetic of statistics."""
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        if isinstance(node.op, ast.Div) and _is_nothing(node.right):
            raise ValueError(f"got {shown(expression)}, which divides by 0")
        _check(node.left, expression)
        _check(node.right, expression)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        _check(node.operand, expression)
    elif isinstance(node, ast.Constant):
        if type(node.value) not in (int, float):
            _refuse(expression)
        if not abs(node.value) < math.inf:  # type: ignore[arg-type]
            got = shown(expression)
            raise ValueError(f"got {got}, with a number too large")
    elif read := _named(node):
        _check_statistic(*read)
    else:
        _refuse(expression)


def _is_nothing(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0


def _check_statistic(
    name: str, arms: tuple[str, ...], arguments: tuple[Any, ...]
) -> None:
    known = {DISTANCE} if len(arms) > 1 else set(STATISTICS) - {DISTANCE}
    if name not in known:
        raise ValueError(
            kind_hint(name, known, "statistic")
            or f"got statistic {shown(name)}, expected one of: "
            f"{closest(name, sorted(known))}{nearest(name, known)}"
        )
    STATISTICS[name].check(arguments)


def _named(
    node: ast.AST,
) -> tuple[str, tuple[str, ...], tuple[Any, ...]] | None:
    """Return the name, arms and arguments of a statistic, or None."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr, (node.value.id,), ()
    if not isinstance(node, ast.Call) or node.keywords:
        return None
    if isinstance(node.func, ast.Name):
        arms = [a.id for a in node.args if isinstance(a, ast.Name)]
        whole = len(arms) == len(node.args) == 2
        return (node.func.id, tuple(arms), ()) if whole else None
    called = _named(node.func)
    try:
        arguments = tuple(ast.literal_eval(a) for a in node.args)
    except ValueError:
        return None
    return (*called[:2], arguments) if called and not called[2] else None


def _read(node: ast.AST) -> Asked | None:
    """Return the statistic, arms and arguments of a node, or None."""
    named = _named(node)
    if named is None or named[0] not in STATISTICS:
        return None
    return STATISTICS[named[0]], named[1], named[2]


def _value_of(node: ast.AST, lookup: Lookup) -> float:
    if isinstance(node, ast.BinOp):
        sides = _value_of(node.left, lookup), _value_of(node.right, lookup)
        return ARITHMETIC[type(node.op)](*sides)
    if isinstance(node, ast.UnaryOp):
        return -_value_of(node.operand, lookup)
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type] # checked: a number
    read = _read(node)
    assert read is not None
    return float(lookup(read))


def _refuse(expression: str) -> NoReturn:
    raise ValueError(f"got {shown(expression)}, expected {FORM}")
