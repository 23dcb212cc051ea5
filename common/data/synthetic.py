"""Data sets, the sources of samples before splitting and scaling."""

import math
from typing import Annotated, ClassVar, Literal, TypeAlias

import numpy as np
from pydantic import Field, model_validator

from framework_parity.common.data.base import Dataset, Labels, Samples
from framework_parity.common.data.image_sets import (
    Cifar10,
    FashionMnist,
    Mnist,
)
from framework_parity.common.data.sequences import (
    AddingProblem,
    EmbeddedReber,
    FirstToken,
    TokenMajority,
    TokenOrder,
)
from framework_parity.common.data.tables import Points, TableDataset
from framework_parity.common.spec.layer import Array, Shape, TokenShape
from framework_parity.common.spec.node import (
    MOST,
    Fraction,
    NonNegativeInt,
    NotNegative,
    Number,
    Positive,
    PositiveInt,
    TaggedUnion,
)
from framework_parity.common.training.randomness import stream


class Digits(Dataset):
    """1,797 handwritten digits of 8 × 8 grey levels, 0 to 16.

    Real data from scikit-learn (the test part of Alpaydin and Kaynak's
    optical recognition set, UCI 1998). Channels are last. `samples` is the
    number of images that are used, the first ones.
    """

    samples: Annotated[int, Field(strict=True, ge=1, le=1797)] = 1797

    @property
    def shape(self) -> Shape:
        return (8, 8, 1)

    @property
    def class_count(self) -> int:
        return 10

    @property
    def size(self) -> int:
        return self.samples

    def draw(self, seed: int) -> tuple[Array, Labels]:
        from sklearn.datasets import load_digits

        digits = load_digits()
        images = digits.images[: self.samples, ..., np.newaxis]
        labels = digits.target[: self.samples]
        return images.astype(np.float64), labels.astype(np.int64)


class Spiral(Dataset):
    """Arms that wind round each other in the plane, one for each class.

    Sample i of n of arm k = 0, 1, ... is at radius r = i / (n - 1) and angle
    4 (r + k), plus `noise` radians times a standard normal number (the spiral
    of Stanford's CS231n notes).
    """

    classes: Annotated[int, Field(strict=True, ge=2)] = 3
    samples: PositiveInt = 1000
    noise: NotNegative = 0.2

    @property
    def shape(self) -> Shape:
        return (2,)

    @property
    def class_count(self) -> int:
        return self.classes

    @property
    def size(self) -> int:
        return self.samples

    def draw(self, seed: int) -> tuple[Array, Labels]:
        labels = np.sort(np.arange(self.samples) % self.classes)
        counts = np.bincount(labels, minlength=self.classes)
        radius = np.concatenate([np.linspace(0, 1, n) for n in counts])
        rng = stream(seed, "spiral")
        jitter = self.noise * rng.normal(size=self.samples)
        angle = 4.0 * (radius + labels) + jitter
        points = radius[:, np.newaxis] * np.stack(
            [np.sin(angle), np.cos(angle)], axis=1
        )
        return points, labels.astype(np.int64)


class ArchimedeanSpiral(Dataset):
    """Arms at equal angles in the plane, with noise on the coordinates.

    Sample i of n of arm k = 0, 1, ... is at radius r = i / (n - 1) and angle
    2 π (`turns` r + k / `classes`), plus `noise` times a standard normal
    number on each coordinate. A difference to `spiral`: its noise is on the
    angle, so that its arms stay apart near the centre.

    The noise is drawn as `numpy.random.seed` and `numpy.random.randn` draw
    it: for each arm the first coordinates, then the second ones.

    Attributes:
        classes: the number of arms.
        samples: the number of points, shared by the arms as evenly as
            possible.
        turns: how often an arm winds round the centre.
        noise: standard deviation of the noise of each coordinate.
    """

    classes: Annotated[int, Field(strict=True, ge=2)] = 3
    samples: PositiveInt = 999
    turns: Positive = 2.0
    noise: NotNegative = 0.2

    @property
    def shape(self) -> Shape:
        return (2,)

    @property
    def class_count(self) -> int:
        return self.classes

    @property
    def size(self) -> int:
        return self.samples

    def draw(self, seed: int) -> tuple[Array, Labels]:
        labels = np.sort(np.arange(self.samples) % self.classes)
        rng = np.random.RandomState(seed)
        arms = []
        for arm, n in enumerate(np.bincount(labels, minlength=self.classes)):
            start = arm * 2.0 * np.pi / self.classes
            angle = np.linspace(0.0, 2.0 * self.turns * np.pi, n) + start
            radius = np.linspace(0.0, 1.0, n)
            points = radius * np.stack([np.cos(angle), np.sin(angle)])
            arms.append(points + self.noise * rng.standard_normal((2, n)))
        return np.concatenate(arms, axis=1).T, labels.astype(np.int64)


class MoonsCircles(Dataset):
    """Four classes in the plane: two moons (0, 1) and two circles (2, 3).

    There are two interleaving half circles of radius 1 and two concentric
    circles around (2, 2), of radius 2 and 2 `factor`: scikit-learn's
    `make_moons`, and twice its `make_circles` plus 2.

    Attributes:
        samples: the number of points of the moons, and of the circles; there
            are twice as many in total.
        moons_noise: standard deviation of the points around the moons.
        circles_noise: standard deviation of the points around the circles,
            before these are doubled.
        factor: the inner circle's radius relative to the outer's.
    """

    samples: Annotated[int, Field(strict=True, ge=2, le=MOST // 2)] = 500
    moons_noise: NotNegative = 0.15
    circles_noise: NotNegative = 0.1
    factor: Fraction = 0.5

    @property
    def shape(self) -> Shape:
        return (2,)

    @property
    def class_count(self) -> int:
        return 4

    @property
    def size(self) -> int:
        return 2 * self.samples

    def draw(self, seed: int) -> tuple[Array, Labels]:
        from sklearn.datasets import make_circles, make_moons

        moons, halves = make_moons(
            self.samples, noise=self.moons_noise, random_state=seed
        )
        circles, rings = make_circles(
            self.samples,
            noise=self.circles_noise,
            random_state=seed,
            factor=self.factor,
        )
        points = np.concatenate([moons, 2.0 * circles + 2.0])
        return points, np.concatenate([halves, rings + 2]).astype(np.int64)


class Polynomial(Dataset):
    """y = Σ cₖ xᵏ plus noise, for x uniform on [low, high]."""

    coefficients: tuple[Number, ...] = Field(
        default=(
            *(10.0, 0.5, -0.04, 0.015, -0.001),
            *(-0.0003, 0.000055, -0.000005, -1e-7, 2e-8),
        ),
        min_length=1,
    )
    low: Number = 0.0
    high: Number = 10.0
    samples: PositiveInt = 600
    noise: NotNegative = 2.5

    @model_validator(mode="after")
    def _rises(self) -> "Polynomial":
        _expect_rising(self.low, self.high)
        return self

    @property
    def shape(self) -> Shape:
        return (1,)

    @property
    def class_count(self) -> None:
        return None

    @property
    def size(self) -> int:
        return self.samples

    def draw(self, seed: int) -> tuple[Array, Labels]:
        rng = stream(seed, "polynomial")
        x = rng.uniform(self.low, self.high, (self.samples, 1))
        y = np.polynomial.Polynomial(self.coefficients)(x)
        return x, y + self.noise * rng.normal(size=x.shape)


class Sine(Dataset):
    """y = sin(f x) plus noise, for x on [low, high].

    Attributes:
        samples: the number of samples.
        noise: standard deviation of the noise.
        low: the lower bound of x.
        high: the upper bound of x.
        frequency: f, in radians per unit of x.
        placement: whether x is drawn from the uniform distribution, or a
            `grid` of equal steps from `low` to `high`, both included.
    """

    samples: PositiveInt = 200
    noise: NotNegative = 0.1
    low: Number = -math.pi
    high: Number = math.pi
    frequency: Positive = 1.0
    placement: Literal["uniform", "grid"] = "uniform"

    @model_validator(mode="after")
    def _rises(self) -> "Sine":
        _expect_rising(self.low, self.high)
        return self

    @property
    def shape(self) -> Shape:
        return (1,)

    @property
    def class_count(self) -> None:
        return None

    @property
    def size(self) -> int:
        return self.samples

    def draw(self, seed: int) -> tuple[Array, Labels]:
        rng = stream(seed, "sine")
        if self.placement == "grid":
            x = np.linspace(self.low, self.high, self.samples)[:, np.newaxis]
        else:
            x = rng.uniform(self.low, self.high, (self.samples, 1))
        noise = self.noise * rng.normal(size=x.shape)
        return x, np.sin(self.frequency * x) + noise


class Linear(Dataset):
    """y = X w plus noise; X and w are standard normal, w the same for all.

    They are drawn in the order X, w, noise, X of the test part, noise of the
    test part, so that the training samples do not depend on `test_samples`.

    Attributes:
        features: the number of columns of X.
        samples: the number of samples for training and validation.
        test_samples: the number of additional samples of the test part; with
            0, `data.test` defines the test part.
        noise: standard deviation of the noise.
    """

    features: PositiveInt = 5
    samples: PositiveInt = 200
    test_samples: NonNegativeInt = 0
    noise: NotNegative = 0.1

    @property
    def shape(self) -> Shape:
        return (self.features,)

    @property
    def class_count(self) -> None:
        return None

    @property
    def size(self) -> int:
        return self.samples + self.test_samples

    @property
    def test_size(self) -> int:
        return self.test_samples

    def draw(self, seed: int) -> tuple[Array, Labels]:
        rng = stream(seed, "linear")
        x = rng.normal(size=(self.samples, self.features))
        w = rng.normal(size=self.features)
        noise = rng.normal(size=self.samples)
        test = rng.normal(size=(self.test_samples, self.features))
        noise = np.append(noise, rng.normal(size=self.test_samples))
        x = np.concatenate([x, test])
        return x, x @ w + self.noise * noise


class Xor(Dataset):
    """The four corners of the unit square; the label is exclusive or.

    `copies` is the number of copies of each corner, `noise` the standard
    deviation of the normal noise that is added.
    """

    copies: PositiveInt = 1
    noise: NotNegative = 0.0

    corners: ClassVar[tuple[Shape, ...]] = ((0, 0), (0, 1), (1, 0), (1, 1))

    @property
    def shape(self) -> Shape:
        return (2,)

    @property
    def class_count(self) -> int:
        return 2

    @property
    def size(self) -> int:
        return 4 * self.copies

    def draw(self, seed: int) -> tuple[Array, Labels]:
        corners = np.tile(np.array(self.corners), (self.copies, 1))
        labels = (corners[:, 0] ^ corners[:, 1]).astype(np.int64)
        rng = stream(seed, "xor")
        return corners + self.noise * rng.normal(size=corners.shape), labels


class Noise(Dataset):
    """Standard normal samples, and targets that have nothing to do with them.

    Attributes:
        sides: shape of one sample: (channels,), (time, channels), or
            (height, width, channels) for an image.
        classes: the number of classes of the uniformly drawn labels; None
            draws standard normal targets for regression.
        samples: the number of samples.
        scale: the standard deviation of the samples, not of the targets.
        tokens: the number of different token ids, for samples (time,) of
            uniformly drawn ids; None for numbers.
    """

    shorthand_field = "sides"
    sides: Annotated[
        tuple[PositiveInt, ...], Field(min_length=1, max_length=3)
    ] = (5,)
    classes: Annotated[int, Field(strict=True, ge=2)] | None = 3
    samples: PositiveInt = 64
    scale: Positive = 1.0
    tokens: PositiveInt | None = None

    @model_validator(mode="after")
    def _tokens_are_in_a_row(self) -> "Noise":
        if self.tokens is not None and len(self.sides) != 1:
            raise ValueError(
                f"got token ids of shape {self.sides}, expected (time,)"
            )
        return self

    @property
    def shape(self) -> Shape:
        if self.tokens is None:
            return self.sides
        return TokenShape(self.sides, self.tokens)

    @property
    def class_count(self) -> int | None:
        return self.classes

    @property
    def size(self) -> int:
        return self.samples

    def draw(self, seed: int) -> tuple[Samples, Labels]:
        rng = stream(seed, "noise")
        shape = (self.samples, *self.sides)
        x = (
            self.scale * rng.normal(size=shape)
            if self.tokens is None
            else rng.integers(self.tokens, size=shape)
        )
        y = (
            rng.normal(size=self.samples)
            if self.classes is None
            else rng.integers(self.classes, size=self.samples)
        )
        return x, y


def _expect_rising(low: float, high: float) -> None:
    if not 0 < high - low < math.inf:
        raise ValueError(
            f"got the range {low} to {high}, expected a finite one that rises"
        )


Source: TypeAlias = Annotated[
    Digits
    | Spiral
    | ArchimedeanSpiral
    | MoonsCircles
    | Polynomial
    | Sine
    | Linear
    | Xor
    | AddingProblem
    | FirstToken
    | TokenMajority
    | TokenOrder
    | EmbeddedReber
    | Noise
    | Mnist
    | FashionMnist
    | Cifar10
    | Points
    | TableDataset,
    TaggedUnion(),
]
