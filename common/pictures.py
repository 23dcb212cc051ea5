"""Pictures: what of an experiment is drawn beside its curves.

The curves of the losses, the differences of the two frameworks, the map of
where they part and, in the plane, the boundaries are drawn of every run.
These are asked for. A kind is the snake_case name of its class; the function
of that name in `comparisons/gallery` draws it.
"""

import ast
from typing import Annotated, ClassVar, TypeAlias

from pydantic import model_validator

from common.arm import Arm
from common.element import Element, Flag, OneKind
from common.errors import closest, nearest, shown
from common.measures import STATISTICS, Statistic, probe


class Drawn(Element):
    """A picture; unless it says otherwise, it needs nothing measured."""

    @property
    def caption(self) -> str:
        """What the picture shows, in a sentence without a full stop."""
        raise NotImplementedError(f"{self.kind()} has no caption")

    def missing(self, arm: Arm) -> str | None:
        """Return why an arm will not have what is drawn, or None."""
        return None


class Bars(Drawn):
    """One statistic, a bar for each arm and framework, with every seed.

    Attributes:
        statistic: as in a claim, without the arm: `test_accuracy`,
            `first_epoch("train_loss", 0.3)`.
        log: whether the axis is logarithmic.
    """

    main: ClassVar[str] = "statistic"
    statistic: str
    log: Flag = False

    @model_validator(mode="after")
    def _can_be_asked(self) -> "Bars":
        statistic, arguments = self.asked
        statistic.check(arguments)
        return self

    @property
    def asked(self) -> tuple[Statistic, tuple[object, ...]]:
        """The statistic, with its arguments."""
        return read_statistic(self.statistic)

    @property
    def caption(self) -> str:
        said = self.statistic.replace("_", " ")
        return f"{said[:1].upper()}{said[1:]}: mean, and every seed"

    def missing(self, arm: Arm) -> str | None:
        statistic, arguments = self.asked
        return statistic.missing(arm, arguments)


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


class Fit(Drawn):
    """What is predicted along a line, with the samples and the truth."""

    @property
    def caption(self) -> str:
        return (
            "Predictions along the line, the samples that were trained on, "
            "and what lies behind their noise"
        )

    def missing(self, arm: Arm) -> str | None:
        source = arm.data.source
        fits = source.shape == (1,) and hasattr(source, "noise")
        return None if fits else "the samples are no line with noise"


class WeightHistogram(Drawn):
    """How the weights of all kernels are spread at the end."""

    @property
    def caption(self) -> str:
        return (
            "The weights of all kernels at the end, first seed; the "
            "outermost bins count all that lies beyond"
        )


class Distances(Drawn):
    """How far the weights of any two arms lie apart at the end."""

    @property
    def caption(self) -> str:
        return (
            "How far two arms' weights lie apart at the end, relative to "
            "their size: median of the seeds"
        )


class LossOverTime(Drawn):
    """The training loss, by epoch and by second."""

    @property
    def caption(self) -> str:
        return (
            "The training loss of the first seed over the epochs, and over "
            "the seconds that the steps took: a measurement of this machine, "
            "on which no claim rests"
        )


def read_statistic(text: str) -> tuple[Statistic, tuple[object, ...]]:
    """Return a statistic of one arm, and its arguments.

    Raises:
        ValueError: if it is none; a sentence.

    >>> read_statistic('near_zero(0.01)')[1]
    (0.01,)
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
        called = node.func if isinstance(node, ast.Call) else node
        given = node.args if isinstance(node, ast.Call) else []
        arguments = tuple(ast.literal_eval(each) for each in given)
        name = ast.unparse(called)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        name, arguments = text, ()
    known = [each for each in STATISTICS if each != "distance"]
    if name not in known:
        raise ValueError(
            f"got {shown(text)}, expected one of: "
            f"{closest(name, sorted(known))}{nearest(name, known)}"
        )
    return STATISTICS[name], arguments


Picture: TypeAlias = Annotated[
    Bars
    | GradientNorms
    | Rates
    | Fit
    | WeightHistogram
    | Distances
    | LossOverTime,
    OneKind(),
]
