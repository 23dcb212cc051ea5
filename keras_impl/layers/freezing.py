"""Layers whose parameters are not trained, in Keras."""

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.freezing import Frozen
from framework_parity.keras_impl import freezing_extensions


def frozen(spec: Frozen, shape: Shape, layers: Call) -> Call:
    """A custom layer.

    Translation: `trainable = False` on the layers, after they are
    constructed. It is also the mode of a batch norm: one that is not
    trainable works as in evaluation.
    """
    return call(freezing_extensions.Frozen, layers, batch_norm=spec.batch_norm)
