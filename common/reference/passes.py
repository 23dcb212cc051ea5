"""A forward and backward pass through a network, in NumPy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from framework_parity.common.codegen.lookup import function_for
from framework_parity.common.reference.rounding import EXACT, Rounding, roughly
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.activations import (
    Activation,
    AlongAxis,
)
from framework_parity.common.training.batches import Masks
from framework_parity.common.training.record import Tensors

Back: TypeAlias = Callable[[Array], Array]


@dataclass
class Pass:
    """The state of one forward and backward pass.

    Attributes:
        weights: the tensors of the network, trainable or not, in neutral
            layout.
        masks: the random draws of the step for each layer that draws, such
            as the factors of a dropout; None in evaluation.
        rounding: the perturbation; see `common.reference.rounding`.
        valid: which steps of each sample are no padding, (n, time); None
            if all are.
        outputs: the outputs of the layers so far, the inner ones first.
        kept: the new values of the tensors that are not trainable, in
            training.
        gradients: the derivative of the loss by each trainable tensor, from
            the backward pass.
    """

    weights: Tensors
    masks: Masks | None = None
    rounding: Rounding = EXACT
    valid: npt.NDArray[np.bool_] | None = None
    outputs: dict[str, Array] = field(default_factory=dict)
    kept: Tensors = field(default_factory=dict)
    gradients: Tensors = field(default_factory=dict)

    @property
    def training(self) -> bool:
        """Whether the layers are in training mode."""
        return self.masks is not None

    def through(
        self, nodes: Sequence[LayerNode], x: Array
    ) -> tuple[Array, Back]:
        """Apply some layers to x, one after another.

        Args:
            nodes: the layers, in order.
            x: the input, of shape (n, *input_shape).

        Returns:
            The output, and a function from the derivative of the loss by
            the output to that by x.
        """
        backs = []
        for node in nodes:
            x, back = _definition(node)(node, x, self)
            self.outputs[node.name] = x
            backs.append(back)

        def carry(slope: Array) -> Array:
            for back in reversed(backs):
                slope = back(slope)
            return slope

        return x, carry


Definition: TypeAlias = Callable[[LayerNode, Array, Pass], tuple[Array, Back]]
"""From a layer, its input x of shape (n, *input_shape) and the pass to the
output, and to a function from the derivative of the loss by the output to
that by x."""


def _definition(node: LayerNode) -> Definition:
    along = isinstance(node.layer, AlongAxis)
    if isinstance(node.layer, Activation) and not along:
        return _activation
    return function_for("common.reference", type(node.layer))


def _activation(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    layer = cast("Activation", node.layer)
    values, slopes = layer.terms(x) if run.rounding else (0.0, 0.0)

    def back(slope: Array) -> Array:
        return slope * roughly(layer.derivative(x), slopes, run.rounding)

    return roughly(layer.value(x), values, run.rounding), back
