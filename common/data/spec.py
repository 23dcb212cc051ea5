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
    RowIndices,
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
from framework_parity.common.spec.layer import Array, Shape
from framework_parity.common.spec.losses import BinaryLoss, Loss, targets
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

# If every class has at least this many samples, each part has some of it.
FEW = 10

# A target with a larger standard deviation than this should be scaled.
LARGE_TARGET = 1000.0


@dataclass(frozen=True)
class Part:
    """Samples x (n, *shape) and targets y, in the form of the loss."""

    x: Array
    y: Labels

    def __len__(self) -> int:
        return len(self.x)

    def some(self, samples: int) -> "Part":
        """Return some of the samples, in their order; all if no more.

        They are a fixed random subset and not the first samples, since the
        data may be sorted by class.
        """
        if samples >= len(self):
            return self
        rows = stream(0, "some").permutation(len(self))[:samples]
        return Part(self.x[np.sort(rows)], self.y[np.sort(rows)])


class Data(Model):
    """A data set with its split and scaling, written in one mapping::

        {spiral: {noise: 0.2}, test: 0.2, validation: 0.2}

    Attributes:
        source: the data set, written by its kind.
        test: the share of all samples in the test part; without effect if
            the source has its own test part.
        validation: the share of the *remaining* samples in the validation
            part; without effect if the source has its own validation part.
            `test` uses the test part for validation, as many scripts do.
        split: how the parts are chosen: `stratified`, at random with equal
            shares of the classes (for regression, as `random`); `random`;
            `last`, the last rows, as Keras's `validation_split`, or `first`,
            the first. The test part is chosen before the validation part, so
            that `last` gives the order train, validation, test. The rows of
            each part keep their order; the order of training is the recipe's
            `shuffle`.
        scaling: `standardize` (mean 0, biased standard deviation 1),
            `min_max` (to [0, 1]), `symmetric` (to [-1, 1]) or `none`; for
            each feature, fitted on the training part only. `normalize` scales
            all features alike. Token ids are not scaled.
        target: what the network learns to produce: what is `given` with the
            samples, or the `inputs`, each sample itself after scaling, as an
            autoencoder does.
        target_scaling: the same values except `normalize`, for regression
            targets; fitted on the training part only. Losses, metrics and
            predictions are then those of the scaled target.
        seed: the seed of the draw and of the split; the data do not depend
            on the seed of a run.
    """

    source: Source
    test: Fraction = 0.2
    validation: Fraction | Literal["test"] = 0.2
    split: Split = "stratified"
    scaling: Scaling = "standardize"
    target: Literal["given", "inputs"] = "given"
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
        keys = [key for key in written if key not in cls.model_fields]
        if len(keys) == 1 and keys[0] in kinds:
            rest = {k: v for k, v in written.items() if k != keys[0]}
            return rest | {"source": {keys[0]: written[keys[0]]}}
        fields = [field for field in cls.model_fields if field != "source"]
        raise no_source(keys, kinds, fields)

    @model_validator(mode="after")
    def _same_meaning_same_spec(self) -> "Data":
        # A frozen record is written to only during its validation.
        if self.source.test_size:
            self.__dict__["test"] = 0.0
        if self.source.validation_size:
            if self.validation == "test":
                raise ValueError(
                    "got validation 'test', but the source has a validation "
                    "part of its own; leave one of the two out"
                )
            self.__dict__["validation"] = 0.0
        if self.source.vocabulary:
            self.__dict__["scaling"] = "none"
        return self

    @model_validator(mode="after")
    def _every_part_has_samples(self) -> "Data":
        counts = self.part_sizes()
        shares = {"test": self.test, "validation": self._own_validation}
        if self.validation == "test" and counts["test"] == 0:
            raise ValueError(
                "got validation 'test', but there is no test part"
            )
        for part, share in {"train": 1.0, **shares}.items():
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
                f"{classes} classes; use 'split: random' or give it more"
            )
        return self

    @model_validator(mode="after")
    def _every_class_can_be_shared(self) -> "Data":
        """Raise an error early if a class is too rare for all parts."""
        labels = self._stratified() and self.source.labels(self.seed)
        if labels is False or labels is None:
            return self
        try:
            rows = np.arange(self._own_rows())
            self._expect_shared(labels[rows], rows)
            if rarest(labels[: self._own_rows()])[1] < FEW:
                self.rows(labels)
        except SpecError as error:
            refuse(("split",), error.message)
        return self

    @model_validator(mode="after")
    def _target_can_be_scaled(self) -> "Data":
        if self.target_scaling != "none" and self.class_count:
            refuse(
                ("target_scaling",),
                f"got {self.target_scaling!r}, but the target is a class; "
                "expected 'none'",
            )
        if self.target == "inputs" and self.source.vocabulary:
            refuse(
                ("target",),
                "got 'inputs', but the samples are token ids, which are "
                "names and no quantities; expected 'given'",
            )
        if self.target == "inputs" and self.target_scaling != "none":
            refuse(
                ("target_scaling",),
                f"got {self.target_scaling!r}, but the target is the input, "
                "which has the field 'scaling'; expected 'none'",
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
        """The share of the validation part; 0 if it is the test part."""
        return 0.0 if self.validation == "test" else self.validation

    def _own_rows(self) -> int:
        """Return the number of rows outside of the source's own parts."""
        source = self.source
        return source.size - source.test_size - source.validation_size

    @property
    def class_count(self) -> int | None:
        """The number of classes; None if the target is no class."""
        return self.source.class_count if self.target == "given" else None

    @property
    def target_word(self) -> str:
        """What the target is, for messages."""
        if self.target == "inputs":
            return "the input"
        return "a class" if self.class_count else "a number"

    def target_shape(self, loss: Loss) -> Shape:
        """Return the shape of a network's output for one sample.

        Args:
            loss: the loss, which determines the form of the targets.
        """
        if self.target == "inputs":
            return self.source.shape
        return (1 if isinstance(loss, BinaryLoss) else self.class_count or 1,)

    def part_sizes(self) -> dict[str, int]:
        """Return the number of samples of train, validation and test."""
        total = self._own_rows()
        test = self.source.test_size
        held = 0 if test else count(self.split, total, self.test)
        rest = total - held
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

    def rows(self, y: Labels) -> dict[str, RowIndices]:
        """Return the rows of each part, in the order of the source.

        Args:
            y: the target of every row, (n,) or (n, 1).

        Returns:
            The int64 row indices of each part that is not empty.

        Raises:
            SpecError: if a class is too rare to be in each part.
        """
        sizes, total = self.part_sizes(), self._own_rows()
        rest = np.arange(total)
        ends = total + self.source.validation_size
        chosen = {
            "validation": np.arange(total, ends),
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
        """Draw, split and scale the data, and return the non-empty parts.

        Args:
            loss: the loss, which determines the form of the targets.
            drawn: the source's samples and targets, if a framework drew
                them; None draws them here.
            dtype: the dtype of x, which is scaled in float64 and rounded
                once; token ids are int64.

        Returns:
            `train`, and `validation` and `test` if they have samples; y as
            from `common.spec.losses.targets`: int64 labels (n,) for a
            cross-entropy, else float64 (n, 1), or (n, classes) for a
            regression loss on classes. If the target is the input, y is x.
        """
        x, y = drawn or self.source.draw(self.seed)
        rows = self.rows(y)
        y = targets(loss, y, self.source.class_count)
        if self.target_scaling != "none":
            y = fitted(self.target_scaling, y, rows["train"])(y)
        if self.source.vocabulary:
            dtype = "int64"
        scale = fitted(self.scaling, x, rows["train"])
        parts = {
            part: Part(scaled(scale, x, indices, dtype), y[indices])
            for part, indices in rows.items()
            if not (part == "validation" and self.validation == "test")
        }
        if self.target == "inputs":
            parts = {name: Part(p.x, p.x) for name, p in parts.items()}
        if self.validation == "test":
            parts["validation"] = parts["test"]
        return {part: parts[part] for part in rows}

    def notices(self) -> list[str]:
        """Return notices about how the data are interpreted."""
        notices = [f"data: {notice}" for notice in self.source.notices()]
        deviation = self.source.target_deviation or 0.0
        if deviation > LARGE_TARGET and self.target_scaling == "none":
            notices.append(
                f"data: the target has a standard deviation of {deviation:.3g}"
                f", so that a squared error begins near its square; "
                "'target_scaling: standardize' scales it"
            )
        return notices

    def _expect_shared(self, labels: Labels, rows: RowIndices) -> None:
        """Raise an error if a class has a single sample to split."""
        label, samples, first = rarest(labels)
        if samples < 2:
            called = self.source.class_names
            name = f" ({called[label]})" if called else ""
            left = "" if len(rows) == self._own_rows() else " behind the test"
            raise SpecError(
                "data.split",
                f"class {label}{name} has a single sample{left}, "
                f"{self.source.place(int(rows[first]))}, which two parts "
                "cannot share; use 'split: random', or give it more",
            )


def no_source(
    keys: list[Any], kinds: list[str], fields: list[str]
) -> PydanticCustomError:
    """Return the error about data that do not name exactly one data set.

    Args:
        keys: the keys that are not fields of the data.
        kinds: the kinds of data sets.
        fields: the fields of the data next to the data set.

    Returns:
        The error, with a hint to the equivalent or to a similar name.
    """
    wrong = [key for key in keys if key not in kinds]
    if len(wrong) < len(keys) and wrong:
        # A data set is named, so the other key is a field.
        return PydanticCustomError(
            "unknown_field",
            "{text}",
            {
                "field": str(wrong[0]),
                "text": unknown_field("data", wrong[0], fields),
            },
        )
    text = f"got {', '.join(map(shown, keys)) or 'no data set'}, "
    text += f"expected exactly one data set of: {names(kinds)}"
    if wrong:
        hint = kind_hint(wrong[0], kinds, "source")
        hint = hint or field_hint("data", wrong[0], fields)
        text = hint or text + nearest(wrong[0], [*kinds, *fields])
    return PydanticCustomError("data_source", "{text}", {"text": text})
