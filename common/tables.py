"""Samples that somebody brings along, in the spec itself or in a file."""

from typing import Annotated, Any

import numpy as np
from pydantic import Field, model_validator

from common.dataset import Dataset, Labels
from common.element import Number, refuse
from common.layer import Array, Shape

Classes = Annotated[int, Field(strict=True, ge=2)] | None
Row = Annotated[tuple[Number, ...], Field(min_length=1)]


class Points(Dataset):
    """Samples that are said one by one: `{x: [[0, 1], ...], y: [1, ...]}`.

    Attributes:
        x: the samples, each a list of as many numbers.
        y: a target for each.
        classes: how many classes there are, where y holds their numbers
            from 0 on; None where y is a number to predict.
    """

    x: Annotated[tuple[Row, ...], Field(min_length=1)]
    y: tuple[Number, ...]
    classes: Classes = None

    @model_validator(mode="after")
    def _fits_together(self) -> "Points":
        for index, row in enumerate(self.x):
            if len(row) != len(self.x[0]):
                refuse(
                    ("x", index),
                    f"got {len(row)} numbers, but the first sample has "
                    f"{len(self.x[0])}",
                )
        if len(self.y) != len(self.x):
            refuse(
                ("y",),
                f"got {len(self.y)} targets for {len(self.x)} samples",
            )
        if wrong := wrong_label(np.array(self.y), self.classes):
            refuse(("y", wrong[0]), wrong[1])
        return self

    @property
    def shape(self) -> Shape:
        return (len(self.x[0]),)

    @property
    def class_count(self) -> int | None:
        return self.classes

    @property
    def size(self) -> int:
        return len(self.x)

    def draw(self, seed: int) -> tuple[Array, Labels]:
        y = np.array(self.y, np.int64 if self.classes else np.float64)
        return np.array(self.x, np.float64), y


def wrong_label(y: Any, classes: int | None) -> tuple[int, str] | None:
    """Return the first target that is no class, and what is wrong with it.

    None where all are, or where there are no classes.
    """
    if classes is None:
        return None
    good = (y >= 0) & (y < classes) & (y == np.floor(y))
    if good.all():
        return None
    row = int(np.flatnonzero(~good)[0])
    return row, (
        f"got {y[row]:g}, expected the number of one of {classes} classes, "
        f"0 to {classes - 1}"
    )
