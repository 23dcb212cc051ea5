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


class LayerVariances(Drawn):
    """The mean squares of activations and gradients, layer by layer.

    Those of the outputs of the activations at the first look, and of the
    gradient by each kernel at the first step.
    """

    @property
    def caption(self) -> str:
        return (
            "Mean square of what leaves each activation, and of the gradient "
            "by each kernel, from the first layer to the last, at the start"
        )

    def missing(self, arm: Arm) -> str | None:
        needs = (probe("representations"), probe("gradient_norm"))
        return next(filter(None, (need(arm) for need in needs)), None)


class DeadShares(Drawn):
    """The share of dead units over the epochs, mean of an arm's `relu`s."""

    @property
    def caption(self) -> str:
        return "The share of dead units, mean of all ReLU layers"

    def missing(self, arm: Arm) -> str | None:
        return probe("dead_relu")(arm)


class SampleGradients(Drawn):
    """How the gradients of single samples are distributed, with their sign.

    A ridge for each kernel that was looked at, a row for each look.
    """

    @property
    def caption(self) -> str:
        return (
            "How the numbers of single samples' gradients are distributed, "
            "by kernel and epoch"
        )

    def missing(self, arm: Arm) -> str | None:
        return probe("per_sample_gradients")(arm)


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
    | LayerVariances
    | DeadShares
    | SampleGradients,
    OneKind(),
]
