"""The base classes of elements: written forms, defaults and validation.

An element (a layer, an optimiser, a data set, ...) is a frozen pydantic
class. Its *kind* is the snake_case form of its title, which is by default
the name of the class, and a backend builds it with the function of that
name. It is written in one of three forms::

    relu                       # kind alone
    {dense: 100}               # kind and its one main value
    {dense: {units: 100}}      # kind and fields

A missing field whose default differs between the frameworks is filled in from
the active dialect (see `common.spec.conventions`); without a dialect it is
required. A complete element therefore never depends on a framework's
default.
"""

import re
import types
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    NoReturn,
    Union,
    get_args,
    get_origin,
)

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import (
    CoreSchema,
    InitErrorDetails,
    PydanticCustomError,
    ValidationError,
    core_schema,
)

from framework_parity.common.spec.conventions import defaults_of
from framework_parity.common.spec.names.framework_names import (
    unknown_field,
    unnamed_value,
)

Dialect = Literal["torch", "keras"]

# Larger than any realistic count, and small enough not to overflow.
MOST = 1_000_000_000

PositiveInt = Annotated[int, Field(strict=True, ge=1, le=MOST)]
NonNegativeInt = Annotated[int, Field(strict=True, ge=0, le=MOST)]
Number = Annotated[float, Field(strict=True)]
Positive = Annotated[float, Field(strict=True, gt=0)]
NotNegative = Annotated[float, Field(strict=True, ge=0)]
Fraction = Annotated[float, Field(strict=True, ge=0, lt=1)]
StrictBool = Annotated[bool, Field(strict=True)]

_dialect: ContextVar[str | None] = ContextVar("dialect", default=None)


@contextmanager
def defaults_from(dialect: str | None) -> Iterator[None]:
    """Fill missing fields of elements from `dialect`, inside the block.

    Args:
        dialect: `torch` or `keras`; with None all fields are required.

    Yields:
        Nothing.

    >>> from framework_parity.common.spec.optimizers import Adam
    >>> with defaults_from("torch"):
    ...     Adam(lr=0.001).epsilon
    1e-08
    """
    token = _dialect.set(dialect)
    try:
        yield
    finally:
        _dialect.reset(token)


def refuse(place: tuple[str | int, ...], text: str) -> NoReturn:
    """Raise a validation error about one field of a record.

    Args:
        place: path of the field inside the record.
        text: the message.

    Raises:
        ValidationError: always.
    """
    error = PydanticCustomError("incompatible", "{text}", {"text": text})
    raise ValidationError.from_exception_data(
        "refused", [InitErrorDetails(type=error, loc=place, input=None)]
    )


class Model(BaseModel):
    """A frozen record of the language that rejects unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def kind(cls) -> str:
        """Return the snake_case form of the title.

        The title is the name of the class unless it is given:
        `class ConstantRate(SpecNode, title="Constant")` is `constant`.

        >>> from framework_parity.common.spec.losses import CrossEntropy
        >>> CrossEntropy.kind()
        'cross_entropy'
        """
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls._title()).lower()

    @classmethod
    def _title(cls) -> str:
        return cls.model_config.get("title") or cls.__name__

    @model_validator(mode="before")
    @classmethod
    def _from_written(cls, written: Any) -> Any:
        if isinstance(written, cls):
            return written
        fields = cls._fields_of(written)
        if not isinstance(fields, dict):
            return fields
        for name in fields:
            if name not in cls.model_fields:
                raise PydanticCustomError(
                    "unknown_field",
                    "{text}",
                    {
                        "field": str(name),
                        "text": unknown_field(
                            cls.kind(), name, cls.model_fields
                        ),
                    },
                )
        dialect = _dialect.get()
        defaults = defaults_of(dialect).get(cls.kind(), {}) if dialect else {}
        return defaults | fields

    @classmethod
    def _fields_of(cls, written: Any) -> Any:
        """Return the written fields, before any default is filled in."""
        return written

    @classmethod
    def _required(cls, schema: JsonSchemaValue) -> list[str]:
        """Return the fields that no dialect fills in."""
        filled = defaults_of("torch").get(cls.kind(), {})
        required: list[str] = schema.get("required", [])
        return [name for name in required if name not in filled]


class DialectFilled(Model):
    """A record that is no element but has defaults from the dialect."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        fields = dict(handler.resolve_ref_schema(handler(schema)))
        return fields | {"required": cls._required(fields)}


class SpecNode(Model):
    """An element of the language: a kind with its fields."""

    shorthand_field: ClassVar[str | None] = None
    """The field that a bare value sets: `{dense: 100}` sets `units`."""

    @classmethod
    def _fields_of(cls, written: Any) -> Any:
        kind = cls.kind()
        if written == kind:
            return {}
        if isinstance(written, dict) and set(written) == {kind}:
            written = written[kind]
        if written is None:
            return {}
        if isinstance(written, dict):
            return written
        if cls.shorthand_field is None:
            raise PydanticCustomError(
                "no_main_value",
                "{text}",
                {"text": unnamed_value(kind, written, cls.model_fields)},
            )
        return {cls.shorthand_field: written}

    @model_serializer(mode="wrap")
    def _as_written(
        self, handler: SerializerFunctionWrapHandler
    ) -> dict[str, Any] | str:
        fields: dict[str, Any] | str = handler(self)
        if isinstance(fields, str) or set(fields) == {self.kind()}:
            return fields  # pydantic serialises a recursive kind twice
        return {self.kind(): fields} if fields else self.kind()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        reference = handler(schema)
        fields = handler.resolve_ref_schema(reference)
        required = cls._required(fields)
        fields = {k: v for k, v in fields.items() if k != "required"}
        if required:
            fields["required"] = required
        values = [fields]
        if cls.shorthand_field is not None and set(required) <= {
            cls.shorthand_field
        }:
            values.append(fields["properties"][cls.shorthand_field])
        if not required:
            values.append({"type": "null"})
        forms: list[JsonSchemaValue] = [
            {
                "type": "object",
                "properties": {
                    cls.kind(): values[0]
                    if len(values) == 1
                    else {"anyOf": values}
                },
                "required": [cls.kind()],
                "additionalProperties": False,
            }
        ]
        if not required:
            forms.append({"const": cls.kind()})
        described = {
            "title": cls._title(),
            "description": fields.pop("description", ""),
        }
        return described | (forms[0] if len(forms) == 1 else {"anyOf": forms})


class TaggedUnion:
    """Mark a union of element classes whose tag is the kind.

    `Layer = Annotated[Dense | Relu, TaggedUnion()]` parses `{dense: 3}` as a
    `Dense`; the message about an unknown kind lists the known kinds.
    """

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.tagged_union_schema(
            {cls.kind(): handler(cls) for cls in members(source)},
            discriminator=_kind_of,
        )


def members(union: Any) -> tuple[type[SpecNode], ...]:
    """Return the element classes of a union, with or without `TaggedUnion`.

    >>> from framework_parity.common.spec.losses import Loss
    >>> [cls.kind() for cls in members(Loss)][:2]
    ['cross_entropy', 'weighted_cross_entropy']
    """
    if get_origin(union) is Annotated:
        union = get_args(union)[0]
    if get_origin(union) in (Union, types.UnionType):
        return tuple(get_args(union))
    return (union,)


def _kind_of(written: Any) -> str | None:
    if isinstance(written, SpecNode):
        return written.kind()
    if isinstance(written, str):
        return written
    if isinstance(written, dict) and len(written) == 1:
        return str(next(iter(written)))
    return None
