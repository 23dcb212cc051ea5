"""Pictures: what of an experiment is drawn beside its curves.

The curves of the losses, the differences of the two frameworks, the map of
where they part and, in the plane, the boundaries are drawn of every run.
These are asked for. A kind is the snake_case name of its class; the function
of that name in `comparisons/gallery` draws it.
"""

from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import model_validator

from common.arm import Arm
from common.element import Element, Flag, OneKind
from common.measures import (
    Statistic,
    classes,
    probe,
    read_statistic,
    views,
)


class Drawn(Element):
    """A picture; unless it says otherwise, it needs nothing measured."""

    @property
    def caption(self) -> str:
        """What the picture shows, in a sentence without a full stop."""
        raise NotImplementedError(f"{self.kind()} has no caption")

    def missing(self, arm: Arm) -> str | None:
        """Return why an arm will not have what is drawn, or None."""
        return None


class Measured(Drawn):
    """A picture of one statistic."""

    main: ClassVar[str] = "statistic"
    statistic: str

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        statistic, arguments = self.asked
        statistic.check(arguments)
        return self

    @property
    def asked(self) -> tuple[Statistic, tuple[object, ...]]:
        """The statistic, with its arguments."""
        return read_statistic(self.statistic)

    @property
    def said(self) -> str:
        """The statistic as the beginning of a sentence."""
        said = self.statistic.replace("_", " ")
        return f"{said[:1].upper()}{said[1:]}"

    def missing(self, arm: Arm) -> str | None:
        statistic, arguments = self.asked
        return statistic.missing(arm, arguments)


class Bars(Measured):
    """One statistic, a bar for each arm and framework, with every seed.

    Attributes:
        statistic: as in a claim, without the arm: `test_accuracy`,
            `first_epoch("train_loss", 0.3)`.
        log: whether the axis is logarithmic.
    """

    log: Flag = False

    @property
    def caption(self) -> str:
        return f"{self.said}: mean, and every seed"


class HeatMaps(Measured):
    """One statistic over rate, batch size and depth, and its difference.

    A map for each framework, and one of Keras's less PyTorch's. The rate
    runs to the right; depth (how many layers have a kernel) and batch size
    run down. Arms that are alike in all three are averaged, as seeds are.

    Attributes:
        statistic: as in a claim, without the arm.
    """

    @property
    def caption(self) -> str:
        return (
            f"{self.said} over rate, batch size and depth, mean of the "
            "seeds; the best cell is framed"
        )


class GradientNorms(Drawn):
    """The norm of the gradient by each kernel over the steps."""

    @property
    def caption(self) -> str:
        return "The gradient's norm by each kernel, first layer to last"

    def missing(self, arm: Arm) -> str | None:
        return probe("gradient_norm")(arm)


class Rates(Drawn):
    """The learning rate over the steps, as each framework used it."""

    @property
    def caption(self) -> str:
        return "The learning rate that each step used"


class Embeddings(Drawn):
    """Samples laid out in the plane by t-SNE: the input, and each layer seen.

    Both frameworks are laid out together, so that one place in the plane
    means the same in both.
    """

    @property
    def caption(self) -> str:
        return (
            "The input and each layer, laid out in the plane by t-SNE, both "
            "frameworks together"
        )

    def missing(self, arm: Arm) -> str | None:
        return probe("representations")(arm) or classes(arm)


class Confusion(Embeddings):
    """Which class is taken for which, on the samples that the probe sees."""

    @property
    def caption(self) -> str:
        return "Which class is taken for which: how many samples, first seed"

    def missing(self, arm: Arm) -> str | None:
        end = arm.places[-1].name
        unseen = end not in views(arm)
        return super().missing(arm) or (
            f"the probe of representations does not see '{end}', its end"
            if unseen
            else None
        )


class Mistakes(Confusion):
    """The images that a network gets wrong with the greatest confidence."""

    @property
    def caption(self) -> str:
        return (
            "The worst mistakes of the first seed, by what the true class is "
            "given: the true class, and the one it is taken for"
        )

    def missing(self, arm: Arm) -> str | None:
        flat = len(arm.data.source.shape) != 3
        reason = "the samples are no images" if flat else None
        return super().missing(arm) or reason


Picture: TypeAlias = Annotated[
    Bars
    | GradientNorms
    | Rates
    | HeatMaps
    | Embeddings
    | Confusion
    | Mistakes,
    OneKind(),
]
