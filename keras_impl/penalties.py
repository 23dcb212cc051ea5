"""Penalties, in Keras: regularizers of variables, summed by the model."""

from collections.abc import Sequence
from typing import Any

import keras

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.penalties import Penalty
from framework_parity.common.spec.selection import is_chosen
from framework_parity.keras_impl import extensions
from framework_parity.keras_impl.weights import parameters


def penalty(spec: Penalty) -> Call:
    """Return the call of the penalty, an L1L2 function of one variable.

    Translation: an optimiser's `weight_decay` would be decoupled.
    """
    return call(extensions.ExactL1L2, l1=spec.l1, l2=spec.square_factor)


class ModelPenalty:
    """The penalty on one model; without a spec it is 0."""

    def __init__(self, spec: Penalty | None, model: keras.Model) -> None:
        self.spec, self.model = spec, model
        if spec is not None:
            function = penalty(spec).construct()
            for name, variable in parameters(model).items():
                if is_chosen(name, spec.weights):
                    variable.regularizer = function

    def added(self, loss: Any, terms: Sequence[Any] | None = None) -> Any:
        """Return the loss with the penalty, which training minimises.

        Args:
            loss: the loss of a batch.
            terms: the losses of the model; None for its current ones.
        """
        if self.spec is None:
            return loss
        return loss + sum(self.model.losses if terms is None else terms)

    def reported(self, loss: Any, terms: Sequence[Any] | None = None) -> Any:
        """Return the reported loss, with the penalty if the spec says so.

        Args:
            loss: the loss of a batch.
            terms: the losses of the model; None for its current ones.
        """
        counted = self.spec is not None and self.spec.reported
        return self.added(loss, terms) if counted else loss
