"""Data: a data set, split into parts and scaled."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    Discriminator,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from common.counted import counted
from common.dataset import Labels
from common.datasets import Source
from common.element import (
    Element,
    Flag,
    Model,
    Number,
    OneKind,
    Positive,
    Share,
    Whole,
    members,
)
from common.errors import SpecError, names, nearest, shown
from common.framework_names import field_hint, kind_hint, unknown_field
from common.layer import Array
from common.losses import CrossEntropy, Loss


class Normalize(Element):
    """Bring values to [0, 1], then subtract a mean and divide by a deviation.

    The first by the least and the greatest number of the whole training
    part, not of each feature; of images, torchvision's ToTensor and
    Normalize.
    """

    mean: Number
    deviation: Positive


def _scaling_form(written: Any) -> str:
    return "mapping" if isinstance(written, dict | Normalize) else "word"


Word = Literal["none", "standardize", "min_max", "symmetric"]
Scaling = Annotated[
    Annotated[Word, Tag("word")]
    | Annotated[Normalize, OneKind(), Tag("mapping")],
    Discriminator(_scaling_form),
]


@dataclass(frozen=True)
class Part:
    """Samples x (n, *shape) and targets y, as a loss wants them."""

    x: Array
    y: Labels

    def __len__(self) -> int:
        return len(self.x)


class Data(Model):
    """A source, its split, and its scaling, written side by side::

        {spiral: {noise: 0.2}, test: 0.2, validation: 0.2}

    Attributes:
        source: the data set, written by its kind.
        test: share of all samples that is kept for the test; without effect
            where the source comes with a test part of its own.
        validation: share of the *remaining* samples kept for validation;
            `test` watches the test part itself, as many a script does.
        stratify: whether each part has the classes in equal shares.
        scaling: `standardize` (mean 0, deviation 1, biased), `min_max` (to
            [0, 1]), `symmetric` (to [-1, 1]) or `none`; for each feature,
            fitted on the training part alone. `normalize` scales all
            features alike.
        seed: of the draw and of the split; a run's own seed leaves the
            data as they are.
    """

    source: Source
    test: Share = 0.2
    validation: Share | Literal["test"] = 0.2
    stratify: Flag = True
    scaling: Scaling = "standardize"
    seed: Whole = 0

    @model_validator(mode="before")
    @classmethod
    def _side_by_side(cls, written: Any) -> Any:
        kinds = [source.kind() for source in members(Source)]
        if isinstance(written, str):
            written = {written: None}
        if not isinstance(written, dict) or "source" in written:
            return written
        found = [key for key in written if key not in cls.model_fields]
        if len(found) == 1 and found[0] in kinds:
            rest = {k: v for k, v in written.items() if k != found[0]}
            return rest | {"source": {found[0]: written[found[0]]}}
        own = [field for field in cls.model_fields if field != "source"]
        raise no_source(found, kinds, own)

    @model_validator(mode="after")
    def _same_meaning_same_spec(self) -> "Data":
        if self.source.test_size:
            # Written to a frozen record at its birth alone.
            self.__dict__["test"] = 0.0
        return self

    @model_validator(mode="after")
    def _every_part_has_samples(self) -> "Data":
        counts = self.part_sizes()
        asked = {"test": self.test, "validation": self._own_validation}
        if self.validation == "test" and counts["test"] == 0:
            raise ValueError(
                "got validation 'test', but there is no test part"
            )
        for part, share in {"train": 1.0, **asked}.items():
            if share > 0 and counts[part] < 1:
                raise ValueError(
                    f"{counted(self.source.size, 'sample')} "
                    f"{'leaves' if self.source.size == 1 else 'leave'} none "
                    f"for '{part}' "
                    f"(test {self.test}, validation {self.validation})"
                )
        classes = self.source.class_count
        if self.source.test_size:
            del counts["test"]
        smallest = min(n for n in counts.values() if n)
        if self._stratified() and classes and smallest < classes:
            raise ValueError(
                f"a part of {counted(smallest, 'sample')} cannot hold each of "
                f"{classes} classes; say 'stratify: false' or give it more"
            )
        return self

    @model_serializer(mode="wrap")
    def _written_side_by_side(
        self, handler: SerializerFunctionWrapHandler
    ) -> dict[str, Any]:
        fields = handler(self)
        source = fields.pop("source")
        source = {source: {}} if isinstance(source, str) else source
        return {**source, **fields}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        fields = dict(handler.resolve_ref_schema(handler(schema)))
        properties = dict(fields.pop("properties"))
        sources = properties.pop("source")["oneOf"]
        for source in sources:
            written = handler.resolve_ref_schema(source)
            forms = written.get("anyOf", [written])
            properties |= forms[0]["properties"]
        kinds = [source.kind() for source in members(Source)]
        mapping = fields | {
            "properties": properties,
            "required": [],
            "oneOf": [{"required": [kind]} for kind in kinds],
        }
        return {"anyOf": [mapping, {"enum": kinds}]}

    def _stratified(self) -> bool:
        split = self.test > 0 or self._own_validation > 0
        return self.stratify and split and self.source.class_count is not None

    @property
    def _own_validation(self) -> float:
        """The share of a validation part that is none of the others."""
        return 0.0 if self.validation == "test" else self.validation

    def part_sizes(self) -> dict[str, int]:
        """Return how many samples train, validation and test have."""
        test = self.source.test_size
        test = test or int(np.ceil(self.source.size * self.test))
        rest = self.source.size - test
        validation = int(np.ceil(rest * self._own_validation))
        return {
            "train": rest - validation,
            "validation": test if self.validation == "test" else validation,
            "test": test,
        }

    def parts(
        self, loss: Loss, drawn: tuple[Array, Labels] | None = None
    ) -> dict[str, Part]:
        """Draw, split and scale: the non-empty parts, as `loss` wants them.

        Args:
            loss: what the targets are for.
            drawn: the source's samples and targets, where a framework drew
                them; None draws them here.

        Returns:
            `train`, and `validation` and `test` where they have samples; x
            in float64, y as int64 labels of shape (n,) for cross-entropy
            and as float64 of shape (n, 1) otherwise.
        """
        x, y = drawn or self.source.draw(self.seed)
        sizes = self.part_sizes()
        if not isinstance(loss, CrossEntropy):
            y = y.reshape(len(y), 1).astype(np.float64)
        rest = np.arange(len(x))
        chosen: dict[str, Labels] = {}
        if self.source.test_size:
            rest, chosen["test"] = np.split(rest, [-self.source.test_size])
        for part in ("test", "validation"):
            if part == "validation" and self.validation == "test":
                chosen[part] = chosen["test"]
            elif sizes[part] and part not in chosen:
                rest, chosen[part] = self._split(rest, y, sizes[part])
        chosen["train"] = rest
        scale = _scaler(self.scaling, x[rest])
        return {
            part: Part(scale(x[chosen[part]]), y[chosen[part]])
            for part in ("train", "validation", "test")
            if part in chosen
        }

    def _split(self, rows: Labels, y: Labels, size: int) -> list[Labels]:
        from sklearn.model_selection import train_test_split

        if self._stratified():
            _expect_shared(y[rows])
        parts: list[Labels] = train_test_split(
            rows,
            test_size=size,
            random_state=self.seed,
            stratify=y[rows] if self._stratified() else None,
        )
        return parts


def _expect_shared(labels: Labels) -> None:
    """Refuse to share out a class that has one sample."""
    found, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        raise SpecError(
            "data.stratify",
            f"class {found[counts.argmin()]:g} has a single sample, which "
            "two parts cannot share; say 'stratify: false', or give it more",
        )


def no_source(
    found: list[Any], kinds: list[str], fields: list[str]
) -> PydanticCustomError:
    """Return what is wrong with data that do not name one data set.

    Args:
        found: the keys that are no fields of the data.
        kinds: the data sets that there are.
        fields: what stands beside a data set.
    """
    wrong = [key for key in found if key not in kinds]
    if len(wrong) < len(found) and wrong:
        # A data set is named, so the other key is a field.
        return PydanticCustomError(
            "unknown_field",
            "{text}",
            {
                "field": str(wrong[0]),
                "text": unknown_field("data", wrong[0], fields),
            },
        )
    text = f"got {', '.join(map(shown, found)) or 'no data set'}, "
    text += f"expected exactly one data set of: {names(kinds)}"
    if wrong:
        hint = kind_hint(wrong[0], kinds, "source")
        hint = hint or field_hint("data", wrong[0], fields)
        text = hint or text + nearest(wrong[0], [*kinds, *fields])
    return PydanticCustomError("data_source", "{text}", {"text": text})


def _scaler(scaling: Scaling, train: Array) -> Any:
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    if scaling == "none":
        return lambda x: x
    if isinstance(scaling, Normalize):
        low, width = train.min(), np.ptp(train)
        mean, deviation = scaling.mean, scaling.deviation
        return lambda x: ((x - low) / width - mean) / deviation
    fitted = {
        "standardize": StandardScaler(),
        "min_max": MinMaxScaler((0.0, 1.0)),
        "symmetric": MinMaxScaler((-1.0, 1.0)),
    }[scaling].fit(train.reshape(len(train), -1))
    return lambda x: fitted.transform(x.reshape(len(x), -1)).reshape(x.shape)
