"""The base class of data sets."""

from typing import Any, TypeAlias

import numpy.typing as npt

from framework_parity.common.spec.layer import Shape, TokenShape
from framework_parity.common.spec.node import SpecNode

Labels: TypeAlias = npt.NDArray[Any]
Samples: TypeAlias = npt.NDArray[Any]

# A source with fewer samples per class than this, on average, may have a class
# with too few samples for the split.
FEW = 20


class Dataset(SpecNode):
    """The base class of data sets, the sources of samples."""

    @property
    def shape(self) -> Shape:
        """The shape of one sample, without the batch."""
        raise NotImplementedError(f"{self.kind()} has no shape")

    @property
    def class_count(self) -> int | None:
        """The number of classes, or None for regression."""
        raise NotImplementedError(f"{self.kind()} has no classes")

    @property
    def vocabulary(self) -> int | None:
        """The number of ids, if the samples are token ids, else None."""
        shape = self.shape
        return shape.vocabulary if isinstance(shape, TokenShape) else None

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The names of the classes, in the order of their numbers."""
        return None

    @property
    def size(self) -> int:
        """The number of samples, before any split."""
        raise NotImplementedError(f"{self.kind()} has no size")

    @property
    def test_size(self) -> int:
        """The number of samples, at the end, of the source's own test part.

        It is 0 if there is none; a share of the samples is then used.
        """
        return 0

    @property
    def validation_size(self) -> int:
        """The number of samples of the source's own validation part.

        They are before those of the test part. It is 0 if there is none.
        """
        return 0

    @property
    def target_deviation(self) -> float | None:
        """The standard deviation of a user's regression target, or None."""
        return None

    @property
    def way_to_classes(self) -> str:
        """A hint on how to specify that the target is a class."""
        return ""

    def place(self, row: int) -> str:
        """Return the position of a sample, for a message."""
        return f"sample {row + 1}"

    def require_files(self) -> None:
        """Raise a `SpecError` if files of the data set are missing."""

    def notices(self) -> list[str]:
        """Return notices about how the data set was interpreted."""
        return []

    def labels(self, seed: int) -> Labels | None:
        """Return the class of each sample if some classes may be rare.

        Args:
            seed: the seed of the draw.

        Returns:
            The labels (size,); None if all classes have many samples, or if
            the labels are not known yet.
        """
        classes = self.class_count
        if classes is None or self.size >= FEW * classes:
            return None
        return self.draw(seed)[1]

    def draw(self, seed: int) -> tuple[Samples, Labels]:
        """Return all samples and their labels or targets.

        Args:
            seed: the seed of the draw.

        Returns:
            The samples (size, *shape), of any numeric dtype, and the int64
            labels or float64 targets, (size,) or (size, 1).
        """
        raise NotImplementedError(f"{self.kind()} cannot be drawn")
