"""Pictures: what of an experiment is drawn beside its curves.

The curves of the losses, the differences of the two frameworks, the map of
where they part and, in the plane, the boundaries are drawn of every run.
These are asked for. A kind is the snake_case name of its class; the function
of that name in `comparisons/gallery` draws it.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import Field, model_validator

from framework_parity.common.metrics.registry import (
    Statistic,
    activations,
    classes,
    probe,
    views,
)
from framework_parity.common.metrics.run import read_statistic
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.claims import Claim
from framework_parity.common.spec.errors import shown
from framework_parity.common.spec.node import SpecNode, StrictBool, TaggedUnion


class Drawn(SpecNode):
    """A picture; unless it says otherwise, it needs nothing measured."""

    @property
    def caption(self) -> str:
        """What the picture shows, in a sentence without a full stop."""
        raise NotImplementedError(f"{self.kind()} has no caption")

    @property
    def arms(self) -> tuple[str, ...] | None:
        """The arms that it is about; None for all of them."""
        return None

    def missing_reason(self, arm: Arm) -> str | None:
        """Return why an arm will not have what is drawn, or None."""
        return None

    def incompatible_reason(self, arms: Sequence[Arm]) -> str | None:
        """Return why the arms do not make a picture together, or None."""
        return None


class Measured(Drawn):
    """A picture of one statistic."""

    shorthand_field: ClassVar[str] = "statistic"
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

    def missing_reason(self, arm: Arm) -> str | None:
        statistic, arguments = self.asked
        return statistic.missing_reason(arm, arguments)


class Bars(Measured):
    """One statistic, a bar for each arm and framework, with every seed.

    Attributes:
        statistic: as in a claim, without the arm: `test_accuracy`,
            `first_epoch("train_loss", 0.3)`.
        log: whether the axis is logarithmic.
        of: the arms to draw; all where it is not said.
    """

    log: StrictBool = False
    of: Annotated[tuple[str, ...], Field(min_length=1)] | None = None

    @property
    def arms(self) -> tuple[str, ...] | None:
        return self.of

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

    def incompatible_reason(self, arms: Sequence[Arm]) -> str | None:
        cells = {(arm.recipe.optimizer.lr, self.row(arm)) for arm in arms}
        alike = "the arms are alike in rate, batch size and depth"
        return alike if len(cells) == 1 else None

    @staticmethod
    def row(arm: Arm) -> tuple[int, int | str]:
        """Return an arm's depth and batch size."""
        kernels = [name for name in arm.parameters if name.endswith("/kernel")]
        return len(kernels), arm.recipe.batch_size


class GradientNorms(Drawn):
    """The norm of the gradient by each kernel over the steps."""

    @property
    def caption(self) -> str:
        return "The gradient's norm by each kernel, first layer to last"

    def missing_reason(self, arm: Arm) -> str | None:
        return probe("gradient_norm")(arm)


class Rates(Drawn):
    """The learning rate over the steps, as each framework used it."""

    @property
    def caption(self) -> str:
        return "The learning rate that each step used"


class LayerBars(Drawn):
    """How many numbers each layer learns: a stacked bar for each arm."""

    @property
    def caption(self) -> str:
        return "Parameters, layer by layer, counted in the live models"


class Table(Drawn):
    """Numbers, each beside what was expected.

    Attributes:
        rows: by name, what is measured and what was expected, as in a claim:
            `net.weight("dense_1/kernel", 0, 0) == 0.5192`.
        expected: whence the expectation.
    """

    shorthand_field: ClassVar[str] = "rows"
    rows: Annotated[dict[str, str], Field(min_length=1)]
    expected: str = "expected"

    @model_validator(mode="after")
    def _can_be_asked(self) -> "Table":
        for row in self.claims.values():
            if row.relation != "==":
                raise ValueError(f"got {shown(row.expression)}, expected '=='")
        return self

    @property
    def claims(self) -> dict[str, Claim]:
        """The rows, as claims."""
        return {
            name: Claim(expression=expression)
            for name, expression in self.rows.items()
        }

    @property
    def arms(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(
                arm
                for row in self.claims.values()
                for _, arms, _ in row.measured
                for arm in arms
            )
        )

    @property
    def caption(self) -> str:
        return "Every number, in both frameworks"

    def missing_reason(self, arm: Arm) -> str | None:
        reasons = (
            statistic.missing_reason(arm, arguments)
            for row in self.claims.values()
            for statistic, arms, arguments in row.measured
            if arm.name in arms
        )
        return next(filter(None, reasons), None)


class Activations(Drawn):
    """Each activation of an arm and its slope, beside the formula's."""

    shorthand_field: ClassVar[str] = "arm"
    arm: str

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm,)

    @property
    def caption(self) -> str:
        return "Activations and their slopes"

    def missing_reason(self, arm: Arm) -> str | None:
        if not activations(arm):
            return "no activation stands behind a dense layer of one unit"
        needed = ("representations", "per_sample_gradients")
        return next(filter(None, (probe(n)(arm) for n in needed)), None)


class Sweep(Measured):
    """One statistic over the learning rate, both axes logarithmic.

    Attributes:
        statistic: as in a claim, without the arm; `train_loss`.
    """

    @property
    def caption(self) -> str:
        return f"{self.said} over the learning rate"

    def incompatible_reason(self, arms: Sequence[Arm]) -> str | None:
        rates = [arm.recipe.optimizer.lr for arm in arms]
        if len(set(rates)) == len(rates) > 1:
            return None
        return f"the arms have the learning rates {', '.join(map(str, rates))}"


class Paths(Drawn):
    """The way of two weights over the loss, for arms that learn no more.

    Attributes:
        of: which arms; each a dense layer of two inputs, without a bias.
    """

    shorthand_field: ClassVar[str] = "of"
    of: Annotated[tuple[str, ...], Field(min_length=1)]

    @property
    def arms(self) -> tuple[str, ...]:
        return self.of

    @property
    def caption(self) -> str:
        return "The way of the two weights over the loss"

    def missing_reason(self, arm: Arm) -> str | None:
        if arm.parameters != {"dense_1/kernel": (2, 1)}:
            return "it learns more or less than two weights"
        return probe("weights")(arm)


class Fit(Drawn):
    """What is predicted along a line, with the samples and the truth."""

    @property
    def caption(self) -> str:
        return (
            "Predictions along the line, the samples that were trained on, "
            "and what lies behind their noise"
        )

    def missing_reason(self, arm: Arm) -> str | None:
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

    def incompatible_reason(self, arms: Sequence[Arm]) -> str | None:
        kinds = {str(arm.parameters) for arm in arms}
        alone = "no two arms have the same tensors"
        return alone if len(kinds) == len(arms) else None


class LossOverTime(Drawn):
    """The training loss, by epoch and by second."""

    @property
    def caption(self) -> str:
        return (
            "The training loss of the first seed over the epochs, and over "
            "the seconds that the steps took: a measurement of this machine, "
            "on which no claim rests"
        )


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

    def missing_reason(self, arm: Arm) -> str | None:
        return probe("representations")(arm) or classes(arm)


class Confusion(Embeddings):
    """Which class is taken for which, on the samples that the probe sees."""

    @property
    def caption(self) -> str:
        return "Which class is taken for which: how many samples, first seed"

    def missing_reason(self, arm: Arm) -> str | None:
        end = arm.places[-1].name
        unseen = end not in views(arm)
        return super().missing_reason(arm) or (
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

    def missing_reason(self, arm: Arm) -> str | None:
        flat = len(arm.data.source.shape) != 3
        reason = "the samples are no images" if flat else None
        return super().missing_reason(arm) or reason


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

    def missing_reason(self, arm: Arm) -> str | None:
        needs = (probe("representations"), probe("gradient_norm"))
        return next(filter(None, (need(arm) for need in needs)), None)


class DeadShares(Drawn):
    """The share of dead units over the epochs, mean of an arm's `relu`s."""

    @property
    def caption(self) -> str:
        return "The share of dead units, mean of all ReLU layers"

    def missing_reason(self, arm: Arm) -> str | None:
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

    def missing_reason(self, arm: Arm) -> str | None:
        return probe("per_sample_gradients")(arm)


Picture: TypeAlias = Annotated[
    Bars
    | GradientNorms
    | Rates
    | LayerBars
    | Table
    | Activations
    | Sweep
    | Paths
    | Fit
    | WeightHistogram
    | Distances
    | LossOverTime
    | HeatMaps
    | Embeddings
    | Confusion
    | Mistakes
    | LayerVariances
    | DeadShares
    | SampleGradients,
    TaggedUnion(),
]
