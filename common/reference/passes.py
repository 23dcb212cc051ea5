"""A pass through a network in NumPy, forward and back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from framework_parity.common.codegen.lookup import function_for
from framework_parity.common.reference.rounding import roughly
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.activations import (
    Activation,
    AlongAxis,
)
from framework_parity.common.training.batches import Masks
from framework_parity.common.training.record import Weights

Back: TypeAlias = Callable[[Array], Array]


@dataclass
class Pass:
    """One way through a network, and back.

    Attributes:
        weights: its tensors, learnt and kept, in neutral layout.
        masks: what the step drew for each place that draws, such as a
            dropout's factors; None in evaluation.
        rounding_variant: which way to err; see `common.reference.rounding`.
        outputs: what left each place so far, the inner ones first.
        kept: new values of the tensors that are kept, in training.
        gradients: the loss's derivative by each learnt tensor, on the way
            back.
    """

    weights: Weights
    masks: Masks | None = None
    rounding_variant: int = 0
    outputs: dict[str, Array] = field(default_factory=dict)
    kept: Weights = field(default_factory=dict)
    gradients: Weights = field(default_factory=dict)

    @property
    def training(self) -> bool:
        """Whether layers do what they do in training."""
        return self.masks is not None

    def through(
        self, places: Sequence[LayerNode], x: Array
    ) -> tuple[Array, Back]:
        """Send x through some places, one after another."""
        backs = []
        for place in places:
            x, back = _definition(place)(place, x, self)
            self.outputs[place.name] = x
            backs.append(back)

        def carry(slope: Array) -> Array:
            for back in reversed(backs):
                slope = back(slope)
            return slope

        return x, carry


Definition: TypeAlias = Callable[[LayerNode, Array, Pass], tuple[Array, Back]]
"""A layer and what reaches it, x of shape (n, *input_shape): what leaves
it, and a function that carries the loss's derivative by that back to x."""


def _definition(place: LayerNode) -> Definition:
    along = isinstance(place.layer, AlongAxis)
    if isinstance(place.layer, Activation) and not along:
        return _activation
    return function_for("common.reference", type(place.layer))


def _activation(place: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    layer = cast("Activation", place.layer)
    values, slopes = layer.terms(x) if run.rounding_variant else (0.0, 0.0)

    def back(slope: Array) -> Array:
        return slope * roughly(
            layer.derivative(x), slopes, run.rounding_variant
        )

    return roughly(layer.value(x), values, run.rounding_variant), back
