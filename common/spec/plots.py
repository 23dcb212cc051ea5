"""Pictures: the optional figures of an experiment.

Every report has the loss curves, the differences of the two frameworks, the
map of the first deviation and, for data in the plane, the decision
boundaries. The pictures here are drawn only if `plots` names them. A kind is
the snake_case name of its class; the function of that name in
`comparisons/report/run/plots` draws it.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, TypeAlias

from pydantic import Field, model_validator

from framework_parity.common.metrics.registry import (
    activations,
    classes,
    probe,
    views,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.claims import Claim
from framework_parity.common.spec.errors import shown
from framework_parity.common.spec.layers.regularization import Dropout
from framework_parity.common.spec.lesson_plots import (
    EpochTable,
    GradientProduct,
    GradientTable,
    HiddenSpace,
    Predictions,
    SimulatedProduct,
)
from framework_parity.common.spec.node import StrictBool, TaggedUnion
from framework_parity.common.spec.plot import PlotSpec, StatisticPlot


class Bars(StatisticPlot):
    """One statistic, a bar for each arm and framework, with every seed.

    Attributes:
        statistic: a statistic as in a claim, without the arm:
            `test_accuracy`, `first_epoch("train_loss", 0.3)`.
        log: whether the axis is logarithmic.
        of: the arms to draw; all by default.
    """

    log: StrictBool = False
    of: Annotated[tuple[str, ...], Field(min_length=1)] | None = None

    @property
    def arms(self) -> tuple[str, ...] | None:
        return self.of

    @property
    def caption(self) -> str:
        return f"{self.statement}: mean and each seed"


class HeatMaps(StatisticPlot):
    """One statistic over rates, sizes and batch sizes, and its difference.

    There is a map for each framework, and one of Keras's values minus
    PyTorch's. The columns are learning rates; the rows are numbers of hidden
    layers, their widths, dropout rates and batch sizes. Arms that are equal
    in all of them are averaged, as seeds are.

    Attributes:
        statistic: a statistic as in a claim, without the arm.
    """

    @property
    def caption(self) -> str:
        return (
            f"{self.statement} over the searched values, mean of the seeds; "
            "the best cell is framed"
        )

    def incompatible_reason(self, arms: Sequence[Arm]) -> str | None:
        cells = {(arm.recipe.optimizer.lr, self.row(arm)) for arm in arms}
        alike = "the arms are equal in rate, layers, dropout and batch size"
        return alike if len(cells) == 1 else None

    @staticmethod
    def row(
        arm: Arm,
    ) -> tuple[int, tuple[int, ...], tuple[float, ...], int | str]:
        """Return hidden layers, widths, dropout rates and batch size."""
        widths = [
            shape[-1]
            for name, shape in arm.parameters.items()
            if name.endswith("/kernel")
        ][:-1]
        rates = [
            node.layer.rate
            for node in arm.all_nodes
            if isinstance(node.layer, Dropout)
        ]
        return len(widths), tuple(widths), tuple(rates), arm.recipe.batch_size


class GradientNorms(PlotSpec):
    """The gradient norm of each kernel over the steps."""

    @property
    def caption(self) -> str:
        return (
            "Norm of the gradient of each kernel, from the first layer to "
            "the last"
        )

    def missing_reason(self, arm: Arm) -> str | None:
        return probe("gradient_norm")(arm)


class Rates(PlotSpec):
    """The learning rate over the steps, as each framework used it."""

    @property
    def caption(self) -> str:
        return "Learning rate of each step"


class LayerBars(PlotSpec):
    """The number of parameters of each layer: a stacked bar for each arm."""

    @property
    def caption(self) -> str:
        return "Parameters of each layer, counted in the built models"


class Table(PlotSpec):
    """Measured numbers, each next to its expected value.

    Attributes:
        rows: the measured and the expected value by name, as in a claim:
            `net.weight("dense_1/kernel", 0, 0) == 0.5192`.
        expected: the heading of the expected values, their source.
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
        return "Measured and expected values, in both frameworks"

    def missing_reason(self, arm: Arm) -> str | None:
        reasons = (
            statistic.missing_reason(arm, arguments)
            for row in self.claims.values()
            for statistic, arms, arguments in row.measured
            if arm.name in arms
        )
        return next(filter(None, reasons), None)


class Activations(PlotSpec):
    """Each activation of an arm and its slope, next to the formula's."""

    shorthand_field: ClassVar[str] = "arm"
    arm: str

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm,)

    @property
    def caption(self) -> str:
        return "Activations and their derivatives"

    def missing_reason(self, arm: Arm) -> str | None:
        if not activations(arm):
            return "there is no activation after a dense layer of one unit"
        needed = ("representations", "per_sample_gradients")
        return next(filter(None, (probe(n)(arm) for n in needed)), None)


class Sweep(StatisticPlot):
    """One statistic over the learning rate, both axes logarithmic.

    Attributes:
        statistic: a statistic as in a claim, without the arm: `train_loss`.
    """

    @property
    def caption(self) -> str:
        return f"{self.statement} over the learning rate"

    def incompatible_reason(self, arms: Sequence[Arm]) -> str | None:
        rates = [arm.recipe.optimizer.lr for arm in arms]
        if len(set(rates)) == len(rates) > 1:
            return None
        return f"the arms have the learning rates {', '.join(map(str, rates))}"


class Paths(PlotSpec):
    """The trajectory of two weights over the loss surface.

    Attributes:
        of: the arms to draw; each is a dense layer of two inputs without a
            bias, so that it has exactly two parameters.
    """

    shorthand_field: ClassVar[str] = "of"
    of: Annotated[tuple[str, ...], Field(min_length=1)]

    @property
    def arms(self) -> tuple[str, ...]:
        return self.of

    @property
    def caption(self) -> str:
        return "Trajectory of the two weights over the loss surface"

    def missing_reason(self, arm: Arm) -> str | None:
        if arm.parameters != {"dense_1/kernel": (2, 1)}:
            return "it does not have exactly two weights"
        return probe("weights")(arm)


class Fit(PlotSpec):
    """The predictions along a line, with the samples and the true curve."""

    @property
    def caption(self) -> str:
        return "Predictions, training samples, and the function without noise"

    def missing_reason(self, arm: Arm) -> str | None:
        source = arm.data.source
        fits = source.shape == (1,) and hasattr(source, "noise")
        return (
            None
            if fits
            else "the data set has no known function of one input without "
            "noise, as 'sine' and 'polynomial' have"
        )


class WeightHistogram(PlotSpec):
    """A histogram of the final weights of all kernels."""

    @property
    def caption(self) -> str:
        return (
            "Final weights of all kernels, first seed; the outermost bins "
            "also count all values beyond them"
        )


class Distances(PlotSpec):
    """The distance between the final weights of each pair of arms."""

    @property
    def caption(self) -> str:
        return (
            "Relative distance between the final weights of each pair of "
            "arms, median of the seeds"
        )

    def incompatible_reason(self, arms: Sequence[Arm]) -> str | None:
        kinds = {str(arm.parameters) for arm in arms}
        reason = "no two arms have the same tensors"
        return reason if len(kinds) == len(arms) else None


class LossOverTime(PlotSpec):
    """The training loss over the epochs and over the seconds."""

    @property
    def caption(self) -> str:
        return (
            "Training loss of the first seed over the epochs, and over the "
            "seconds of the steps, which depend on this machine; no claim is "
            "based on them"
        )


class Embeddings(PlotSpec):
    """t-SNE embeddings of the input and of each probed layer.

    The samples of both frameworks are embedded together, so that positions
    in the plane are comparable between the two.
    """

    @property
    def caption(self) -> str:
        return (
            "t-SNE embeddings of the input and of each layer's output, both "
            "frameworks together"
        )

    def missing_reason(self, arm: Arm) -> str | None:
        return probe("representations")(arm) or classes(arm)


class Confusion(Embeddings):
    """The confusion matrix on the samples of the probe."""

    @property
    def caption(self) -> str:
        return "Confusion matrix, in samples, first seed"

    def missing_reason(self, arm: Arm) -> str | None:
        end = arm.nodes[-1].name
        unseen = end not in views(arm)
        return super().missing_reason(arm) or (
            f"the probe of representations does not record '{end}', the output"
            if unseen
            else None
        )


class Mistakes(Confusion):
    """The misclassified images with the greatest confidence."""

    @property
    def caption(self) -> str:
        return (
            "The misclassified samples of the first seed whose true class "
            "has the lowest probability: true and predicted class"
        )

    def missing_reason(self, arm: Arm) -> str | None:
        flat = len(arm.data.source.shape) != 3
        reason = "the samples are not images" if flat else None
        return super().missing_reason(arm) or reason


class LayerVariances(PlotSpec):
    """The mean squares of activations and gradients, layer by layer.

    They are those of the activations' outputs at the first probed epoch, and
    of the gradient of each kernel at the first step.
    """

    @property
    def caption(self) -> str:
        return (
            "Mean square of each activation's output and of the gradient of "
            "each kernel, from the first layer to the last, at the start of "
            "training"
        )

    def missing_reason(self, arm: Arm) -> str | None:
        needs = (probe("representations"), probe("gradient_norm"))
        return next(filter(None, (need(arm) for need in needs)), None)


class DeadShares(PlotSpec):
    """The share of dead units over the epochs, averaged over all `relu`."""

    @property
    def caption(self) -> str:
        return "Share of dead units, mean of all ReLU layers"

    def missing_reason(self, arm: Arm) -> str | None:
        return probe("dead_relu")(arm)


class SampleGradients(PlotSpec):
    """The distribution of the per-sample gradients, with their sign.

    There is a ridge plot for each probed kernel, with a row for each probed
    epoch.
    """

    @property
    def caption(self) -> str:
        return "Distribution of the per-sample gradients, by kernel and epoch"

    def missing_reason(self, arm: Arm) -> str | None:
        return probe("per_sample_gradients")(arm)


Plot: TypeAlias = Annotated[
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
    | SampleGradients
    | HiddenSpace
    | GradientProduct
    | SimulatedProduct
    | GradientTable
    | Predictions
    | EpochTable,
    TaggedUnion(),
]
