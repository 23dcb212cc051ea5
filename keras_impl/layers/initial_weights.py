"""Initial weights of a layer, in Keras."""

from framework_parity.common.codegen.calls import Call, builder_for, call
from framework_parity.common.spec.initializers import Scaled
from framework_parity.common.spec.layer import LayerSpec, Shape
from framework_parity.keras_impl.initializer_extensions import (
    ToldVarianceScaling,
)


def initializer_call(tensor: str, spec: LayerSpec, shape: Shape) -> Call:
    """Return the call that initialises a tensor of a layer.

    Args:
        tensor: the tensor's own neutral name, such as `kernel`.
        spec: the layer.
        shape: the shape of one input sample, channels last.

    Translation: Keras computes fans from the shape of the tensor. For a
    depthwise kernel they are those of all channels; other fans have to be
    passed.
    """
    initializer = spec.initializer_of(tensor)
    fans = spec.fans_of(tensor, shape)
    counted = getattr(spec, "fan_in", "all_channels") == "all_channels"
    scaled = initializer if isinstance(initializer, Scaled) else None
    if scaled and not scaled.told and not counted:
        return call(ToldVarianceScaling, *scaled.scaling, fans)
    return builder_for("keras_impl", initializer)(initializer, *fans)
