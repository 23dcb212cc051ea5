"""Layers that change the size of a sample: zeros around it, parts of it."""

from typing import Any, Literal

import numpy as np
from pydantic import model_validator

from framework_parity.common.spec.layer import (
    Array,
    LayerSpec,
    Shape,
    expect_image,
    expect_sequence,
    refused,
)
from framework_parity.common.spec.padding import IntPair, Margin

Sides = tuple[tuple[int, int], ...]


class Rim(LayerSpec):
    """The base class of layers that add or cut off positions at the rim.

    Attributes:
        start: the number of rows at the top and of columns at the left, or
            of steps at the beginning of a sequence, which is one number.
        end: the same at the bottom, the right, and the end; by default
            those of `start`.
    """

    shorthand_field = "start"
    start: Margin
    end: Margin | None = None

    @classmethod
    def _fields_of(cls, written: Any) -> Any:
        fields = super()._fields_of(written)
        has_start = isinstance(fields, dict) and "start" in fields
        if has_start and fields.get("end") is None:
            return fields | {"end": fields["start"]}
        return fields

    @model_validator(mode="after")
    def _has_an_effect(self) -> "Rim":
        if not any((*self.start, *(self.end or ()))):
            raise ValueError(
                "got zeros at the start and the end, which change nothing; "
                f"leave {self.kind()} out"
            )
        return self

    def sides(self, shape: Shape) -> Sides:
        """Return the numbers before and after each axis of positions.

        Args:
            shape: the input shape of one sample.

        Raises:
            PydanticCustomError: if the sample is no image and no sequence.
        """
        end = self.end or self.start
        if len(shape) == 3:
            return tuple(zip(self.start, end, strict=True))
        expect_sequence(self.kind(), shape)
        for by in (self.start, end):
            if len(set(by)) > 1:
                raise refused(
                    f"{self.kind()} has {by}, expected one number of steps "
                    "for a sequence"
                )
        return ((self.start[0], end[0]),)


class ZeroPadding(Rim):
    """Zeros around an image, or before and after a sequence."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape with what is added."""
        sides = self.sides(shape)
        longer = (n + sum(by) for n, by in zip(shape, sides, strict=False))
        return (*longer, shape[-1])


class Cropping(Rim):
    """Cut off the rim of an image, or both ends of a sequence."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape without what is cut off; something must be left."""
        sides = self.sides(shape)
        left = [n - sum(by) for n, by in zip(shape, sides, strict=False)]
        if min(left) < 1:
            raise refused(
                f"cropping cuts off {sides} of samples of shape {shape}, of "
                "which nothing is left"
            )
        return (*left, shape[-1])


class Upsampling(LayerSpec):
    """Make an image larger by whole factors.

    Attributes:
        factor: the factor of the height and the width, (down, across).
        interpolation: `nearest`, each pixel is repeated; `bilinear`, linear
            between the centres of the pixels, where a pixel is a square
            (`align_corners=False` in PyTorch, Keras's only form); or
            `bilinear_aligned`, linear between the outermost pixels of both
            images (`align_corners=True`).
    """

    shorthand_field = "factor"
    factor: IntPair
    interpolation: Literal["nearest", "bilinear", "bilinear_aligned"] = (
        "nearest"
    )

    def output_shape(self, shape: Shape) -> Shape:
        """Return (height · down, width · across, channels)."""
        expect_image(self.kind(), shape)
        down, across = self.factor
        return shape[0] * down, shape[1] * across, shape[2]

    def shares(self, size: int, factor: int) -> Array:
        """Return the share of each pixel of a side in each new one.

        Args:
            size: the length of the side.
            factor: its factor.

        Returns:
            A matrix of shape (size · factor, size), with rows that sum to 1.

        >>> Upsampling(factor=2, interpolation="bilinear").shares(2, 2)
        array([[1.  , 0.  ],
               [0.75, 0.25],
               [0.25, 0.75],
               [0.  , 1.  ]])
        """
        new = np.arange(size * factor)
        if self.interpolation == "nearest":
            places = np.floor(new / factor)
        elif self.interpolation == "bilinear":
            places = np.clip((new + 0.5) / factor - 0.5, 0, size - 1)
        else:
            places = new * ((size - 1) / max(size * factor - 1, 1))
        far = np.abs(places[:, None] - np.arange(size))
        return np.asarray(np.maximum(1 - far, 0))
