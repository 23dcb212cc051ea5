"""Layers whose parameters are not trained, in PyTorch."""

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.freezing import Frozen
from framework_parity.torch_impl import freezing_extensions


def frozen(spec: Frozen, shape: Shape, layers: Call) -> Call:
    """A custom module.

    Translation: `requires_grad_(False)` on the layers. A batch norm is in
    the mode of the whole model; to be in evaluation mode during training, it
    has to be put there after each `model.train()`.
    """
    return call(freezing_extensions.Frozen, layers, batch_norm=spec.batch_norm)
