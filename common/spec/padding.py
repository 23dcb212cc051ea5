"""Padding: what is added around an image, or before and after a sequence.

Along an axis of n pixels, a window of size k with stride s and dilation d
spans d (k - 1) + 1 pixels.
"""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from framework_parity.common.spec.errors import shown
from framework_parity.common.spec.node import (
    NonNegativeInt,
    PositiveInt,
    SpecNode,
    TaggedUnion,
)


class Both:
    """Mark a pair that may be written as one number: 3 is read as (3, 3).

    The order is (height, width).
    """

    axes: ClassVar[int] = 2

    def __init__(self, number: Any) -> None:
        self.number = number

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            _pair,
            handler.generate_schema(self.number),
            serialization=core_schema.plain_serializer_function_ser_schema(
                list
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        number = handler(schema["schema"])
        pair = {"type": "array", "items": number}
        return {"anyOf": [number, pair | {"minItems": 2, "maxItems": 2}]}


def _pair(written: Any, read: Callable[[Any], int]) -> tuple[int, int]:
    if not isinstance(written, list | tuple):
        return read(written), read(written)
    if len(written) != 2:
        raise PydanticCustomError(
            "pair",
            "{text}",
            {
                "text": f"got {shown(written)}, expected one number, or two: "
                "height and width"
            },
        )
    return read(written[0]), read(written[1])


class Along(Both):
    """Mark one number of a sequence's time: 3 is read as (3,)."""

    axes = 1

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            _single,
            handler.generate_schema(self.number),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: value[0]
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema["schema"])


def _single(written: Any, read: Callable[[Any], int]) -> tuple[int]:
    one = isinstance(written, list | tuple) and len(written) == 1
    return (read(written[0] if one else written),)


IntPair: TypeAlias = Annotated[tuple[int, int], Both(PositiveInt)]
Margin: TypeAlias = Annotated[tuple[int, int], Both(NonNegativeInt)]
IntSingle: TypeAlias = Annotated[tuple[int], Along(PositiveInt)]


class PaddingSpec(SpecNode):
    """The base class of paddings."""

    def along(
        self, axis: int, n: int, span: int, stride: int
    ) -> tuple[int, int]:
        """Return how many pixels are added before and after an axis.

        Args:
            axis: 0 for the height or the time, 1 for the width.
            n: the number of pixels along the axis.
            span: the number of pixels that a window spans.
            stride: the stride of the window.

        Returns:
            The numbers of pixels added before and after.
        """
        raise NotImplementedError(f"{self.kind()} adds nothing that is known")


class Valid(PaddingSpec):
    """Nothing: a window stays inside. What both frameworks do unasked."""

    def along(
        self, axis: int, n: int, span: int, stride: int
    ) -> tuple[int, int]:
        return 0, 0


class Same(PaddingSpec):
    """Just enough for ⌈n / s⌉ windows; an odd one out goes to the end.

    Keras's `padding="same"`. PyTorch does not accept it with a stride; its
    users write `half` instead, whose windows begin at other pixels.
    """

    def along(
        self, axis: int, n: int, span: int, stride: int
    ) -> tuple[int, int]:
        windows = -(-n // stride)
        total = max((windows - 1) * stride + span - n, 0)
        return total // 2, total - total // 2


class Half(PaddingSpec):
    """Half of what the window spans, rounded down, before and after.

    PyTorch's `padding=k // 2`.
    """

    def along(
        self, axis: int, n: int, span: int, stride: int
    ) -> tuple[int, int]:
        return span // 2, span // 2


class Symmetric(PaddingSpec):
    """A number of rows above and below, of columns left and right.

    Of a sequence it is one number of steps, before and after.
    """

    shorthand_field = "by"
    by: Margin

    def along(
        self, axis: int, n: int, span: int, stride: int
    ) -> tuple[int, int]:
        return self.by[axis], self.by[axis]


class Causal(PaddingSpec):
    """What the window spans less one, before a sequence only.

    An output then depends on no later input. Keras's `padding="causal"` of
    convolutions over sequences; PyTorch has no such argument.
    """

    def along(
        self, axis: int, n: int, span: int, stride: int
    ) -> tuple[int, int]:
        return span - 1, 0


Padding: TypeAlias = Annotated[Valid | Same | Half | Symmetric, TaggedUnion()]
CausalPadding: TypeAlias = Annotated[
    Valid | Same | Half | Symmetric | Causal, TaggedUnion()
]
