"""What is to be covered: every kind, every choice, every convention."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from framework_parity.common.data.image_sets import ImageSet
from framework_parity.common.data.spec import Data
from framework_parity.common.spec.architecture import ShapeError, layer_nodes
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.conventions import CONVENTIONS, Convention
from framework_parity.common.spec.layer import LayerSpec, TokenShape
from framework_parity.common.spec.layers.activations import Activation
from framework_parity.common.spec.layers.merging import Concatenate, Residual
from framework_parity.common.spec.node import Model, defaults_from, members
from framework_parity.common.spec.penalties import Penalty
from framework_parity.common.spec.recipe import (
    Accumulation,
    EarlyStopping,
    Plateau,
    Recipe,
)
from tests.common.written import FAMILIES, key, written

# Records that are no elements, but have fields.
RECORDS: dict[str, tuple[type[Model], ...]] = {
    "penalty": (Penalty,),
    "recipe": (Recipe, Accumulation, Plateau, EarlyStopping),
    "data": (Data,),
}


@dataclass(frozen=True)
class Kind:
    """One kind of the language.

    Attributes:
        family: the heading that it is listed under.
        cls: its class.
    """

    family: str
    cls: type[Model]

    @property
    def name(self) -> str:
        """The name on the page."""
        return key(self.cls).rpartition(".")[2]


@dataclass(frozen=True)
class Choice:
    """One value of a field that can take only a few."""

    cls: type[Model]
    field: str
    value: Any

    @property
    def name(self) -> str:
        """The name on the page."""
        word = key(self.cls).rpartition(".")[2]
        return f"{word}.{self.field} = {self.value}"


@dataclass(frozen=True)
class OnRank:
    """One layer on samples of one rank that it accepts."""

    cls: type[Model]
    rank: str

    @property
    def name(self) -> str:
        """The name on the page."""
        return f"{key(self.cls).rpartition('.')[2]} on {self.rank}"


RANKS: dict[str, tuple[int, ...]] = {
    "tokens": TokenShape((6,), 5),
    "vectors": (6,),
    "sequences": (6, 5),
    "images": (6, 7, 4),
}
"""A shape of each rank, large enough for every layer's window."""


def on_ranks() -> list[OnRank]:
    """Return each layer with each rank that it accepts."""
    return [
        OnRank(kind.cls, rank)
        for kind in kinds()
        for rank, shape in RANKS.items()
        if issubclass(kind.cls, LayerSpec) and accepts(kind.cls, shape)
    ]


def rank_of(shape: tuple[int, ...]) -> str:
    """Return the name of the rank of a sample."""
    if isinstance(shape, TokenShape):
        return "tokens"
    return {1: "vectors", 2: "sequences", 3: "images"}[len(shape)]


def accepts(cls: type[LayerSpec], shape: tuple[int, ...]) -> bool:
    """Whether a layer can take samples of a shape."""
    fields: Any = written(cls)
    if cls in (Residual, Concatenate):  # the inner layers do not matter here
        inside = ["tanh"] if cls is Residual else [[], ["tanh"]]
        fields = {cls.kind(): inside}
    with defaults_from("keras"):
        layer = cls.model_validate(fields)
    try:
        layer_nodes([layer], shape)
    except ShapeError:
        return False
    return True


def kinds() -> list[Kind]:
    """Return every kind of every family, in the order of the language."""
    result = [
        Kind(_family(family, cls), cls)
        for family, union in FAMILIES.items()
        for cls in members(union)
        # Their files are not distributed with the code;
        # `tests.backends.test_datasets` uses files of its own.
        if not issubclass(cls, ImageSet)
    ]
    result += [
        Kind(family, cls) for family, row in RECORDS.items() for cls in row
    ]
    return sorted(result, key=lambda kind: ORDER.index(kind.family))


ORDER = (
    "layer",
    "activation",
    "padding",
    "initializer",
    "loss",
    "penalty",
    "optimizer",
    "schedule",
    "clipping",
    "recipe",
    "source",
    "data",
)


def _family(family: str, cls: type[Model]) -> str:
    if family == "layer" and issubclass(cls, Activation):
        return "activation"
    return family


def choices() -> list[Choice]:
    """Return each value of each field whose type names its values.

    None is not among them: it is an optional field left out.
    """
    return [
        Choice(kind.cls, field, value)
        for kind in kinds()
        for field, info in kind.cls.model_fields.items()
        if (kind.cls, field) not in NOT_ON_THE_LADDER
        for value in _values(info.annotation)
    ]


NOT_ON_THE_LADDER = {(Recipe, "precision")}
"""The ladder runs in float64, whatever the recipe's precision is.

The page has a separate table for the other precisions, and
`tests.backends.test_precision` trains in all of them.
"""


def _values(annotation: Any) -> list[Any]:
    """Return the values that a type names one by one.

    >>> _values(Literal["mean", "sum"] | None), _values(bool), _values(int)
    (['mean', 'sum'], [False, True], [])
    """
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(inside[0])
    if origin is Literal:
        return list(inside)
    if origin in (Union, types.UnionType):
        return [value for each in inside for value in _values(each)]
    return [False, True] if annotation is bool else []


def inside(value: Any) -> Iterator[Model]:
    """Yield all records of the language inside a value, itself included."""
    if isinstance(value, Model):
        yield value
        for name in type(value).model_fields:
            yield from inside(getattr(value, name))
    elif isinstance(value, tuple):
        for each in value:
            yield from inside(each)


def covered(arm: Arm) -> set[type[Model] | Choice | OnRank]:
    """Return the kinds and choices that an arm holds, and on which ranks."""
    result: set[Any] = {
        OnRank(type(node.layer), rank_of(node.input_shape))
        for node in arm.all_nodes
    }
    return result | chosen((arm.layers, arm.data, arm.recipe))


def chosen(value: Any) -> set[type[Model] | Choice]:
    """Return the kinds and choices of all records inside a value."""
    result: set[Any] = set()
    for record in inside(value):
        result.add(type(record))
        for field, info in type(record).model_fields.items():
            value = getattr(record, field)
            # A field may hold an element instead, which is no choice.
            if isinstance(value, str | bool) and value in _values(
                info.annotation
            ):
                result.add(Choice(type(record), field, value))
    return result


def values(row: Convention) -> dict[str, Any]:
    """Return both values of a convention, by the framework's default."""
    return {"torch": row.torch, "keras": row.keras}


def convention_name(row: Convention, value: Any) -> str:
    """Return the name of one value of a convention on the page."""
    return f"{row.field} = {value}"


CONVENTION_VALUES = [
    (row, dialect, value)
    for row in CONVENTIONS
    for dialect, value in values(row).items()
]
