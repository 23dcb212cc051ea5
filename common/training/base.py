"""What the trainers of both backends have in common.

A method that is the same in both frameworks is in `BaseTrainer`; what needs a
framework is in the `Trainer` of the backend.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Protocol

from framework_parity.common.layouts import Layout
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layer import Shape
from framework_parity.common.training.batches import Masks
from framework_parity.common.training.record import Curve, Tensors


class Weights(Protocol):
    """The functions of a backend's module `weights` that are used here."""

    def parameters(self, model: Any) -> dict[str, Any]: ...

    def layouts_in(self, model: Any) -> dict[str, Layout]: ...

    def to_neutral(
        self, tensor: Any, layout: Layout, shape: Shape
    ) -> Curve: ...

    def read(self, model: Any, shapes: dict[str, Shape]) -> Tensors: ...

    def write(self, model: Any, weights: Tensors) -> None: ...


class BaseTrainer:
    """The part of a backend's trainer that needs no framework.

    Attributes:
        tensors: the backend's module `weights`.
        arm: the network, its data and its training recipe.
        model: the live network.
        parts: x and y of each part of the data, as tensors.
        run_evaluation: from x, y and masks to the outputs and the loss; in
            evaluation mode if the masks are None.
    """

    tensors: ClassVar[Weights]
    arm: Arm
    model: Any
    parts: dict[str, tuple[Any, Any]]
    run_evaluation: Callable[[Any, Any, Any], tuple[Any, Any]]

    @staticmethod
    def to_array(tensor: Any) -> Curve:
        """Return a copy of a tensor as an array, channels last."""
        raise NotImplementedError

    def _fresh_optimizer(self) -> None:
        """Reset the optimiser's state."""
        raise NotImplementedError

    def load(self, values: Tensors) -> None:
        """Set all tensors and reset the optimiser's state."""
        self.tensors.write(self.model, values)
        self._fresh_optimizer()

    def weights(self) -> Tensors:
        """Return a copy of all tensors, trainable or not."""
        return self.tensors.read(self.model, self.arm.tensors)

    def _first_masks(self, masks: Masks) -> dict[str, Any]:
        """Return the first step's masks, as tensors."""
        raise NotImplementedError

    def evaluate(
        self, part: str, masks: Masks | None = None
    ) -> dict[str, float]:
        """Return the `loss` of a part, and its `accuracy` if it has one.

        Args:
            part: the part of the data, evaluated as one batch.
            masks: None in evaluation mode. In training mode what each layer
                draws, of shape (1, samples, *shape).

        Returns:
            The metrics by name.
        """
        given = None if masks is None else self._first_masks(masks)
        outputs, value = self.run_evaluation(*self.parts[part], given)
        y = self.to_array(self.parts[part][1])
        metrics = self.arm.metrics(self.to_array(outputs), y)
        return {"loss": float(value), **metrics}

    def dataset_arrays(self) -> Iterator[tuple[str, Curve, Curve]]:
        """Yield the name, x and y of each part, as the framework stores it."""
        for name, (x, y) in self.parts.items():
            yield name, self.to_array(x), self.to_array(y)

    def _named(self, gradients: Iterable[Any]) -> Tensors:
        """Return the gradients of all parameters, in neutral layout."""
        names = self.tensors.parameters(self.model)
        shapes = self.arm.parameters
        layouts = self.tensors.layouts_in(self.model)
        return {
            name: self.tensors.to_neutral(
                gradient, layouts[name], shapes[name]
            )
            for name, gradient in zip(names, gradients, strict=True)
        }
