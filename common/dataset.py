"""What every data set says of itself, and what all of them share."""

from typing import Any, TypeAlias

import numpy.typing as npt

from common.element import Element
from common.layer import Array, Shape

Labels: TypeAlias = npt.NDArray[Any]


class Dataset(Element):
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
    def size(self) -> int:
        """How many samples there are, before any split."""
        raise NotImplementedError(f"{self.kind()} has no size")

    @property
    def test_size(self) -> int:
        """How many samples, at the end, are the test part that comes with it.

        0 where there is none, and a share of the samples has to serve.
        """
        return 0

    def demand(self) -> None:
        """Refuse, in a sentence, what cannot be drawn here and now."""

    def draw(self, seed: int) -> tuple[Array, Labels]:
        """Return samples (size, *shape) and labels or targets."""
        raise NotImplementedError(f"{self.kind()} cannot be drawn")
