"""What the rungs below the trajectory compare: one step, taken apart."""

from dataclasses import dataclass

from framework_parity.common.training.record import Curve, Tensors


@dataclass
class Snapshot:
    """The intermediate results of one training step.

    Attributes:
        outputs: output of each layer in evaluation mode, by its name.
        gradients: `loss`, and the gradient of the loss by parameter.
        stepped: every parameter after one optimiser step.
    """

    outputs: dict[str, Curve]
    gradients: dict[str, Curve]
    stepped: Tensors


@dataclass
class StepInspection:
    """The quantities that the rungs below the trajectory compare.

    Attributes:
        data: digests of the parts and batches as the framework holds them.
        shapes: shape of one sample after each layer, in the built model.
        counts: number of elements of each parameter of the built model.
        snapshots: one step from the given weights, then from perturbed ones.
    """

    data: dict[str, str]
    shapes: dict[str, tuple[int, ...]]
    counts: dict[str, int]
    snapshots: list[Snapshot]
