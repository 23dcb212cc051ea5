"""Data: a data set, split into parts and scaled."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import (
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from framework_parity.common.data.base import Labels
from framework_parity.common.data.scaling import Scaling, Word, fitted, scaled
from framework_parity.common.data.splits import (
    Rows,
    Split,
    count,
    hold_out,
    rarest,
)
from framework_parity.common.data.synthetic import Source
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.errors import (
    SpecError,
    names,
    nearest,
    shown,
)
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.losses import Loss, targets
from framework_parity.common.spec.names.framework_names import (
    field_hint,
    kind_hint,
    unknown_field,
)
from framework_parity.common.spec.node import (
    Fraction,
    Model,
    NonNegativeInt,
    members,
    refuse,
)
from framework_parity.common.training.randomness import stream

# Where no class has fewer samples than that, each part gets some of it.
FEW = 10

# A target whose deviation is beyond this is better scaled.
LARGE_TARGET = 1000.0


@dataclass(frozen=True)
class Part:
    """Samples x (n, *shape) and targets y, as a loss wants them."""

    x: Array
    y: Labels

    def __len__(self) -> int:
        return len(self.x)

    def some(self, samples: int) -> "Part":
        """Return so many of the samples, in their order; all if no more.

        They are drawn once for all, not the first: a source in the order of
        its classes begins with one class.
        """
        if samples >= len(self):
            return self
        rows = stream(0, "some").permutation(len(self))[:samples]
        return Part(self.x[np.sort(rows)], self.y[np.sort(rows)])


class Data(Model):
    """A source, its split, and its scaling, written side by side::

        {spiral: {noise: 0.2}, test: 0.2, validation: 0.2}

    Attributes:
        source: the data set, written by its kind.
        test: share of all samples that is kept for the test; without effect
            where the source comes with a test part of its own.
        validation: share of the *remaining* samples kept for validation;
            without effect where the source comes with a validation part of
            its own. `test` watches the test part itself, as many a script
            does.
        split: how the parts are chosen: `stratified`, at random with the
            classes in equal shares (of a number to predict, as `random`);
            `random`; `last`, the last rows, as Keras's `validation_split`
            takes them, or `first`, the first. The test part is taken
            before the validation part, so `last` leaves the order train,
            validation, test. The rows of each part keep their order; what
            is drawn anew each epoch is the recipe's `shuffle`.
        scaling: `standardize` (mean 0, deviation 1, biased), `min_max` (to
            [0, 1]), `symmetric` (to [-1, 1]) or `none`; for each feature,
            fitted on the training part alone. `normalize` scales all
            features alike.
        target_scaling: the same words but `normalize`, for a target that
            is a number; fitted on the training part alone. Losses, metrics
            and predictions are then those of the scaled target.
        seed: of the draw and of the split; a run's own seed leaves the
            data as they are.
    """

    source: Source
    test: Fraction = 0.2
    validation: Fraction | Literal["test"] = 0.2
    split: Split = "stratified"
    scaling: Scaling = "standardize"
    target_scaling: Word = "none"
    seed: NonNegativeInt = 0

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
        # Written to a frozen record at its birth alone.
        if self.source.test_size:
            self.__dict__["test"] = 0.0
        if self.source.validation_size:
            if self.validation == "test":
                raise ValueError(
                    "got validation 'test', but the source has a validation "
                    "part of its own; leave one of the two out"
                )
            self.__dict__["validation"] = 0.0
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
        if self.source.validation_size:
            del counts["validation"]
        smallest = min(n for n in counts.values() if n)
        if self._stratified() and classes and smallest < classes:
            raise ValueError(
                f"a part of {counted(smallest, 'sample')} cannot hold each of "
                f"{classes} classes; say 'split: random' or give it more"
            )
        return self

    @model_validator(mode="after")
    def _every_class_can_be_shared(self) -> "Data":
        """Refuse a class too rare to be in each part, before a worker does."""
        labels = self._stratified() and self.source.labels(self.seed)
        if labels is False or labels is None:
            return self
        try:
            own = np.arange(self._own_rows())
            self._expect_shared(labels[own], own)
            if rarest(labels[: self._own_rows()])[1] < FEW:
                self.rows(labels)
        except SpecError as error:
            refuse(("split",), error.message)
        return self

    @model_validator(mode="after")
    def _target_can_be_scaled(self) -> "Data":
        if self.target_scaling != "none" and self.source.class_count:
            refuse(
                ("target_scaling",),
                f"got {self.target_scaling!r}, but the target is a class; "
                "expected 'none'",
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
        return (
            self.split == "stratified"
            and split
            and self.source.class_count is not None
        )

    @property
    def _own_validation(self) -> float:
        """The share of a validation part that is none of the others."""
        return 0.0 if self.validation == "test" else self.validation

    def _own_rows(self) -> int:
        """Return how many rows are in no part that comes with the source."""
        source = self.source
        return source.size - source.test_size - source.validation_size

    def part_sizes(self) -> dict[str, int]:
        """Return how many samples train, validation and test have."""
        own = self._own_rows()
        test = self.source.test_size
        held = 0 if test else count(self.split, own, self.test)
        rest = own - held
        test = test or held
        validation = self.source.validation_size
        held = count(self.split, rest, self._own_validation)
        return {
            "train": rest - (0 if validation else held),
            "validation": test
            if self.validation == "test"
            else validation or held,
            "test": test,
        }

    def rows(self, y: Labels) -> dict[str, Rows]:
        """Return the rows of each part, in the order of the source.

        Args:
            y: the target of every row, (n,) or (n, 1).

        Raises:
            SpecError: if a class is too rare to be in each part.
        """
        sizes, own = self.part_sizes(), self._own_rows()
        rest = np.arange(own)
        ends = own + self.source.validation_size
        chosen = {
            "validation": np.arange(own, ends),
            "test": np.arange(ends, self.source.size),
        }
        for part in ("test", "validation"):
            if part == "validation" and self.validation == "test":
                chosen[part] = chosen["test"]
            elif sizes[part] and not len(chosen[part]):
                labels = y[rest] if self._stratified() else None
                if labels is not None:
                    self._expect_shared(labels, rest)
                rest, chosen[part] = hold_out(
                    self.split, rest, sizes[part], self.seed, labels
                )
        chosen["train"] = rest
        return {
            part: chosen[part]
            for part in ("train", "validation", "test")
            if len(chosen[part])
        }

    def parts(
        self,
        loss: Loss,
        drawn: tuple[Array, Labels] | None = None,
        dtype: str = "float64",
    ) -> dict[str, Part]:
        """Draw, split and scale: the non-empty parts, as `loss` wants them.

        Args:
            loss: what the targets are for.
            drawn: the source's samples and targets, where a framework drew
                them; None draws them here.
            dtype: of x: `float64`, or what it is scaled in float64 and
                rounded to once.

        Returns:
            `train`, and `validation` and `test` where they have samples; y
            as `common.spec.losses.targets` says: int64 labels of shape (n,)
            for cross-entropy, else float64 of shape (n, 1), or (n, classes)
            where a distance meets classes.
        """
        x, y = drawn or self.source.draw(self.seed)
        rows = self.rows(y)
        y = targets(loss, y, self.source.class_count)
        if self.target_scaling != "none":
            y = fitted(self.target_scaling, y, rows["train"])(y)
        scale = fitted(self.scaling, x, rows["train"])
        found = {
            part: Part(scaled(scale, x, own, dtype), y[own])
            for part, own in rows.items()
            if not (part == "validation" and self.validation == "test")
        }
        if self.validation == "test":
            found["validation"] = found["test"]
        return {part: found[part] for part in rows}

    def notices(self) -> list[str]:
        """Return what of the data is read in a way that should be known."""
        found = [f"data: {each}" for each in self.source.notices()]
        deviation = self.source.target_deviation or 0.0
        if deviation > LARGE_TARGET and self.target_scaling == "none":
            found.append(
                f"data: the target has a standard deviation of {deviation:.3g}"
                f", so that a squared error begins near its square; "
                "'target_scaling: standardize' scales it"
            )
        return found

    def _expect_shared(self, labels: Labels, rows: Rows) -> None:
        """Refuse to share out a class of which one sample is left."""
        label, samples, first = rarest(labels)
        if samples < 2:
            called = self.source.class_names
            name = f" ({called[label]})" if called else ""
            left = "" if len(rows) == self._own_rows() else " behind the test"
            raise SpecError(
                "data.split",
                f"class {label}{name} has a single sample{left}, "
                f"{self.source.place(int(rows[first]))}, which two parts "
                "cannot share; say 'split: random', or give it more",
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
