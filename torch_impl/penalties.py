"""Penalties, in PyTorch: a term added to the loss."""

from collections.abc import Mapping

from torch import Tensor, nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.penalties import Penalty
from framework_parity.common.spec.selection import is_chosen
from framework_parity.torch_impl import extensions


def penalty(spec: Penalty) -> Call:
    """Return the call of the penalty, a custom function of one parameter.

    Translation: PyTorch's equivalent of l2/2 Σ w² is an optimiser's
    `weight_decay`, but that is applied after clipping and is not reported.
    """
    return call(extensions.L1L2, l1=spec.l1, l2=spec.square_factor)


class ModelPenalty:
    """The penalty on some parameters; without a spec it is 0.

    Args:
        spec: the penalty, or None.
        parameters: the trainable tensors, by neutral name.
    """

    def __init__(
        self, spec: Penalty | None, parameters: Mapping[str, Tensor]
    ) -> None:
        self.spec = spec
        if spec is not None:
            self.function: nn.Module = penalty(spec).construct()
            self.weights = [
                value
                for name, value in parameters.items()
                if is_chosen(name, spec.weights)
            ]

    def added(self, loss: Tensor) -> Tensor:
        """Return the loss with the penalty, which training minimises."""
        if self.spec is None:
            return loss
        terms: list[Tensor] = [self.function(w) for w in self.weights]
        return loss + sum(terms)

    def reported(self, loss: Tensor) -> Tensor:
        """Return the reported loss, with the penalty if the spec says so."""
        counted = self.spec is not None and self.spec.reported
        return self.added(loss) if counted else loss
