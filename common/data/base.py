"""What every data set says of itself, and what all of them share."""

from typing import Any, TypeAlias

import numpy.typing as npt

from framework_parity.common.spec.layer import Array, Shape
from framework_parity.common.spec.node import SpecNode

Labels: TypeAlias = npt.NDArray[Any]

# A source with fewer samples of a class than that, on average, may have a
# class too rare to be split.
FEW = 20


class Dataset(SpecNode):
    """A source of samples.

    `classes` is the number of classes, or None where the target is a
    number. `shape` is that of one sample.
    """

    @property
    def shape(self) -> Shape:
        """The shape of one sample, without the batch."""
        raise NotImplementedError(f"{self.kind()} has no shape")

    @property
    def class_count(self) -> int | None:
        """How many classes there are, or None for a number to predict."""
        raise NotImplementedError(f"{self.kind()} has no classes")

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """What the classes are called, in the order of their numbers."""
        return None

    @property
    def size(self) -> int:
        """How many samples there are, before any split."""
        raise NotImplementedError(f"{self.kind()} has no size")

    @property
    def test_size(self) -> int:
        """How many samples, at the end, are the test part that comes with it.

        0 where there is none, and a share of the samples has to serve.
        """
        return 0

    @property
    def validation_size(self) -> int:
        """How many samples before those of the test part validate.

        0 where there is no such part of its own.
        """
        return 0

    @property
    def target_deviation(self) -> float | None:
        """The standard deviation of a target that somebody brings along."""
        return None

    @property
    def way_to_classes(self) -> str:
        """How to say that a target is a class, to be read in a refusal."""
        return ""

    def place(self, row: int) -> str:
        """Return where a sample is written, for a sentence."""
        return f"sample {row + 1}"

    def require_files(self) -> None:
        """Refuse, in a sentence, what cannot be drawn here and now."""

    def notices(self) -> list[str]:
        """Return what is read in a way that its author should know of."""
        return []

    def labels(self, seed: int) -> Labels | None:
        """Return the class of each sample, where some may be rare.

        None where each has many samples, or where it cannot be known yet.
        """
        classes = self.class_count
        if classes is None or self.size >= FEW * classes:
            return None
        return self.draw(seed)[1]

    def draw(self, seed: int) -> tuple[Array, Labels]:
        """Return samples (size, *shape) and labels or targets.

        The samples are of any numeric type, and computed with in float64.
        """
        raise NotImplementedError(f"{self.kind()} cannot be drawn")
