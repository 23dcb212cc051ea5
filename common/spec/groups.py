"""Parameter groups: tensors with a learning rate or a decay of their own."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from framework_parity.common.spec.node import Model, NotNegative
from framework_parity.common.spec.selection import is_chosen


class ParameterGroup(Model):
    """Parameters that are trained with other options than the others.

    Attributes:
        layers: the layers of the group, such as `dense_1`; None for all.
        parameters: `all` parameters of these layers, only their `kernels`,
            or the `others`: biases and the parameters of normalisation
            layers.
        lr_factor: the factor of the learning rate. The rate of each step,
            as the schedule and the plateau give it, is multiplied by it.
        weight_decay: the weight decay, in the form that the optimiser has;
            None for that of the optimiser.
    """

    layers: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    parameters: Literal["all", "kernels", "others"] = "all"
    lr_factor: NotNegative = 1.0
    weight_decay: NotNegative | None = None

    @model_validator(mode="after")
    def _differs(self) -> "ParameterGroup":
        if self.lr_factor == 1 and self.weight_decay is None:
            raise PydanticCustomError(
                "no_difference",
                "has neither an lr_factor nor a weight_decay of its own",
            )
        return self

    def contains(self, name: str) -> bool:
        """Return whether a parameter belongs to the group.

        Args:
            name: neutral name of the parameter, such as `dense_1/kernel`.

        >>> group = ParameterGroup(parameters="kernels", lr_factor=0.1)
        >>> group.contains("dense_1/kernel"), group.contains("dense_1/bias")
        (True, False)
        """
        layer = name.partition("/")[0]
        if self.layers is not None and layer not in self.layers:
            return False
        if self.parameters == "all":
            return True
        return is_chosen(name, "kernels") == (self.parameters == "kernels")
