"""Pictures and tables that lessons show of single networks.

Functions with their names in `comparisons/report/run/plots/lessons.py` and
`listings.py` draw them.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from framework_parity.common.metrics.registry import (
    activations,
    probe,
    views,
)
from framework_parity.common.metrics.run import read_statistic
from framework_parity.common.metrics.words import curve_words
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import shown
from framework_parity.common.spec.layers.activations import Activation
from framework_parity.common.spec.layers.core import Dense
from framework_parity.common.spec.node import (
    NonNegativeInt,
    PositiveInt,
    StrictBool,
)
from framework_parity.common.spec.plot import PlotSpec

ArmNames: TypeAlias = Annotated[tuple[str, ...], Field(min_length=1)]

# The largest number of samples in a table of predictions.
MOST_SAMPLES = 20


class _PlotOfArms(PlotSpec):
    """A picture of some arms."""

    shorthand_field: ClassVar[str] = "of"
    of: ArmNames | None = None

    @property
    def arms(self) -> tuple[str, ...] | None:
        return self.of


class HiddenSpace(_PlotOfArms):
    """The samples in the space of a hidden layer, with the decision there.

    The layer is the input of the last dense layer, so that the network's
    decision is a hyperplane in its space. Two units are the two axes. Of
    more units, the horizontal axis is the direction of the last layer's
    weights, orthogonal to that hyperplane, and the vertical axis is the
    direction of the largest variance orthogonal to it.

    Attributes:
        of: the arms to draw; all by default. Each ends with a dense layer of
            one unit, or of more units after a layer of two units. The probe
            `representations` records the layer before it at the last epoch.
    """

    @property
    def caption(self) -> str:
        return (
            "The samples in the space of the last hidden layer, and the "
            "network's decision there"
        )

    def missing_reason(self, arm: Arm) -> str | None:
        if reason := probe("representations")(arm):
            return reason
        last = arm.nodes[-1]
        if arm.data.class_count is None or len(arm.nodes) < 2:
            return "there is no hidden layer of a classifier"
        if not isinstance(last.layer, Dense) or not last.layer.bias:
            return "the last layer is not dense with a bias"
        if last.layer.units > 1 and last.input_shape != (2,):
            return (
                f"the last layer has {last.layer.units} units after "
                f"{shown(last.input_shape)}; expected one unit, or two inputs"
            )
        return _unseen(arm, arm.nodes[-2].name) or _not_at_the_end(arm)


class GradientProduct(_PlotOfArms):
    """The product of the slopes of the activations, from the last layer back.

    Backpropagation multiplies one slope for each layer. The slope of a unit
    is the derivative of its activation at the input that the framework
    computed for it, in the first measurement of `representations`. The
    product is that of the units with the same index in each layer; the mean
    is over the samples and these paths. The activations of an arm have the
    same number of units, and a probed layer directly before them.

    Attributes:
        of: the arms to draw; all by default.
    """

    @property
    def caption(self) -> str:
        return (
            "Mean product of the activations' slopes, from the last layer "
            "back to each layer"
        )

    def missing_reason(self, arm: Arm) -> str | None:
        if reason := probe("representations")(arm):
            return reason
        pairs = activated_layers(arm)
        if len(pairs) < 2:
            return "there are fewer than two activations behind a layer"
        sizes = {node.output_shape for _, node in pairs}
        if len(sizes) > 1:
            return "its activations have different numbers of units"
        unseen = (_unseen(arm, before.name) for before, _ in pairs)
        return next(filter(None, unseen), None)


class SimulatedProduct(PlotSpec):
    """The product of slopes at independent inputs, over the layers.

    It simulates backpropagation: of each activation of an arm, the first
    `layers` samples are the inputs in the layers of one simulation, the next
    ones those of another, and so on, as in the statistic `slope_product`.
    The mean is over the simulations.

    Attributes:
        arm: the arm, with activations behind dense layers of one unit.
        layers: the number of layers of a simulation.
    """

    shorthand_field: ClassVar[str] = "arm"
    arm: str
    layers: PositiveInt = 20

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm,)

    @property
    def caption(self) -> str:
        return (
            "Mean product of the activations' slopes at independent inputs, "
            "over the layers"
        )

    def missing_reason(self, arm: Arm) -> str | None:
        if not activations(arm):
            return "there is no activation after a dense layer of one unit"
        product, _ = read_statistic(f'slope_product("", {self.layers})')
        reasons = (
            product.missing_reason(arm, (name, self.layers))
            for name in activations(arm)
        )
        return next(filter(None, reasons), None)


def activated_layers(arm: Arm) -> list[tuple[LayerNode, LayerNode]]:
    """Return each activation of the top level, with the layer before it."""
    return [
        (before, after)
        for before, after in pairwise(arm.nodes)
        if isinstance(after.layer, Activation)
    ]


class GradientTable(_PlotOfArms):
    """The gradient norm of each layer, from the last to the first.

    It is the norm that `gradient_norm` recorded at a step, or, without a
    step, the norm of the mean gradient over the samples of the probe
    `per_sample_gradients` in its first measurement.

    Attributes:
        of: the arms to show, a column each; all by default.
        tensor: the tensor of each layer, `kernel` or `bias`.
        step: the step from 0, or `last`; by default 0, where no gradients
            of samples are recorded.
        layers: the number of layers, from the last; all by default.
    """

    tensor: Literal["kernel", "bias"] = "kernel"
    step: NonNegativeInt | Literal["last"] | None = None
    layers: PositiveInt | None = None

    @property
    def caption(self) -> str:
        words: dict[int | str | None, str] = {
            None: "",
            "last": " at the last step",
        }
        at = words.get(self.step, f" at step {self.step}")
        return (
            f"Gradient norm by the {self.tensor} of each layer{at}, from the "
            "last layer to the first"
        )

    def missing_reason(self, arm: Arm) -> str | None:
        look = getattr(arm.probes, "per_sample_gradients", None)
        if look is None or self.step is not None:
            return probe("gradient_norm")(arm) and (
                "there is no probe 'gradient_norm' or 'per_sample_gradients'"
            )
        names = [name.partition("/")[0] for name in self.tensors(arm)]
        seen = any(name in look.places for name in names)
        return None if seen else f"no {self.tensor} of it is looked at"

    def tensors(self, arm: Arm) -> list[str]:
        """Return the tensors of an arm, from the input on."""
        end = f"/{self.tensor}"
        return [name for name in arm.parameters if name.endswith(end)]


class Predictions(_PlotOfArms):
    """A table of the samples: input, target, and every prediction.

    The probe `representations` records the last layer for all samples of a
    part of the data, of which there are at most 20.

    Attributes:
        of: the arms to show; all by default.
    """

    @property
    def caption(self) -> str:
        return (
            "Predictions at the end of training, first seed; of a classifier, "
            "the probability of the class"
        )

    def missing_reason(self, arm: Arm) -> str | None:
        if reason := probe("representations")(arm):
            return reason
        look = getattr(arm.probes, "representations", None)
        assert look is not None
        samples = min(arm.data.part_sizes()[look.part], look.samples)
        if samples > MOST_SAMPLES:
            return f"{samples} samples are looked at, more than {MOST_SAMPLES}"
        return _unseen(arm, arm.nodes[-1].name) or _not_at_the_end(arm)

    def incompatible_reason(self, arms: Sequence[Arm]) -> str | None:
        different = any(arm.data != arms[0].data for arm in arms)
        return "the arms have different data" if different else None


class EpochTable(PlotSpec):
    """Curves of one arm as a table with a row for some epochs.

    Attributes:
        arm: the arm.
        curves: evaluated curves, such as `train_loss`.
        epochs: the epochs of the rows; `best` is the epoch with the best
            value of the last of the curves, and `last` the last epoch.
        from_zero: whether epochs are counted from 0, as in a loop over
            `range(epochs)`, instead of from 1.
    """

    shorthand_field: ClassVar[str] = "arm"
    arm: str
    curves: Annotated[tuple[str, ...], Field(min_length=1)] = (
        "train_loss",
        "validation_loss",
    )
    epochs: Annotated[
        tuple[NonNegativeInt | Literal["best", "last"], ...],
        Field(min_length=1),
    ] = ("best", "last")
    from_zero: StrictBool = False

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm,)

    @property
    def caption(self) -> str:
        listed = " and ".join(map(curve_words, self.curves))
        counted = ", counted from 0" if self.from_zero else ""
        return (
            f"{listed[:1].upper()}{listed[1:]} of {self.arm} at some "
            f"epochs{counted}, first seed"
        )

    def missing_reason(self, arm: Arm) -> str | None:
        accurate = arm.data.class_count is not None
        has = [
            f"{part}_{metric}"
            for part in ("train", "validation")
            if arm.data.part_sizes()[part]
            for metric in ("loss", "accuracy")
            if metric == "loss" or accurate
        ]
        for curve in self.curves:
            if curve not in has:
                return f"its curves are: {', '.join(has)}, got {shown(curve)}"
        last = arm.recipe.epochs - self.from_zero
        for epoch in self.epochs:
            if isinstance(epoch, int) and not (
                1 - self.from_zero <= epoch <= last
            ):
                first = 1 - self.from_zero
                return f"its epochs are {first} to {last}, got {epoch}"
        return None


def _unseen(arm: Arm, name: str) -> str | None:
    """Return that the probe does not record a layer, or None."""
    if name in views(arm):
        return None
    return f"the probe of representations does not record '{name}'"


def _not_at_the_end(arm: Arm) -> str | None:
    """Return that the probe does not record the last epoch, or None."""
    look = getattr(arm.probes, "representations", None)
    if look is None or "last" in look.epochs:
        return None
    return "the probe of representations does not record the epoch 'last'"
