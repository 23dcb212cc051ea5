"""Initial weights of a layer, in PyTorch."""

from framework_parity.common.codegen.calls import Call, builder_for, call
from framework_parity.common.spec.initializers import Scaled
from framework_parity.common.spec.layer import LayerSpec, Shape
from framework_parity.torch_impl.initializer_extensions import (
    variance_scaling_,
)


def initializer_call(tensor: str, spec: LayerSpec, shape: Shape) -> Call:
    """Return the call that initialises a tensor of a layer.

    Args:
        tensor: the tensor's own neutral name, such as `kernel`.
        spec: the layer.
        shape: the shape of one input sample, channels last.

    Translation: PyTorch computes fans from the shape of the tensor. For a
    depthwise kernel they are those of one channel; other fans have to be
    passed.
    """
    initializer = spec.initializer_of(tensor)
    fans = spec.fans_of(tensor, shape)
    counted = getattr(spec, "fan_in", "per_channel") == "per_channel"
    scaled = initializer if isinstance(initializer, Scaled) else None
    if scaled and not scaled.told and not counted:
        return call(variance_scaling_, *scaled.scaling, fans)
    return builder_for("torch_impl", initializer)(initializer, *fans)
